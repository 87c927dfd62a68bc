"""A thread that runs functions in groups: what arrives together shares one commit."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.errors import StoreError

GROUP = 256
"""Functions in a group at most."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one function."""

    result: Any = None
    problem: Exception | None = None


Function = Callable[[Any], Any]
"""Of a connection."""
F = TypeVar("F")
"""A function, with what is to be known of it."""


@dataclass(frozen=True)
class _Job(Generic[F]):
    function: F
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Groups(Generic[F]):
    """Hands functions to a thread of its own, in order, as many together as have come in meanwhile."""

    def __init__(
        self, run: Callable[[Sequence[F]], Sequence[Outcome]], name: str, longest: int = GROUP
    ) -> None:
        """Start the thread.

        Args:
            run: called in the thread with one group after another; returns once it is committed, or is not.
                It must not raise.
            name: of the thread.
            longest: functions in a group at most.
        """
        self._run = run
        self._longest = longest
        self._jobs: queue.SimpleQueue[_Job[F] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()
        self._is_open = True

    async def submit(self, function: F) -> Any:
        """What `function` returned, or raised.

        Raises:
            StoreError: it was not run.
        """
        if not self._is_open:
            raise StoreError("The database is closed.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(function, done, loop))
        return await done

    async def close(self) -> None:
        """Finish what is queued; what comes later is refused."""
        self._is_open = False
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        is_last = False
        while not is_last:
            group = [self._jobs.get()]
            while len(group) < self._longest and not self._jobs.empty():
                group.append(self._jobs.get())
            is_last = None in group
            jobs = [job for job in group if job is not None]
            outcomes = self._run([job.function for job in jobs]) if jobs else ()
            for job, outcome in zip(jobs, outcomes, strict=True):
                _tell(job, outcome)


def _tell(job: _Job[Any], outcome: Outcome) -> None:
    def settle() -> None:
        if job.done.done():
            return
        if outcome.problem is not None:
            job.done.set_exception(outcome.problem)
        else:
            job.done.set_result(outcome.result)

    with suppress(RuntimeError):  # nobody waits any more: the loop is closed
        job.loop.call_soon_threadsafe(settle)
