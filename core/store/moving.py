"""Moving everything that a store keeps into another one; what is broken off goes on where it was."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from sqlite_utils import Database

from core.errors import StoreError
from core.failpoint import reach
from core.store.connection import Connection, Transactions

CHUNK = 500
"""Rows that are written in one transaction."""
FENCED = (
    "Somebody lets no one else write, as `frontdesk migrate-store` does while it moves what is kept: try "
    "again once that has ended."
)
"""Why a database takes no writes."""
TRANSIENT = frozenset({"leases", "owners", "moves"})
"""Tables that are about running processes, or about the move itself."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, as both stores have it."""

    name: str
    columns: tuple[str, ...]
    """The first one numbers the rows: the primary key, or `rowid` where that is no number."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What a table holds."""

    rows: int
    digest: str
    """SHA-256 of all rows in their order, hexadecimal; the same whichever database they are in."""


Progress = Callable[[str, int], None]
"""Told what is done (a table's name, and what with it), and how many more of its rows."""
PASSES = 3
"""How often each row of the source is counted in the progress: copied, and read on both sides."""


def tables_of(sqlite: Connection) -> tuple[Table, ...]:
    """What a store in SQLite consists of; one in Postgres has the same tables and columns."""
    names = sqlite.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE '!_%' ESCAPE '!' ORDER BY name"
    ).fetchall()
    return tuple(table_of(sqlite, name) for (name,) in names if name not in TRANSIENT)


def table_of(sqlite: Connection, name: str) -> Table:
    """One table that there is in SQLite."""
    found = sqlite.execute(f"SELECT name, type, pk FROM pragma_table_info('{name}')").fetchall()  # noqa: S608 - of the schema
    keys = [(column, kind) for column, kind, place in found if place]
    number = keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else "rowid"
    return Table(name=name, columns=(number, *(column for column, *_ in found if column != number)))


def make_moves(db: Database) -> None:
    """The table that holds a row while a store is unfinished, as a step of a schema."""
    db.table("moves").create({"number": int}, pk="number", strict=True)


async def check_whole(store: Transactions) -> None:
    """Raise StoreError where a move into this store was begun and has not come to its end."""
    if await is_unfinished(store):
        raise StoreError(
            "Another store is being moved into this one, and not all of it is here yet. Run `frontdesk "
            "migrate-store` again: it goes on where it was."
        )


async def is_unfinished(store: Transactions) -> bool:
    """Whether a move into this store was begun and has not come to its end."""

    def read(db: Connection) -> bool:
        return db.execute("SELECT 1 FROM moves LIMIT 1").fetchone() is not None

    return await store.read(read)


@dataclass(frozen=True, kw_only=True)
class Move:
    """Everything in some tables of one store, on its way into another one."""

    source: Transactions
    """Fenced meanwhile."""
    target: Transactions
    tables: Sequence[Table]
    """Of both; what is referred to stands before what refers to it."""
    settle: Callable[[Connection], None]
    """Called with the target in the end, for what a database has beside these rows."""

    async def begin(self) -> None:
        """Make the target unfinished: from now on, and until `end`, no core starts on it.

        Raises:
            StoreError: it holds something already.
        """

        def write(db: Connection) -> None:
            for table in self.tables:
                if db.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone():  # noqa: S608 - of the schema
                    raise StoreError(
                        f"The store to move to is not empty: it holds {table.name}. Give it an empty one."
                    )
            db.execute("INSERT INTO moves (number) VALUES (1) ON CONFLICT (number) DO NOTHING")

        await self.target.write(write)

    async def rows(self) -> int:
        """How many are to be moved."""
        return sum([await self.source.read(partial(_count, table=table)) for table in self.tables])

    async def run(self, progress: Progress) -> dict[str, Fingerprint]:
        """Copy every row, and compare both sides; between `begin` and `end`.

        What was broken off goes on where it was; what changed in the source in between is copied anew.

        Returns:
            What each table holds, on both sides.

        Raises:
            StoreError: what was copied is not the same.
        """
        for table in self.tables:
            await self._copy(table, progress)
        return {table.name: await self._verified(table, progress) for table in self.tables}

    async def end(self) -> None:
        """All of it is there."""

        def write(db: Connection) -> None:
            self.settle(db)
            db.execute("DELETE FROM moves")

        await self.target.write(write)

    async def _copy(self, table: Table, progress: Progress) -> None:
        progress(f"copy {table.name}", await self.target.read(partial(_count, table=table)))
        async for rows in _chunks(self.source, table, await self.target.read(partial(_reached, table=table))):
            await self.target.write(partial(_enter, table=table, rows=rows))
            progress(f"copy {table.name}", len(rows))
            reach("copied")

    async def _verified(self, table: Table, progress: Progress) -> Fingerprint:
        ours = await _fingerprint(self.source, table, progress)
        theirs = await _fingerprint(self.target, table, progress)
        if theirs != ours:
            await self.target.write(partial(_clear, table=table))
            await self._copy(table, progress)
            theirs = await _fingerprint(self.target, table, progress)
        if theirs != ours:
            raise StoreError(
                f"Of {table.name}, {ours.rows} rows were copied, and {theirs.rows} arrived or other ones. "
                "Stop what still writes, and run it again."
            )
        return theirs


async def _fingerprint(store: Transactions, table: Table, progress: Progress) -> Fingerprint:
    rows, found = 0, hashlib.sha256()
    async for chunk in _chunks(store, table, 0):
        rows += len(chunk)
        await asyncio.to_thread(_digest, found, chunk)
        progress(f"verify {table.name}", len(chunk))
    return Fingerprint(rows=rows, digest=found.hexdigest())


async def _chunks(store: Transactions, table: Table, after: int) -> AsyncIterator[list[tuple[Any, ...]]]:
    while rows := await store.read(partial(_chunk, table=table, after=after)):
        after = rows[-1][0]
        yield rows


def _chunk(db: Connection, table: Table, after: int) -> list[tuple[Any, ...]]:
    columns, number = _listed(table.columns), table.columns[0]
    statement = f"SELECT {columns} FROM {table.name} WHERE {number} > ? ORDER BY {number} LIMIT {CHUNK}"  # noqa: S608 - of the schema
    return db.execute(statement, [after]).fetchall()


def _enter(db: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    row = f"({', '.join('?' * len(table.columns))})"
    places = ", ".join([row] * len(rows))
    statement = f"INSERT INTO {table.name} ({_listed(table.columns)}) VALUES {places}"  # noqa: S608 - of the schema
    db.execute(statement, list(chain.from_iterable(rows)))


def _reached(db: Connection, table: Table) -> int:
    """The number of the last row that was written."""
    number = table.columns[0]
    (reached,) = db.execute(f"SELECT coalesce(max({number}), 0) FROM {table.name}").fetchone()  # noqa: S608 - of the schema
    return int(reached)


def _clear(db: Connection, table: Table) -> None:
    db.execute(f"DELETE FROM {table.name}")  # noqa: S608 - of the schema


def _count(db: Connection, table: Table) -> int:
    (count,) = db.execute(f"SELECT count(*) FROM {table.name}").fetchone()  # noqa: S608 - of the schema
    return int(count)


def _listed(columns: Sequence[str]) -> str:
    """Quoted, as some are words of SQL."""
    return ", ".join(f'"{column}"' for column in columns)


def _digest(found: "hashlib._Hash", rows: Sequence[Sequence[Any]]) -> None:
    """Add rows to a digest, each value with its type and length."""
    for value in chain.from_iterable(rows):
        data = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
        found.update(b"%s %d " % (type(value).__name__.encode(), len(data)))
        found.update(data)
