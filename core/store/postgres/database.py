"""One Postgres database: a thread that writes and commits in groups, and threads that read beside it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from typing import TypeVar

import psycopg

from core.errors import StoreError
from core.store.connection import Connection
from core.store.groups import Function, Groups, Outcome
from core.store.postgres.connecting import Session, connect, said, unusable
from core.store.postgres.schema import STORE, Schema, bring_up_to_date

T = TypeVar("T")
READERS = 4
RESTART_SECONDS = 5.0
"""For so long after the server was lost, whoever asks waits for it, and is refused only then: a restart takes
a second or some, and what Slack is refused twice it delivers after a minute. Leases are kept for longer."""
RETRY_SECONDS = 0.1
"""Between two attempts meanwhile."""
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0))"
"""One writer at a time, of all cores together, as in SQLite: whatever a write reads stays so until it is
committed, and numbers become visible in their order. So there are no rows to skip that others lock."""
_FENCE = "SELECT pg_advisory_lock(hashtextextended('{schema}', 0))"
"""The same lock, for as long as the connection stands."""
_DURABLE = b"""
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""


class PostgresDatabase:
    """Fills `core.store.connection.Transactions`.

    What `write` returned survives a power cut of the server (`synchronous_commit`). Where the connection
    breaks during a commit, nobody can say whether it was committed: then, too, StoreError is raised, and who
    asked has to look again, as after a crash.
    """

    def __init__(self, url: str, schema: Schema = STORE, look: Callable[[], None] = lambda: None) -> None:
        """Connect, and bring the schema up to date. Not for the event loop.

        Args:
            url: of the database, as libpq has it.
            schema: which of its tables.
            look: called before each group of writes; where it raises StoreError, they are refused without
                the lock that all cores wait for.

        Raises:
            ConfigurationError: the address is none.
            StoreError: it cannot be reached, or is not ours.
        """
        self._url = url
        self._schema = schema
        self._look = look
        alone = _ALONE.format(schema=schema.name)
        self._begin = f"BEGIN; {alone}".encode()
        try:
            with closing(self._connect().raw) as connection, connection.transaction():
                connection.execute(alone.encode())
                bring_up_to_date(Session(connection), schema)
        except psycopg.Error as error:
            raise unusable(error) from None
        self._writer: Session | None = None
        self._local = threading.local()
        self._reading: list[Session] = []
        self._lost_at: float | None = None
        """When the server was lost, while nobody has reached it since."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._is_open = True
        self._writes = Groups(self._commit, "store-write")

    @property
    def writer(self) -> int:
        """The number of the server's process that writes for us; 0 while there is none."""
        writer = self._writer
        return 0 if writer is None or writer.raw.closed else writer.raw.info.backend_pid

    async def write(self, run: Callable[[Connection], T]) -> T:
        result: T = await self._writes.submit(run)
        return result

    async def read(self, run: Callable[[Connection], T]) -> T:
        if not self._is_open:
            raise StoreError("The database is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, run)

    @asynccontextmanager
    async def fenced(self) -> AsyncIterator[None]:
        try:
            with closing((await asyncio.to_thread(self._connect)).raw) as connection:
                await asyncio.to_thread(connection.execute, _FENCE.format(schema=self._schema.name).encode())
                yield
                await asyncio.to_thread(connection.execute, b"SELECT")  # it stood until now
        except psycopg.Error as error:
            raise StoreError(f"The database is not to be had alone: {said(error)}") from None

    async def clear_log(self) -> None:
        """Let the server forget rows that were deleted.

        Its log and its backups have them for a while: there, what people wrote is unreadable because its keys
        are destroyed.
        """
        await asyncio.to_thread(self._vacuum)

    async def close(self) -> None:
        self._is_open = False
        await self._writes.close()
        self._leave_writer()
        self._readers.shutdown()
        for session in self._reading:
            session.raw.close()

    def _connect(self, **settings: str) -> Session:
        return connect(self._url, search_path=self._schema.name, **{**self._schema.session, **settings})

    def _connect_again(self, **settings: str) -> Session:
        """Where the server was lost, it may just be starting again."""
        lost_at = self._lost_at = self._lost_at or time.monotonic()
        while True:
            try:
                session = self._connect(**settings)
            except psycopg.OperationalError:
                if not self._is_open or time.monotonic() - lost_at > RESTART_SECONDS:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                self._lost_at = None
                return session

    def _vacuum(self) -> None:
        try:
            with closing(self._connect(statement_timeout="0").raw) as connection:
                connection.execute("VACUUM")
        except psycopg.Error as error:
            raise StoreError(f"The database does not forget what was deleted: {said(error)}") from None

    def _read(self, run: Callable[[Connection], T]) -> T:
        try:
            session = self._reader()
            try:
                return run(session)
            except psycopg.OperationalError:
                if not session.raw.closed:
                    raise
                return run(self._reader())  # it was lost while nobody used it
        except psycopg.Error as error:
            raise StoreError(f"The database cannot be read: {said(error)}") from None

    def _reader(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None or session.raw.closed:
            session = self._local.session = self._connect_again(
                default_transaction_read_only="on",
                default_transaction_isolation=r"repeatable\ read",  # where a read begins a transaction
            )
            self._reading.append(session)
        return session

    def _commit(self, group: Sequence[Function]) -> Sequence[Outcome]:
        try:
            self._look()
            session = self._begun()
            outcomes = [_run(function, session) for function in group]
            session.raw.execute(b"COMMIT")
        except psycopg.Error as error:
            self._leave_writer()
            failure = StoreError(f"The database refused: {said(error)}")
            return [Outcome(problem=failure) for _ in group]
        except StoreError as error:
            return [Outcome(problem=error) for _ in group]
        return outcomes

    def _begun(self) -> Session:
        """The writer, in a transaction in which no one else writes."""
        if self._writer is not None:
            try:
                self._writer.raw.execute(self._begin)
            except psycopg.OperationalError:
                if not self._writer.raw.closed:
                    raise
            else:
                return self._writer
        self._writer = self._connect_again()
        self._writer.raw.execute(_DURABLE)
        self._writer.raw.execute(self._begin)
        return self._writer

    def _leave_writer(self) -> None:
        """Whatever it was in the midst of is undone; the next write connects anew."""
        if self._writer is not None:
            with suppress(psycopg.Error):
                self._writer.raw.close()
            self._writer = None


def _run(function: Function, session: Session) -> Outcome:
    session.raw.execute(b"SAVEPOINT job")
    try:
        result = function(session)
    except Exception as error:
        if session.raw.closed:
            raise  # of the database as a whole, not of this function alone
        session.raw.execute(b"ROLLBACK TO SAVEPOINT job")
        if isinstance(error, psycopg.Error):
            return Outcome(problem=StoreError(f"The database refused: {said(error)}"))
        return Outcome(problem=error)
    session.raw.execute(b"RELEASE SAVEPOINT job")
    return Outcome(result=result)
