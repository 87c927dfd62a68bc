"""What a platform gives a scenario: seats for its people, places to speak, and eyes."""

import base64
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bots.playground.scenario.script import Place


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file that a person sends."""

    name: str
    content: bytes

    @property
    def data(self) -> str:
        """The content as base64."""
        return base64.b64encode(self.content).decode()

    @property
    def media_type(self) -> str:
        """By its name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A message of the assistant, as a person sees it."""

    text: str
    """With the names of its sources and files, each in a line below it."""
    finished: bool


class Scene(Protocol):
    """One emulated platform with its people; `who` is the number of a seat, from 0.

    Every action raises ValueError when the platform refuses it, and TimeoutError when what it needs does
    not come.
    """

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        """Write; `under_file`: in answer to one's last file there, where that can be."""

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        """Send files, together."""

    async def edit(self, who: int, at: Place, text: str) -> None:
        """Change one's last message there."""

    async def delete(self, who: int, at: Place) -> None:
        """Take one's last message there back."""

    async def begun(self, who: int, at: Place) -> None:
        """Wait until an answer has begun to show."""

    async def stop(self, who: int, at: Place) -> None:
        """Press Stop, once an answer has begun to show."""

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        """Wait until the newest answer has thumbs under it, and press one."""

    async def press(self, who: int, at: Place, label: str) -> None:
        """Wait until the newest answer has a button with this label, and press it."""

    async def hours_pass(self, who: int, hours: float) -> None:
        """Push the clock of the person's platform."""

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        """The assistant's messages there, oldest first."""

    async def changed(self) -> None:
        """Return once anything has changed since `seen` was last asked."""
