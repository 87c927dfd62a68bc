"""Playing people in the Telegram emulator, from tests and scenarios."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any

import aiohttp

from bots.playground.telegram.state import Payload

State = dict[str, Any]
"""What `/_control/state` shows."""
PATIENCE = 60.0
"""Seconds that a busy machine may take."""


class TelegramDriver:
    """A client of the control API; use it as an async context manager.

    Every action raises ValueError when the emulator refuses it, with its reason.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))

    async def __aenter__(self) -> "TelegramDriver":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(
        self,
        person: int,
        chat: int,
        text: str = "",
        *,
        topic: int | None = None,
        reply_to: int | None = None,
        files: Sequence[Payload] = (),
        business: str = "",
    ) -> int:
        """Write as a person; several files make an album. Returns the id of the first message."""
        result = await self.act(
            "send",
            person=person,
            chat=chat,
            text=text,
            topic=topic,
            reply_to=reply_to,
            files=list(files),
            business=business,
        )
        return int(result["id"])

    async def start(self, person: int, payload: str = "") -> int:
        """Press Start, or follow a link with a payload. Returns the id of the message."""
        return int((await self.act("start", person=person, payload=payload))["id"])

    async def edit(self, person: int, chat: int, message_id: int, text: str, *, business: str = "") -> None:
        """Change one's own message."""
        await self.act("edit", person=person, chat=chat, message_id=message_id, text=text, business=business)

    async def delete(self, chat: int, message_id: int, *, business: str = "") -> None:
        """Delete a message; bots are told in business chats alone."""
        await self.act("delete", chat=chat, message_id=message_id, business=business)

    async def react(self, person: int, chat: int, message_id: int, emoji: Sequence[str]) -> None:
        """Set one's reactions to a message; none takes them away."""
        await self.act("react", person=person, chat=chat, message_id=message_id, emoji=list(emoji))

    async def click(self, person: int, chat: int, message_id: int, data: str) -> str:
        """Press the button that carries `data`. Returns the id of the callback query."""
        result = await self.act("click", person=person, chat=chat, message_id=message_id, data=data)
        return str(result["id"])

    async def stop(self, chat: int, topic: int | None = None) -> None:
        """Press Stop under the draft of a private chat."""
        await self.act("stop", chat=chat, topic=topic)

    async def block(self, person: int) -> None:
        """Block the bot."""
        await self.act("block", person=person)

    async def unblock(self, person: int) -> None:
        """Let the bot write again."""
        await self.act("unblock", person=person)

    async def migrate(self, chat: int) -> int:
        """Make a group a supergroup. Returns its new id."""
        return int((await self.act("migrate", chat=chat))["id"])

    async def configure(self, **settings: bool) -> None:
        """Change the bot's `privacy`, `rich` messages or `private_topics`."""
        await self.act("configure", **settings)

    async def deliver(self, update: Payload) -> None:
        """Queue an update as it is."""
        await self.act("deliver", update=update)

    async def act(self, action: str, **wish: Any) -> Payload:
        """Any action of `bots.playground.telegram.actions`, by name."""
        result: Payload = (await self._post("act", {"action": action, **wish}))["result"]
        return result

    async def add_fault(self, kind: str, **more: Any) -> int:
        """Put a fault in force (`bots.playground.faults`). Returns its id."""
        return int((await self._post("faults", {"kind": kind, **more}))["id"])

    async def clear_faults(self) -> None:
        """Take all faults out of force."""
        async with self._session.delete(f"{self._url}/_control/faults") as answer:
            answer.raise_for_status()

    async def set_limits(self, scale: float) -> None:
        """Scale the rate limits; 0 switches them off."""
        await self._post("limits", {"scale": scale})

    async def advance(self, seconds: float) -> None:
        """Push the emulator's clock."""
        await self._post("clock", {"advance": seconds})

    async def reset(self) -> None:
        """Back to the world a newcomer finds, with an empty journal and the right time."""
        await self._post("reset", {})

    async def journal(self, **filters: str | int) -> list[Payload]:
        """Records; filter by `direction`, `method`, `place`, `outcome`, `after`."""
        async with self._session.get(f"{self._url}/_control/journal", params=filters) as answer:
            found: list[Payload] = await answer.json()
            return found

    async def state(self) -> State:
        """Everything a person could see."""
        async with self._session.get(f"{self._url}/_control/state") as answer:
            state: State = await answer.json()
            return state

    async def changes(self, after: int) -> AsyncGenerator[Payload, None]:
        """Changes with a number above `after`, as they come, without end."""
        url = f"{self._url}/_control/stream"
        async with self._session.get(url, params={"after": after}) as stream:
            async for line in stream.content:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    async def wait_for(self, condition: Callable[[State], Any], timeout: float = PATIENCE) -> State:
        """Wait until the state satisfies `condition`; returns that state.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            state = await self.state()
            if condition(state):
                return state
            async with aclosing(self.changes(state["seq"])) as changes:
                async for change in changes:
                    if change["seq"] > state["seq"] and condition(state := await self.state()):
                        return state
        raise TimeoutError

    async def wait_for_text(self, chat: int, text: str, timeout: float = PATIENCE) -> Payload:
        """Wait until the bot has written `text`, or more around it, in a chat. Returns that message."""

        def written(state: State) -> list[Payload]:
            return [each for each in replies(state, chat) if text in each["text"]]

        return written(await self.wait_for(written, timeout))[-1]

    async def wait_for_journal(self, timeout: float = PATIENCE, **filters: str | int) -> list[Payload]:
        """Wait until the journal holds a record that the filters match. Returns all of them."""
        return await self.wait_until(bool, timeout, **filters)

    async def wait_until(
        self, condition: Callable[[list[Payload]], Any], timeout: float = PATIENCE, **filters: str | int
    ) -> list[Payload]:
        """Wait until the records that the filters match satisfy `condition`. Returns them.

        Raises:
            TimeoutError: they did not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            async with aclosing(self.changes((await self.state())["seq"])) as changes:
                while not condition(found := await self.journal(**filters)):
                    await anext(changes)
        return found

    async def _post(self, path: str, body: Payload) -> Payload:
        async with self._session.post(f"{self._url}/_control/{path}", json=body) as answer:
            result: Payload = await answer.json()
        if answer.status != 200:
            raise ValueError(result.get("error", f"HTTP {answer.status}"))
        return result


def chat_of(state: State, chat: int) -> Payload:
    """One chat of a state."""
    found: Payload = next(each for each in state["chats"] if each["id"] == chat)
    return found


def replies(state: State, chat: int) -> list[Payload]:
    """The bot's messages in a chat, oldest first."""
    bot = state["bot"]["id"]
    return [each for each in chat_of(state, chat)["messages"] if each["sender"] == bot]


def texts(state: State, chat: int) -> list[str]:
    """What the bot wrote in a chat."""
    return [each["text"] for each in replies(state, chat)]
