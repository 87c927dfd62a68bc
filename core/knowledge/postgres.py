"""The knowledge base in Postgres, which several cores share; needs the extra `postgres`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.knowledge.ports import Encoder
from core.knowledge.sql.knowledge import Knowledge, knowledge_in
from core.knowledge.sql.migrations import MIGRATIONS
from core.store.postgres.database import PostgresDatabase
from core.store.postgres.schema import Schema
from core.store.sealing import PlainSealer, Sealer

KNOWLEDGE = Schema(
    name="frontdesk_knowledge",
    migrations=MIGRATIONS,
    base="m003_portable",
    session={"idle_in_transaction_session_timeout": "5min", "lock_timeout": "10min"},
)
"""Beside the store: whoever writes here keeps nobody waiting there. It takes its time, as a long document is
read into words within a write."""


@asynccontextmanager
async def open_knowledge_base(
    url: str, encoder: Encoder | None = None, sealer: Sealer | None = None
) -> AsyncIterator[Knowledge]:
    """The knowledge base in the database at `url`, for as long as the block runs.

    It is searched as the one in SQLite: by the same terms, vectors and weights, so that both find the same.

    Args:
        encoder: makes the vectors; without one, words alone find passages.
        sealer: seals what people brought; without one, it is kept in clear.

    Raises:
        ConfigurationError: the address is none.
        StoreError: it cannot be reached, or is not ours.
    """
    sealer = sealer or PlainSealer()
    database = await asyncio.to_thread(PostgresDatabase, url, KNOWLEDGE, look=sealer.look)
    async with knowledge_in(database, encoder, sealer) as knowledge:
        yield knowledge
