"""Where a store can be: the same tests run on SQLite and on Postgres."""

import sqlite3
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import psycopg

from core.ports import Clock
from core.store.connection import Transactions
from core.store.database import Database
from core.store.ports import Store
from core.store.postgres import store as postgres
from core.store.postgres.connecting import connect
from core.store.postgres.database import PostgresDatabase
from core.store.sealing import Sealer
from core.store.sqlite import store as sqlite


class Place(Protocol):
    """A database, and what tests do with it beside the store."""

    @property
    def refusal(self) -> type[Exception]:
        """How it refuses what would break its rules."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings by which the service finds it, besides FRONTDESK_HOME."""

    def open(self, clock: Clock, sealer: Sealer | None = None) -> AbstractAsyncContextManager[Store]:
        """The store, as a process of its own would open it."""

    def database(self) -> Transactions:
        """The database alone."""

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one of our statements; what it found."""


@dataclass(frozen=True)
class SqlitePlace:
    """A file."""

    path: Path
    refusal = sqlite3.IntegrityError
    environment: ClassVar[Mapping[str, str]] = {}

    def open(self, clock: Clock, sealer: Sealer | None = None) -> AbstractAsyncContextManager[Store]:
        return sqlite.open_store(self.path, clock, sealer)

    def database(self) -> Transactions:
        return Database(self.path)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class PostgresPlace:
    """A database of a server."""

    url: str
    refusal = psycopg.IntegrityError

    @property
    def environment(self) -> Mapping[str, str]:
        return {"FRONTDESK_DATABASE_URL": self.url}

    def open(self, clock: Clock, sealer: Sealer | None = None) -> AbstractAsyncContextManager[Store]:
        return postgres.open_store(self.url, clock, sealer)

    def database(self) -> Transactions:
        return PostgresDatabase(self.url)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        session = connect(self.url)
        with closing(session.raw):
            rows = session.execute(statement, values)
            return rows.fetchall() if rows.description else []
