"""Playing people in the Telegram emulator, from tests and scenarios."""

import asyncio
import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import aiohttp

State = dict[str, Any]


class TelegramDriver:
    """A client of the control API; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> "TelegramDriver":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, person: int, chat: int, text: str, **more: Any) -> int:
        """Write as a person; `topic`, `reply_to`, `file`, `album` by name. Returns the message id."""
        result = await self._act("send", person=person, chat=chat, text=text, **more)
        return int(result["id"])

    async def edit(self, person: int, chat: int, message_id: int, text: str) -> None:
        await self._act("edit", person=person, chat=chat, message_id=message_id, text=text)

    async def delete(self, chat: int, message_id: int) -> None:
        await self._act("delete", chat=chat, message_id=message_id)

    async def react(self, person: int, chat: int, message_id: int, emoji: Sequence[str]) -> None:
        await self._act("react", person=person, chat=chat, message_id=message_id, emoji=list(emoji))

    async def click(self, person: int, chat: int, message_id: int, data: str) -> None:
        await self._act("click", person=person, chat=chat, message_id=message_id, data=data)

    async def stop(self, chat: int, topic: int | None = None) -> None:
        await self._act("stop", chat=chat, topic=topic)

    async def act(self, action: str, **wish: Any) -> Any:
        """Any other action: block, unblock, add_bot, remove_bot, migrate, deliver."""
        return await self._act(action, **wish)

    async def add_fault(self, kind: str, **more: Any) -> int:
        """Put a fault in force; returns its id."""
        return int((await self._post("faults", {"kind": kind, **more}))["id"])

    async def clear_faults(self) -> None:
        async with self._session.delete(f"{self._url}/_control/faults") as answer:
            answer.raise_for_status()

    async def set_limits(self, scale: float) -> None:
        """Scale the rate limits; 0 switches them off."""
        await self._post("limits", {"scale": scale})

    async def advance(self, seconds: float) -> None:
        """Push the emulator's clock."""
        await self._post("clock", {"advance": seconds})

    async def journal(self, **filters: str | int) -> list[dict[str, Any]]:
        """Records; filter by `direction`, `method`, `place`, `after`."""
        async with self._session.get(f"{self._url}/_control/journal", params=filters) as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def state(self) -> State:
        """Everything a person could see."""
        async with self._session.get(f"{self._url}/_control/state") as answer:
            state: State = await answer.json()
            return state

    async def wait_for(self, condition: Callable[[State], Any], timeout: float = 20.0) -> State:
        """Wait until the state satisfies `condition`; returns that state.

        Raises:
            TimeoutError: it never did.
        """
        async with asyncio.timeout(timeout):
            state = await self.state()
            if condition(state):
                return state
            url = f"{self._url}/_control/stream"
            async with self._session.get(url, params={"after": state["seq"]}) as changes:
                async for line in changes.content:
                    if line.startswith(b"data:") and json.loads(line[5:]):
                        state = await self.state()
                        if condition(state):
                            return state
        raise TimeoutError

    async def _act(self, action: str, **wish: Any) -> Any:
        return (await self._post("act", {"action": action, **wish}))["result"]

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(f"{self._url}/_control/{path}", json=body) as answer:
            result: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise ValueError(result.get("error", f"HTTP {answer.status}"))
            return result


def texts(state: State, chat: int) -> list[str]:
    """What the bot wrote in a chat."""
    found = next(each for each in state["chats"] if each["id"] == chat)
    return [each["text"] for each in found["messages"] if each["sender"] == state["bot"]["id"]]
