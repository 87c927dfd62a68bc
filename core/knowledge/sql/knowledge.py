"""Opening the knowledge base."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.knowledge.ports import Encoder, Library, Search
from core.knowledge.sql.indexing import index_anew
from core.knowledge.sql.library import NO_ENCODER, SqlLibrary, encoder_numbers
from core.knowledge.sql.migrations import MIGRATIONS
from core.knowledge.sql.seals import Seals
from core.knowledge.sql.search import SqlSearch
from core.store.connection import Connection, Transactions
from core.store.database import Database
from core.store.moving import Table, check_whole, table_of
from core.store.sealing import PlainSealer, Sealer

CHECKPOINT_WRITES = 20
"""A document is a write of a megabyte or more."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What the assistant knows from documents: to enter it, and to find it."""

    library: Library
    search: Search


@asynccontextmanager
async def open_knowledge_base(
    path: Path, encoder: Encoder | None = None, sealer: Sealer | None = None
) -> AsyncIterator[Knowledge]:
    """The knowledge base in the file `path`, for as long as the block runs.

    Args:
        encoder: makes the vectors; without one, words alone find passages.
        sealer: seals what people brought; without one, it is kept in clear.

    Raises:
        StoreError: the file cannot be opened.
    """
    database = await asyncio.to_thread(Database, path, MIGRATIONS, CHECKPOINT_WRITES)
    async with knowledge_in(database, encoder, sealer) as knowledge:
        yield knowledge


@asynccontextmanager
async def knowledge_in(
    database: Transactions, encoder: Encoder | None, sealer: Sealer | None
) -> AsyncIterator[Knowledge]:
    """The knowledge base in a database with its tables, which is closed when the block is left."""
    seals = Seals(sealer or PlainSealer())
    library = SqlLibrary(database, encoder, seals)
    try:
        await check_whole(database)
        await index_anew(database, seals)
        numbers = await encoder_numbers(database, encoder.reference) if encoder else NO_ENCODER
        search = SqlSearch(database, encoder, numbers, seals)
        try:
            yield Knowledge(library=library, search=search)
        finally:
            search.close()
    finally:
        await library.close()


def tables_of(sqlite: Connection) -> tuple[Table, ...]:
    """What is moved of a knowledge base, referred to before it refers; the index is made anew of it."""
    names = ("sources", "documents", "passages", "encoders", "vectors", "blocks")
    return tuple(table_of(sqlite, name) for name in names)


def forget_unused_encoders(db: Connection) -> None:
    """Whose vectors there are none of, so that what is empty holds nothing."""
    db.execute("DELETE FROM encoders WHERE id NOT IN (SELECT encoder FROM vectors)")


def forget_index(db: Connection) -> None:
    """The words are indexed anew when it is opened next."""
    db.execute("DELETE FROM indexed")
