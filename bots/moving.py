"""Both sides of a move between SQLite and Postgres, and the keys that go along."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing

from bots.knowledge import KNOWLEDGE
from bots.store import DATABASE, check_postgres, opened_vault
from core.clock import SystemClock
from core.errors import StoreError
from core.knowledge.sql import knowledge
from core.knowledge.sql.migrations import MIGRATIONS as KNOWLEDGE_MIGRATIONS
from core.privacy import moving as moving_keys
from core.privacy.vaults import FILE
from core.settings import Settings
from core.store import moving
from core.store.connection import Connection, Transactions
from core.store.database import Database
from core.store.moving import Move, Table
from core.store.sql.leases import LEASE_SECONDS, Living
from core.store.sqlite.living import LivingHere


@asynccontextmanager
async def begun(old: Settings, new: Settings) -> AsyncIterator[Sequence[Move]]:
    """The store and the knowledge base of `old` on their way to `new`, where their keys are already.

    Raises:
        StoreError: a core runs on one side, or the other one is not empty.
    """
    async with AsyncExitStack() as sides:
        source, target = [await sides.enter_async_context(_store(each)) for each in (old, new)]
        known, learnt = [await sides.enter_async_context(_knowledge(each)) for each in (old, new)]
        files = (source, known) if old.database_url is None else (target, learnt)
        tables, of_knowledge = await files[0].read(moving.tables_of), await files[1].read(knowledge.tables_of)

        def settle(db: Connection) -> None:
            knowledge.forget_index(db)
            _go_on(new, db, of_knowledge)

        moves = [
            Move(source=known, target=learnt, tables=of_knowledge, settle=settle),
            Move(source=source, target=target, tables=tables, settle=lambda db: _go_on(new, db, tables)),
        ]
        await _begin(old, new, moves)
        yield moves


async def _begin(old: Settings, new: Settings, moves: Sequence[Move]) -> None:
    """Keys first, as nothing must be anywhere without its key; the last move says whether all have begun."""
    is_new = not await moving.is_unfinished(moves[-1].target)
    has_keys = bool(old.keys_url) or await asyncio.to_thread((old.home / FILE).exists)
    if is_new and has_keys:
        await asyncio.to_thread(_with_vaults, old, new, lambda _, target: moving_keys.check_empty(target))
    for move in moves if is_new else ():
        await move.begin()
    if has_keys:
        await asyncio.to_thread(_with_vaults, old, new, moving_keys.move)


def _with_vaults(old: Settings, new: Settings, work: Callable[..., object]) -> None:
    with closing(opened_vault(old)) as source, closing(opened_vault(new)) as target:
        work(source, target)


def _go_on(new: Settings, db: Connection, tables: Sequence[Table]) -> None:
    """SQLite numbers new rows after those it has; Postgres has to be told."""
    if new.database_url is not None:
        from core.store.postgres import numbering  # noqa: PLC0415 - an extra

        numbering.go_on(db, tables)


@asynccontextmanager
async def _store(configured: Settings) -> AsyncIterator[Transactions]:
    """The database of a store that no core works with."""
    owner = uuid.uuid4().hex
    if configured.database_url is None:
        path = configured.home / DATABASE
        file = await asyncio.to_thread(Database, path)
        here = LivingHere(path.with_name(f"{path.name}.owners"), owner, SystemClock())
        try:
            await _check_idle(file, here)
            yield file
        finally:
            here.close()
            await file.close()
        return
    check_postgres()
    from core.store.postgres.database import PostgresDatabase  # noqa: PLC0415 - an extra
    from core.store.postgres.living import living_anywhere  # noqa: PLC0415

    url = configured.database_url.get_secret_value()
    database = await asyncio.to_thread(PostgresDatabase, url)
    try:
        async with living_anywhere(url, owner, lambda: database.writer) as anywhere:
            await _check_idle(database, anywhere)
            yield database
    finally:
        await database.close()


@asynccontextmanager
async def _knowledge(configured: Settings) -> AsyncIterator[Transactions]:
    database: Transactions
    if configured.database_url is None:
        database = await asyncio.to_thread(Database, configured.home / KNOWLEDGE, KNOWLEDGE_MIGRATIONS)
    else:
        from core.knowledge.postgres import KNOWLEDGE as SCHEMA  # noqa: PLC0415 - an extra
        from core.store.postgres.database import PostgresDatabase  # noqa: PLC0415

        database = await asyncio.to_thread(
            PostgresDatabase, configured.database_url.get_secret_value(), SCHEMA
        )
    try:
        await database.write(knowledge.forget_unused_encoders)
        yield database
    finally:
        await database.close()


async def _check_idle(database: Transactions, living: Living) -> None:
    def write(db: Connection) -> int:
        living.bury_the_dead(db)
        now = living.pulse(db)
        seen = [now - LEASE_SECONDS, now + LEASE_SECONDS]
        (count,) = db.execute("SELECT count(*) FROM owners WHERE seen_at BETWEEN ? AND ?", seen).fetchone()
        return int(count)

    if cores := await database.write(write):
        raise StoreError(
            f"{cores} running cores or commands work with the store. Stop them all; one that was killed "
            f"counts for {LEASE_SECONDS:.0f} seconds more."
        )
