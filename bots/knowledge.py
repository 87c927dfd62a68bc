"""The knowledge base of this installation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.ports import Encoder, Library
from core.knowledge.reading.process import ReadingProcess
from core.knowledge.sqlite.knowledge import Knowledge, open_knowledge_base
from core.policy import Policies
from core.settings import Settings

KNOWLEDGE = "knowledge.sqlite3"


@asynccontextmanager
async def open_knowledge(settings: Settings, encoder: Encoder | None = None) -> AsyncIterator[Knowledge]:
    """What the documents say, for as long as the block runs.

    Args:
        settings: name the folder it is kept in.
        encoder: makes the vectors; without one, words alone find passages.

    Raises:
        StoreError: its file cannot be opened.
    """
    async with open_knowledge_base(settings.home / KNOWLEDGE, encoder) as knowledge:
        yield knowledge


@asynccontextmanager
async def open_ingestion(library: Library, policies: Policies) -> AsyncIterator[Ingestion]:
    """What reads documents into a library, for as long as the block runs."""
    reader = ReadingProcess()
    try:
        yield Ingestion(library, reader, Pages(policies.knowledge.intranet))
    finally:
        await reader.close()
