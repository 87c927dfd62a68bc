"""Opening the store in a Postgres database."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.ports import Clock
from core.store.ports import Store
from core.store.postgres.database import PostgresDatabase
from core.store.postgres.living import living_anywhere
from core.store.sealing import PlainSealer, Sealer
from core.store.sql.rows import Shelf
from core.store.sql.store import living_store


@asynccontextmanager
async def open_store(url: str, clock: Clock, sealer: Sealer | None = None) -> AsyncIterator[Store]:
    """The store in the database at `url`, for as long as the block runs.

    Raises:
        ConfigurationError: the address is none.
        StoreError: it cannot be reached, or is not ours.
    """
    sealer = sealer or PlainSealer()
    database = await asyncio.to_thread(PostgresDatabase, url, look=sealer.look)
    shelf = Shelf(database=database, sealer=sealer, clock=clock, owner=uuid.uuid4().hex)
    try:
        async with (
            living_anywhere(url, shelf.owner, lambda: database.writers) as living,
            living_store(shelf, living) as store,
        ):
            yield store
    finally:
        await database.close()
