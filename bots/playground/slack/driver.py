"""Playing people in the Slack emulator, from tests and scenarios."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any

import aiohttp

from bots.playground.slack.state import Payload

State = dict[str, Any]
"""What `/_control/state` shows."""
PATIENCE = 60.0
"""Seconds that a busy machine may take."""


class SlackDriver:
    """A client of the control API; use it as an async context manager.

    Every action raises ValueError when the emulator refuses it, with its reason.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))

    async def __aenter__(self) -> "SlackDriver":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(
        self,
        user: str,
        channel: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        files: Sequence[Payload] = (),
    ) -> str:
        """Write as a person. Returns the ts of the message."""
        wish: Payload = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts}
        return str((await self.act("send", **wish, files=list(files)))["ts"])

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message."""
        await self.act("edit", user=user, channel=channel, ts=ts, text=text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        await self.act("delete", user=user, channel=channel, ts=ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add an emoji."""
        await self.act("react", user=user, channel=channel, ts=ts, name=name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take an emoji back."""
        await self.act("unreact", user=user, channel=channel, ts=ts, name=name)

    async def click(self, user: str, channel: str, ts: str, action_id: str, value: str = "") -> None:
        """Press a button, and wait until the app has acknowledged it."""
        await self.act("click", user=user, channel=channel, ts=ts, action_id=action_id, value=value)

    async def stop(self, user: str, channel: str, thread_ts: str | None = None) -> None:
        """Press Stop."""
        await self.act("stop", user=user, channel=channel, thread_ts=thread_ts)

    async def slash(self, user: str, channel: str, command: str, text: str = "") -> None:
        """Type a slash command, and wait until the app has acknowledged it."""
        await self.act("slash", user=user, channel=channel, command=command, text=text)

    async def open_dm(self, user: str) -> str:
        """Open the direct conversation with the app. Returns its channel."""
        return str((await self.act("open_dm", user=user))["channel"])

    async def open_home(self, user: str, tab: str = "messages") -> str:
        """Open the app's place, at `messages` or `home`. Returns its channel."""
        return str((await self.act("open_home", user=user, tab=tab))["channel"])

    async def create_person(self, name: str) -> str:
        """Somebody joins the workspace. Returns their id."""
        return str((await self.act("create_person", name=name))["user"])

    async def create_channel(
        self, user: str, name: str, *, members: Sequence[str] = (), private: bool = False
    ) -> str:
        """Create a channel as a person, and bring others into it. Returns its id."""
        wish: Payload = {"user": user, "name": name, "private": private}
        return str((await self.act("create_channel", **wish, members=list(members)))["channel"])

    async def invite(self, channel: str, user: str) -> None:
        """Bring somebody, or the bot, into a channel."""
        await self.act("invite", channel=channel, user=user)

    async def kick(self, channel: str, user: str) -> None:
        """Take somebody, or the bot, out of a channel."""
        await self.act("kick", channel=channel, user=user)

    async def revoke(self) -> None:
        """Take the bot's token back."""
        await self.act("revoke")

    async def deliver(self, payload: Payload) -> None:
        """Deliver a payload of the Events API as it is."""
        await self.act("deliver", payload=payload)

    async def act(self, action: str, **wish: Any) -> Payload:
        """Any action of `bots.playground.slack.actions`, by name."""
        return await self._post("act", {"action": action, **wish})

    async def add_fault(self, kind: str, **more: Any) -> int:
        """Put a fault in force (`bots.playground.faults`). Returns its id."""
        answer: dict[str, Any] = await self._post("faults", {"kind": kind, **more})
        return int(answer["id"])

    async def clear_faults(self) -> None:
        """Take all faults out of force."""
        async with self._session.delete(f"{self._url}/_control/faults") as answer:
            answer.raise_for_status()

    async def set_limits(self, scale: float) -> None:
        """Scale the rate limits; 0 switches them off."""
        await self._post("limits", {"scale": scale})

    async def set_request_url(self, url: str | None) -> None:
        """Deliver over HTTP to this URL, which must answer the challenge; None for Socket Mode."""
        await self._post("request_url", {"url": url})

    async def advance(self, seconds: float) -> None:
        """Push the emulator's clock."""
        await self._post("clock", {"advance": seconds})

    async def reset(self) -> None:
        """Back to the world a newcomer finds, with an empty journal and the right time."""
        await self._post("reset", {})

    async def journal(self, **filters: str | int) -> list[dict[str, Any]]:
        """Records; filter by `direction`, `method`, `place`, `outcome`, `after`."""
        async with self._session.get(f"{self._url}/_control/journal", params=filters) as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def state(self) -> State:
        """Everything a person could see."""
        async with self._session.get(f"{self._url}/_control/state") as answer:
            state: State = await answer.json()
            return state

    async def changes(self, after: int) -> AsyncGenerator[int, None]:
        """The number of the newest change above `after`, whenever there is one, without end."""
        url = f"{self._url}/_control/stream"
        async with self._session.get(url, params={"after": after}) as stream:
            async for line in stream.content:
                if line.startswith(b"data:"):
                    yield int(json.loads(line[5:])["seq"])

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
                async for seq in changes:
                    if seq > state["seq"] and condition(state := await self.state()):
                        return state
        raise TimeoutError

    async def wait_for_text(self, channel: str, text: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait until the bot has written `text`, or more around it, and finished. Returns that message."""

        def written(state: State) -> list[dict[str, Any]]:
            posts = replies(state, channel)
            return [each for each in posts if not each["streaming"] and text in shown(each)]

        return written(await self.wait_for(written, timeout))[-1]

    async def wait_for_journal(self, timeout: float = PATIENCE, **filters: str | int) -> list[dict[str, Any]]:
        """Wait until the journal holds a record that the filters match. Returns all of them."""
        return await self.wait_until(bool, timeout, **filters)

    async def wait_until(
        self,
        condition: Callable[[list[dict[str, Any]]], Any],
        timeout: float = PATIENCE,
        **filters: str | int,
    ) -> list[dict[str, Any]]:
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
            result: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise ValueError(result.get("error", f"HTTP {answer.status}"))
        return result


def channel_of(state: State, channel: str) -> dict[str, Any]:
    """One channel of a state."""
    found: dict[str, Any] = next(each for each in state["channels"] if each["id"] == channel)
    return found


def replies(state: State, channel: str) -> list[dict[str, Any]]:
    """The bot's messages in a channel, oldest first."""
    bot = state["bot"]["user"]
    return [each for each in channel_of(state, channel)["messages"] if each["user"] == bot]


def shown(message: dict[str, Any]) -> str:
    """What a message says: its Markdown where it has any, else its text."""
    return str(message["markdown"] if message["markdown"] is not None else message["text"])
