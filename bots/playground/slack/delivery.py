"""One delivery to the app, and what came of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bots.playground.clock import PlayClock
from bots.playground.slack.state import Payload

Result = TypeVar("Result")
Kind = Literal["events_api", "interactive", "slash_commands"]
ACK_WITHIN = 3.0
"""Seconds in which an app must acknowledge (docs.slack.dev/apis/events-api#responding)."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A payload on its way."""

    kind: Kind
    payload: Payload
    attempt: int = 0
    """0 the first time."""
    reason: str = ""
    """Why it is sent again, in the words of X-Slack-Retry-Reason."""
    skew: float = 0.0
    """Seconds by which its times are ahead of the app's clock."""
    is_forged: bool = False
    """Signed with a secret that is not the app's."""

    @property
    def name(self) -> str:
        """The type of event or interaction, or the slash command, by which faults choose."""
        if self.kind == "slash_commands":
            return str(self.payload.get("command", ""))
        return str(self._subject.get("type", ""))

    @property
    def place(self) -> str:
        """The channel concerned, if there is one."""
        channel = self._subject.get("channel") or self._subject.get("channel_id")
        item = self._subject.get("item")
        if channel is None and isinstance(item, dict):
            channel = item.get("channel")
        if isinstance(channel, dict):
            channel = channel.get("id")
        return str(channel or "")

    @property
    def _subject(self) -> Payload:
        event = self.payload.get("event")
        return event if self.kind == "events_api" and isinstance(event, dict) else self.payload


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the app made of a delivery."""

    failure: str = ""
    """Empty when it was acknowledged, else the reason for a retry."""
    body: Payload = field(default_factory=dict)
    """What came with the acknowledgement of an interaction or a slash command."""
    is_final: bool = False
    """The app asked for no retry (X-Slack-No-Retry)."""


async def within(clock: PlayClock, seconds: float, work: Awaitable[Result]) -> Result:
    """Await `work` for so many seconds of the emulator's clock.

    Raises:
        TimeoutError: it took longer, and was cancelled.
    """
    task, alarm = asyncio.ensure_future(work), asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
        alarm.cancel()
        await asyncio.wait({task, alarm})
