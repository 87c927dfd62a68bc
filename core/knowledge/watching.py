"""Keeping up with sources while Frontdesk runs."""

import logging
from collections.abc import Sequence

from core.errors import FrontdeskError, Unreadable
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import address_of
from core.knowledge.passages import Source
from core.knowledge.ports import Library
from core.ports import Clock, Leases

FILES = 5.0
"""Seconds between two looks at files."""
PAGES = 3600.0
"""Seconds between two looks at a page of somebody else's."""
REST = 20.0
"""How much longer than a look that finds nothing the pause behind it is: a disk has other things to do."""
LEASE = "knowledge"

_log = logging.getLogger(__name__)


class Watch:
    """Looks through sources again and again, in one process of those that share a store.

    Files are compared by time and size rather than watched through the system: that works on network drives
    and in containers as well.

    Args:
        configured: sources of frontdesk.yaml; entered at the start, and looked through once even where they
            are not watched.
        leases: say which process it is.
    """

    def __init__(
        self,
        library: Library,
        ingestion: Ingestion,
        configured: Sequence[Source],
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._library = library
        self._ingestion = ingestion
        self._configured = tuple(configured)
        self._leases = leases
        self._clock = clock
        self._due: dict[str, float] = {}
        self._warned: dict[str, str] = {}

    async def run(self) -> None:
        """Keep up until cancelled. Whatever fails is named in the log and tried again."""
        behind = True
        while True:
            try:
                if await self._leases.take(LEASE):
                    behind = await self._look_through() or behind
                    if behind:
                        await self._library.embed()
                        behind = False
            except FrontdeskError as error:
                self._warn("", str(error))
            await self._clock.sleep(FILES)

    async def _look_through(self) -> bool:
        """Every source that is due; True where something changed."""
        for source in self._configured:
            await self._library.add(source)
        first = {source.name for source in self._configured}
        now = self._clock.monotonic()
        changed = False
        for source in await self._library.sources():
            is_due = source.watched and now >= self._due.get(source.name, 0.0)
            if is_due or source.name in first:
                changed = await self._look(source) or changed
        self._configured = ()
        return changed

    async def _look(self, source: Source) -> bool:
        began = self._clock.monotonic()
        changed = False
        try:
            changed = await self._refresh(source)
        finally:
            ended = self._clock.monotonic()
            looked = 0.0 if changed else ended - began  # and else, it was reading that took its time
            pause = PAGES if address_of(source.location) else max(FILES, REST * looked)
            self._due[source.name] = ended + pause
        return changed

    async def _refresh(self, source: Source) -> bool:
        try:
            report = await self._ingestion.refresh(source)
        except Unreadable as error:
            self._warn(source.name, str(error))
            return False
        self._warned.pop(source.name, None)
        if report.changed:
            _log.info(
                "knowledge: of %s %d documents read, %d forgotten, %d cannot be read",
                *(source.name, report.read, report.forgotten, len(report.unreadable)),
            )
        return report.changed

    def _warn(self, source: str, news: str) -> None:
        """Once, until it goes well or fails otherwise."""
        if self._warned.get(source) != news:
            self._warned[source] = news
            _log.warning("knowledge: %s", f"{source} {news}".strip())
