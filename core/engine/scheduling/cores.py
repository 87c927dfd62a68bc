"""Who computes now: more batches may be at work than there are cores, and they take turns between tokens."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Cores:
    """Gives out cores to the model's threads: whoever begins comes before all who are writing already, and
    these take turns, a token of every answer each.

    Args:
        number: batches that compute at once.
    """

    def __init__(self, number: int) -> None:
        self._lock = threading.Lock()
        self._free = number
        self._beginning: deque[threading.Semaphore] = deque()
        self._writing: deque[threading.Semaphore] = deque()

    @property
    def waiting(self) -> int:
        """Threads that wait for a core."""
        return len(self._beginning) + len(self._writing)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Compute, as soon as a core is free; those who begin are first come, first served."""
        self._take(self._beginning)
        try:
            yield
        finally:
            with self._lock:
                self._pass_on()

    def turn(self) -> None:
        """Between two tokens: let others have the core, if any wait, and come back when it is one's turn."""
        with self._lock:
            if not (self._beginning or self._writing):
                return
            self._pass_on()
        self._take(self._writing)

    def _take(self, queue: deque[threading.Semaphore]) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Semaphore(0)
            queue.append(mine)
        mine.acquire()

    def _pass_on(self) -> None:
        if queue := self._beginning or self._writing:
            queue.popleft().release()
        else:
            self._free += 1
