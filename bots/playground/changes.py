"""What changed, in order, for those who watch: the page and the tests."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 5_000
"""Changes kept for watchers who come late or reconnect."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change; `seq` grows by one each time."""

    seq: int
    kind: str
    body: dict[str, Any]


@dataclass
class Changes:
    """A feed that can be resumed from any of the newest changes."""

    seq: int = 0
    """Number of the newest change; 0 before the first."""
    _recent: deque[Change] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closed: bool = False

    def publish(self, kind: str, body: dict[str, Any]) -> None:
        """Add a change and wake everyone who follows."""
        self.seq += 1
        self._recent.append(Change(seq=self.seq, kind=kind, body=body))
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Send everyone who follows home, after the changes so far."""
        self._is_closed = True
        self._news.set()

    def remembers(self, after: int) -> bool:
        """Whether every change above `after` is still here."""
        return self.seq - len(self._recent) <= after <= self.seq

    async def follow(self, after: int) -> AsyncIterator[Change]:
        """Every change with a number above `after` that is remembered, as they come, until closed."""
        while not (self._is_closed and after >= self.seq):
            news = self._news
            missed = min(self.seq - after, len(self._recent))
            for change in [self._recent[at] for at in range(-missed, 0)]:
                after = change.seq
                yield change
            if after >= self.seq:
                await news.wait()
