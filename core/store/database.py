"""One SQLite file: a thread that writes and commits in groups, and threads that read beside it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database as Connection
from sqlite_utils.migrations import Migrations

from core.errors import StoreError
from core.store.groups import Function, Groups, Outcome
from core.store.migrations import MIGRATIONS, check_known
from core.store.moving import FENCED

T = TypeVar("T")
CHECKPOINT_WRITES = 500
"""Writes after which the log is copied into the database file, beside the writer instead of in its way."""
LONGEST_LOG = 16_000
"""Pages (64 MB) from which on the writer waits until the log is copied and begins anew."""
BUSY_SECONDS = 5.0
LOG_SECONDS = 30.0
"""How long the log may take to be emptied."""
READERS = 2


class Database:
    """Runs functions against the database, off the event loop.

    Writes are committed with `synchronous=FULL`: what `write` returned survives a power cut. Writes that
    arrive together share one commit; each still stands or falls alone, by a savepoint.
    """

    def __init__(
        self, path: Path, migrations: Migrations = MIGRATIONS, checkpoint_writes: int = CHECKPOINT_WRITES
    ) -> None:
        """Open or create the file and bring its schema up to date.

        Args:
            path: the file; its folder is made where there is none.
            migrations: the steps of its schema.
            checkpoint_writes: writes after which the log is copied; few, where one writes much.

        Raises:
            StoreError: the file cannot be opened, or is not ours.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _opened(path, migrations)
        except (sqlite3.OperationalError, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise StoreError(f"The database {path} is locked. {FENCED}") from error
            raise StoreError(f"The database {path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The database {path} is damaged ({error}). Nothing in it was changed. "
                "Restore a backup, or move it away to begin anew."
            ) from error
        self._local = threading.local()
        self._reading: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._written = 0
        self._checkpoint_writes = checkpoint_writes
        self._checkpoint_due = threading.Event()
        self._is_open = True
        self._closing = False
        self._writes = Groups(self._commit, "store-write")
        self._checkpoints = threading.Thread(
            target=self._checkpoint_forever, name="store-checkpoint", daemon=True
        )
        self._checkpoints.start()

    async def write(self, run: Callable[[Connection], T], /, *, within: str = "", beyond: bool = False) -> T:
        """Run `run` in a transaction, after every other write; return its result after the commit.

        Raises:
            StoreError: nothing of it was written.
        """
        result: T = await self._writes.submit(run)
        return result

    async def read(self, run: Callable[[Connection], T]) -> T:
        """Run `run`, which must not write, on a snapshot of everything committed.

        Raises:
            StoreError: it cannot be read.
        """
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, run)

    @asynccontextmanager
    async def fenced(self) -> AsyncIterator[None]:
        with closing(await asyncio.to_thread(_connect, self._path)) as connection:
            try:
                await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise StoreError(f"The database {self._path} is not to be had alone: {error}") from error
            yield

    async def clear_log(self) -> None:
        """Copy the whole log into the file and empty it: what was deleted stands there no more.

        Raises:
            StoreError: others read or write all the time, for longer than `LOG_SECONDS`.
        """
        self._check_open()
        if not await asyncio.to_thread(self._emptied):
            raise StoreError("The database's log cannot be emptied: somebody reads all the time. Try again.")

    async def close(self) -> None:
        """Finish what is queued, then close; what comes later is refused."""
        self._is_open = False
        await self._writes.close()
        self._closing = True
        self._checkpoint_due.set()
        await asyncio.to_thread(self._checkpoints.join)
        self._writer.close()
        self._readers.shutdown()
        for connection in self._reading:  # the last one to go takes the log along, and what was deleted in it
            connection.close()

    def _emptied(self) -> bool:
        give_up = time.monotonic() + LOG_SECONDS
        with closing(_connect(self._path)) as connection:
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > give_up:
                    return False
                time.sleep(0.02)
        return True

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreError("The database is closed.")

    def _read(self, run: Callable[[Connection], T]) -> T:
        try:
            if not hasattr(self._local, "connection"):
                self._local.connection = _connect(self._path)
                self._reading.append(self._local.connection)
            return run(self._local.connection)
        except sqlite3.Error as error:
            raise StoreError(f"The database cannot be read: {error}") from error

    def _checkpoint_forever(self) -> None:
        while not self._closing:
            self._checkpoint_due.wait()
            self._checkpoint_due.clear()
            # nothing is lost where it fails: the log keeps it, and the next time copies it
            with suppress(sqlite3.Error), closing(_connect(self._path)) as connection:
                _checkpoint(connection)

    def _commit(self, group: Sequence[Function]) -> Sequence[Outcome]:
        try:
            if self._writer.conn.in_transaction:  # the last rollback failed, too
                self._writer.rollback()
            self._writer.execute("BEGIN IMMEDIATE")
            outcomes = [self._run(function) for function in group]
            self._writer.commit()
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                self._writer.rollback()
            outcomes = [Outcome(problem=StoreError(f"The database refused: {error}")) for _ in group]
        self._written += len(group)
        if self._written >= self._checkpoint_writes:
            self._written = 0
            self._checkpoint_due.set()
        return outcomes

    def _run(self, function: Function) -> Outcome:
        try:
            with self._writer.atomic():
                return Outcome(result=function(self._writer))
        except sqlite3.IntegrityError as error:
            return Outcome(problem=StoreError(f"The database refused: {error}"))
        except sqlite3.Error:
            raise  # of the database as a whole, not of this function alone
        except Exception as error:  # noqa: BLE001 - the thread must serve the others; the caller gets it
            return Outcome(problem=error)


def _opened(path: Path, migrations: Migrations) -> Connection:
    connection = _connect(path)
    try:
        _bring_up_to_date(connection, migrations)
    except Exception:
        connection.close()  # else it would keep the lock, and nobody could open the file any more
        raise
    return connection


def _bring_up_to_date(connection: Connection, migrations: Migrations) -> None:
    """In one transaction: of several processes that open a new file at once, one makes its tables."""
    connection.execute("BEGIN IMMEDIATE").close()
    check_known(migrations, (each.name for each in migrations.applied(connection)))
    migrations.apply(connection)
    connection.commit()


def _checkpoint(connection: Connection) -> None:
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if pages > LONGEST_LOG:
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()


def _connect(path: Path) -> Connection:
    raw = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    connection = Connection(raw)
    _enable_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


def _enable_wal(connection: Connection) -> None:
    """Again and again while another process does it to a new file: SQLite refuses at once."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.enable_wal()
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
