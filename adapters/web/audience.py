"""Who looks at which conversation, and what they see there while an answer is being made."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sight:
    """An answer in the making. None of it is written down: what is lost of it, the answer makes up for."""

    version: int
    """Tells one sight of a post from the next."""
    doing: str = ""
    """What the assistant is doing, or why it is late."""
    body: list[Any] = field(default_factory=list)
    """The answer so far."""


class Audience:
    """Wakes the windows in which a conversation stands open, and keeps what all of them are to see.

    Nothing is queued: a window that is slow, or has just come, is shown the newest sight.
    """

    def __init__(self) -> None:
        self._seats: dict[str, set[asyncio.Event]] = {}
        self._sights: dict[str, dict[str, Sight]] = {}
        self._versions = count(1)

    @contextmanager
    def seat(self, place: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is something new in a conversation."""
        event = asyncio.Event()
        self._seats.setdefault(place, set()).add(event)
        try:
            yield event
        finally:
            self._seats[place].discard(event)
            if not self._seats[place]:
                del self._seats[place]

    @property
    def size(self) -> int:
        """Windows that are open."""
        return sum(map(len, self._seats.values()))

    def sights(self, place: str) -> Mapping[str, Sight]:
        """What is being made in a conversation, by the id of the post."""
        return self._sights.get(place, {})

    def show(self, place: str, post: str, *, doing: str = "", body: list[Any] | None = None) -> None:
        """Let everybody see how far an answer is."""
        sight = Sight(version=next(self._versions), doing=doing, body=body or [])
        self._sights.setdefault(place, {})[post] = sight
        self.wake(place)

    def hide(self, place: str, post: str) -> None:
        """Nothing is being made there any more."""
        if self._sights.get(place, {}).pop(post, None) is None:
            return
        if not self._sights[place]:
            del self._sights[place]
        self.wake(place)

    def wake(self, place: str) -> None:
        """Something new was written down."""
        for event in self._seats.get(place, ()):
            event.set()

    def wake_all(self) -> None:
        """Let every window look up."""
        for place in self._seats:
            self.wake(place)
