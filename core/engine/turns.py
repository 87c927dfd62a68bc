"""Who may work next, where some wait for an answer and others do not."""

import asyncio
from collections import deque

from core.errors import ModelError

WAITING = 1_000
"""Pieces of work that may wait of each sort: more would wait longer than anybody does."""


class Turns:
    """Gives out places to work. Those for whom somebody waits come first, and in the order of their coming.

    Args:
        places: pieces of work at once.
        kept: of these, how many background work leaves free; fewer than there are.
    """

    def __init__(self, places: int, kept: int) -> None:
        self._free = places
        self._kept = kept
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    async def take(self, *, background: bool) -> None:
        """Wait for a place; whoever got one calls `give_back`.

        Raises:
            ModelError: too many wait.
        """
        queue = self._patient if background else self._urgent
        if len(queue) >= WAITING:
            raise ModelError(
                f"{WAITING:,} pieces of work wait for the encoder already: try again in a moment"
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._share_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                queue.remove(turn)
            else:
                self.give_back()
            raise

    def give_back(self) -> None:
        """A place is free again."""
        self._free += 1
        self._share_out()

    def _share_out(self) -> None:
        while queue := self._next():
            turn = next((each for each in queue if not each.done()), None)
            if turn is None:
                return
            queue.remove(turn)
            self._free -= 1
            turn.set_result(None)

    def _next(self) -> deque[asyncio.Future[None]] | None:
        if self._urgent and self._free:
            return self._urgent
        return self._patient if self._patient and self._free > self._kept else None
