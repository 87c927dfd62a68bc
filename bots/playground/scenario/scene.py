"""What a platform gives a scenario: seats for its people, places to speak, and eyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bots.playground.scenario.script import Place


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

    async def say(self, who: int, at: Place, text: str, *, to_the_assistant: bool) -> None:
        """Write."""

    async def send(self, who: int, at: Place, name: str) -> None:
        """Send a file of this name."""

    async def edit(self, who: int, at: Place, text: str) -> None:
        """Change one's last message there."""

    async def delete(self, who: int, at: Place) -> None:
        """Take one's last message there back."""

    async def stop(self, who: int, at: Place) -> None:
        """Wait until an answer has begun to show, and press Stop."""

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        """Wait until the newest answer has thumbs under it, and press one."""

    async def press(self, who: int, at: Place, label: str) -> None:
        """Wait until the newest answer has a button with this label, and press it."""

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        """The assistant's messages there, oldest first."""

    async def changed(self) -> None:
        """Return once anything has changed since `seen` was last asked."""
