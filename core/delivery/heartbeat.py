"""The heartbeat that keeps this process's leases, and the moment from which they may be another's."""

import asyncio
import logging
from collections.abc import Callable

from core.errors import StoreError
from core.ports import Clock
from core.store.ports import Work

BEAT_SECONDS = 2.0
"""Between two heartbeats."""
KEPT_SECONDS = 8.0
"""After the last heartbeat, how long we act under our leases: less than `LEASE_SECONDS` of the store, so that
a call to a platform ends before another process begins."""

_log = logging.getLogger(__name__)


class Heartbeat:
    """Beats beside all other work: nothing else that is slow lets leases run out."""

    def __init__(self, work: Work, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self._beat_at = clock.monotonic()
        self._kept = asyncio.Event()
        self._kept.set()

    @property
    def keeps(self) -> bool:
        """Whether our leases are ours."""
        return self._kept.is_set()

    async def run(self, lost: Callable[[], None]) -> None:
        """Beat until cancelled.

        Args:
            lost: called once whenever the leases may be another's by now: nothing may be done under them.
                Work may begin again once `keeps` is true.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(lost), name="watch the leases")
            while True:
                await self._beat(lost)
                await self._clock.sleep(BEAT_SECONDS)

    async def _beat(self, lost: Callable[[], None]) -> None:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(KEPT_SECONDS):
                await self._work.beat()
        except StoreError as error:
            _log.error("no heartbeat: %s", error)
        except TimeoutError:
            _log.error("no heartbeat: the database took none within %.0f s", KEPT_SECONDS)
        else:
            self._check(lost)  # the whole process may have stood still
            self._beat_at = began
            self._kept.set()

    async def _watch(self, lost: Callable[[], None]) -> None:
        while True:
            await self._kept.wait()
            await self._clock.sleep(self._left)
            self._check(lost)

    def _check(self, lost: Callable[[], None]) -> None:
        if self.keeps and self._left <= 0:
            _log.error("no heartbeat for %.0f s: what runs is left to whoever takes it up", KEPT_SECONDS)
            self._kept.clear()
            lost()

    @property
    def _left(self) -> float:
        """Seconds for which the leases are ours."""
        return self._beat_at + KEPT_SECONDS - self._clock.monotonic()
