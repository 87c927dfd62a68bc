"""Both sides of a move between SQLite and Postgres, and the keys that go along."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from types import ModuleType

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
from core.store.sqlite import numbering as sqlite_numbering
from core.store.sqlite.living import LivingHere


@dataclass(frozen=True, kw_only=True)
class _Side:
    """A store, and who works with it."""

    database: Transactions
    living: Living


@asynccontextmanager
async def begun(old: Settings, new: Settings) -> AsyncIterator[Sequence[Move]]:
    """The store and the knowledge base of `old`, where nobody else writes any more, on their way to `new`,
    where their keys are already.

    Raises:
        StoreError: a core runs on one side, or the other one is not empty; or, in the end, somebody may have
            written to the old side.
    """
    async with AsyncExitStack() as sides:
        from_, to = [await sides.enter_async_context(_store(each)) for each in (old, new)]
        known, learnt = [await sides.enter_async_context(_knowledge(each)) for each in (old, new)]
        source, target = from_.database, to.database
        for each in (source, known):
            await sides.enter_async_context(each.fenced())
        for side in (from_, to):
            await _check_idle(side)
        files = (source, known) if old.database_url is None else (target, learnt)
        tables, of_knowledge = await files[0].read(moving.tables_of), await files[1].read(knowledge.tables_of)
        go_on = await source.read(partial(_numbers_after, old, new, tables))
        learn_on = await known.read(partial(_numbers_after, old, new, of_knowledge))

        def settle(db: Connection) -> None:
            knowledge.forget_index(db)
            learn_on(db)

        moves = [
            Move(source=known, target=learnt, tables=of_knowledge, settle=settle),
            Move(source=source, target=target, tables=tables, settle=go_on),
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


def _numbers_after(
    old: Settings, new: Settings, tables: Sequence[Table], source: Connection
) -> Callable[[Connection], None]:
    """What lets the new side number on after all numbers that the old one ever gave."""
    last = {table: _numbering(old).last(source, table) for table in tables}

    def go_on(target: Connection) -> None:
        for table in tables:
            _numbering(new).go_on(target, table, last[table])

    return go_on


def _numbering(side: Settings) -> ModuleType:
    if side.database_url is None:
        return sqlite_numbering
    from core.store.postgres import numbering  # noqa: PLC0415 - an extra

    return numbering


@asynccontextmanager
async def _store(configured: Settings) -> AsyncIterator[_Side]:
    owner = uuid.uuid4().hex
    if configured.database_url is None:
        path = configured.home / DATABASE
        file = await asyncio.to_thread(Database, path)
        here = LivingHere(path.with_name(f"{path.name}.owners"), owner, SystemClock())
        try:
            await file.write(here.bury_the_dead)
            yield _Side(database=file, living=here)
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
        async with living_anywhere(url, owner, lambda: database.writers) as anywhere:
            await database.write(anywhere.bury_the_dead)
            yield _Side(database=database, living=anywhere)
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


async def _check_idle(side: _Side) -> None:
    """Raise StoreError where a core works with it."""

    def read(db: Connection) -> int:
        now = side.living.pulse(db)
        seen = [now - LEASE_SECONDS, now + LEASE_SECONDS]
        (count,) = db.execute("SELECT count(*) FROM owners WHERE seen_at BETWEEN ? AND ?", seen).fetchone()
        return int(count)

    if cores := await side.database.read(read):
        raise StoreError(
            f"{cores} running cores or commands work with the store. Stop them all; one that was killed "
            f"counts for {LEASE_SECONDS:.0f} seconds more."
        )
