"""Which workers there are, as they tell every second, and how busy they are together."""

import asyncio
from collections.abc import Callable, Sequence

from core.engine.fleet.wire import Advertisement
from core.engine.types import Load
from core.errors import ModelError
from core.ports import Clock

TELL_SECONDS = 1.0
"""Between two advertisements of a worker."""
SILENT_SECONDS = 3.5
"""A worker that was not heard of for so long is taken to be gone."""
_LEAST_SECONDS = 1e-3
"""An answer takes at least so long."""
PATIENCE = 30.0
"""Seconds that work waits for a worker that can do it."""


class NoWorker(ModelError):
    """No model worker is there that could do it."""


class Roster:
    """The workers that were heard of lately.

    Args:
        clock: measures how long ago.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[float, Advertisement]] = {}
        self._known: set[str] = set()
        self._changed = asyncio.Event()
        self._newest = clock.monotonic()

    @property
    def silence(self) -> float:
        """Seconds since any worker was heard of, or since this roster began."""
        return self._clock.monotonic() - self._newest

    def note(self, advertisement: Advertisement) -> None:
        """A worker told how it is."""
        self._newest = self._clock.monotonic()
        self._heard[advertisement.worker] = (self._newest, advertisement)
        self._known.update(advertisement.does)
        self._changed.set()
        self._changed = asyncio.Event()

    def forget(self, worker: str) -> None:
        """It did not answer; it comes back with its next advertisement."""
        self._heard.pop(worker, None)

    def workers(self) -> Sequence[Advertisement]:
        """Those that were heard of lately, the leaving ones among them."""
        since = self._clock.monotonic() - SILENT_SECONDS
        self._heard = {name: each for name, each in self._heard.items() if each[0] >= since}
        return [advertisement for _, advertisement in self._heard.values()]

    def has(self, worker: str) -> bool:
        """Whether this one was heard of lately."""
        return any(each.worker == worker for each in self.workers())

    def knows(self, kind: str) -> bool:
        """Whether any that was ever heard of does this with files.

        Args:
            kind: what is to be done.
        """
        return kind in self._known

    def taking(self) -> Sequence[Advertisement]:
        """Those that take work."""
        return [each for each in self.workers() if not each.leaving and each.load.capacity > 0]

    def least_busy(self, fits: Callable[[Advertisement], bool]) -> Advertisement | None:
        """The least busy one that fits, the fastest of several."""
        return min(filter(fits, self.taking()), key=_busy, default=None)

    async def wait(self, seconds: float) -> None:
        """Return at the next advertisement, or after so many seconds."""
        changed = self._changed
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return

    def load(self) -> Load | None:
        """How busy they are together; None where there are none."""
        loads = [each.load for each in self.taking()]
        if not loads:
            return None
        capacity = sum(each.capacity for each in loads)
        # The places of a slow one come free less often: what adds up are answers a second.
        answers = sum(each.capacity / max(each.seconds_per_answer, _LEAST_SECONDS) for each in loads)
        next_seconds = [each.next_seconds for each in loads if each.next_seconds is not None]
        return Load(
            queued=sum(each.queued for each in loads),
            active=sum(each.active for each in loads),
            capacity=capacity,
            seconds_per_answer=capacity / answers,
            together=sum(each.together for each in loads),
            next_seconds=min(next_seconds) if len(next_seconds) == len(loads) else None,
        )

    def pace(self) -> str:
        """How fast answers grow at the workers, in a sentence; empty before there were any."""
        measured = [round(each.tokens_per_second) for each in self.workers() if each.tokens_per_second]
        if not measured:
            return ""
        slowest, fastest = min(measured), max(measured)
        pace = f"{slowest} to {fastest}" if slowest < fastest else f"{fastest}"
        return f"An answer grows by {pace} tokens a second."

    def writing_but_for(self, core: str) -> int:
        """Answers that are written for other cores."""
        return sum(number for each in self.workers() for name, number in each.writing.items() if name != core)


def _busy(advertisement: Advertisement) -> tuple[float, float]:
    load = advertisement.load
    return (load.active + load.queued) / load.capacity, -advertisement.tokens_per_second
