"""The knowledge base of this installation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bots.media import open_scan_reader
from bots.store import check_postgres, opened_sealer
from core.clock import SystemClock
from core.errors import Unreadable
from core.knowledge import contributions
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.passages import Source
from core.knowledge.ports import Encoder, Library, Reranker
from core.knowledge.reading.process import ReadingProcess
from core.knowledge.reading.scans import Picture
from core.knowledge.reranking import Reranked
from core.knowledge.sources import make_source
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.knowledge.watching import Watch
from core.media.decoding import Pixels
from core.media.png import png
from core.media.reader import Page
from core.media.recognition import TextRecogniser
from core.media.refusal import Refusal, Unusable
from core.policy import KnowledgeSection, Policies
from core.ports import Leases
from core.settings import Settings
from core.store.sealing import Sealer

if TYPE_CHECKING:
    from core.media.elsewhere import Elsewhere

KNOWLEDGE = "knowledge.sqlite3"
RELEVANCE = "relevance.json"
BROUGHT = "documents"
"""Folder in which files were kept that people brought, before what was read of them was sealed."""


def own_limits(settings: Settings) -> Path:
    """Where thresholds for one's own documents are kept, once `kb eval --calibrate` has found any."""
    return settings.home / RELEVANCE


@asynccontextmanager
async def open_knowledge(
    settings: Settings, encoder: Encoder | None = None, reranker: Reranker | None = None
) -> AsyncIterator[Knowledge]:
    """What the documents say, for as long as the block runs.

    Args:
        settings: name the folder it is kept in, or the database that several cores share, and the secret by
            which is sealed what people bring.
        encoder: makes the vectors; without one, words alone find passages.
        reranker: reads what was found again; without one, it stays in the order of the search.

    Raises:
        ConfigurationError: the secret is missing, or another one than what is kept was sealed with.
        StoreError: it cannot be opened.
    """
    async with opened_sealer(settings) as sealer, _opened(settings, encoder, sealer) as knowledge:
        await contributions.adopt(knowledge.library, settings.home / BROUGHT)
        if reranker is not None:
            knowledge = replace(knowledge, search=Reranked(knowledge.search, reranker))
        yield knowledge


def _opened(
    settings: Settings, encoder: Encoder | None, sealer: Sealer
) -> AbstractAsyncContextManager[Knowledge]:
    if settings.database_url is None:
        return open_knowledge_base(settings.home / KNOWLEDGE, encoder, sealer)
    check_postgres()
    from core.knowledge import postgres  # noqa: PLC0415 - an extra

    return postgres.open_knowledge_base(settings.database_url.get_secret_value(), encoder, sealer)


class _Scans:
    """Fills `core.knowledge.reading.scans.Recogniser` with what reads pictures, here or on workers."""

    def __init__(self, reader: TextRecogniser | None, elsewhere: "Elsewhere | None") -> None:
        self._reader = reader
        self._elsewhere = elsewhere

    @property
    def ready(self) -> bool:
        return self._reader is not None or (self._elsewhere is not None and self._elsewhere.sees_now)

    async def read(self, picture: Picture) -> str:
        pixels = Pixels(width=picture.width, height=picture.height, rgb=picture.rgb)
        try:
            return (await self._seen(pixels)).text
        except Unusable:
            raise Unreadable("is a scan whose text could not be recognised") from None

    async def _seen(self, pixels: Pixels) -> Page:
        if self._reader is not None:
            return await self._reader.read(pixels)
        if self._elsewhere is not None:
            return await self._elsewhere.see(await asyncio.to_thread(png, pixels))
        raise Unusable(Refusal.NO_VISION)


@asynccontextmanager
async def open_ingestion(
    library: Library, policies: Policies, elsewhere: "Elsewhere | None" = None
) -> AsyncIterator[Ingestion]:
    """What reads documents into a library, for as long as the block runs.

    Args:
        library: takes their passages.
        policies: say what may be fetched.
        elsewhere: reads pages that are pictures, where nothing here does.
    """
    pictures = open_scan_reader()
    reader = ReadingProcess(recogniser=_Scans(pictures, elsewhere))
    try:
        yield Ingestion(library, reader, Pages(policies.knowledge.intranet))
    finally:
        await reader.close()
        if pictures is not None:
            await pictures.close()


def configured_sources(section: KnowledgeSection) -> list[Source]:
    """The sources of frontdesk.yaml.

    Raises:
        ConfigurationError: the location or the audience of one is wrong.
    """
    return [
        make_source(
            entry.location,
            name=entry.name,
            audience=entry.audience,
            watched=entry.watch,
            teams=section.teams,
        )
        for entry in section.sources
    ]


@asynccontextmanager
async def keeping_up(
    library: Library, ingestion: Ingestion, policies: Policies, leases: Leases
) -> AsyncIterator[None]:
    """Sources of frontdesk.yaml entered, and watched ones looked through, for as long as the block runs.

    Raises:
        ConfigurationError: a source of frontdesk.yaml is wrong.
    """
    watch = Watch(library, ingestion, configured_sources(policies.knowledge), leases, SystemClock())
    watching = asyncio.create_task(watch.run(), name="keep up with documents")
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
