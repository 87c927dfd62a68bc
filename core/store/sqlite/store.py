"""Opening the store in one SQLite file."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.ports import Clock
from core.store.database import Database
from core.store.ports import Store
from core.store.sealing import PlainSealer, Sealer
from core.store.sql.rows import Shelf
from core.store.sql.store import living_store
from core.store.sqlite.living import LivingHere


@asynccontextmanager
async def open_store(path: Path, clock: Clock, sealer: Sealer | None = None) -> AsyncIterator[Store]:
    """The store in the file `path`, for as long as the block runs.

    Raises:
        StoreError: the file cannot be opened.
    """
    database = Database(path)
    shelf = Shelf(database=database, sealer=sealer or PlainSealer(), clock=clock, owner=uuid.uuid4().hex)
    living = LivingHere(path.with_name(f"{path.name}.owners"), shelf.owner, clock)
    try:
        async with living_store(shelf, living) as store:
            yield store
    finally:
        living.close()
        await database.close()
