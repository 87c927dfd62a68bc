"""One Postgres database: threads that write and commit in groups, and threads that read beside them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from typing import TypeVar

import psycopg

from core.errors import StoreError
from core.store.connection import Connection
from core.store.postgres.connecting import Session, connect, said, unusable
from core.store.postgres.schema import STORE, Schema, bring_up_to_date
from core.store.postgres.writer import ALONE, Write, Writer, number_of

T = TypeVar("T")
READERS = 4
WRITERS = 4
"""The first one makes what is within no lease, too."""
RESTART_SECONDS = 5.0
"""For so long after the server was lost, whoever asks waits for it, and is refused only then: a restart takes
a second or some, and what Slack is refused twice it delivers after a minute. Leases are kept for longer."""
RETRY_SECONDS = 0.1
"""Between two attempts meanwhile."""
_FENCE = "SELECT pg_advisory_lock(hashtextextended('{schema}', 0))"
"""The lock of whoever writes alone, for as long as the connection stands."""


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
        try:
            with closing(self._connect().raw) as connection, connection.transaction():
                connection.execute(ALONE.format(schema=schema.name).encode())
                bring_up_to_date(Session(connection), schema)
        except psycopg.Error as error:
            raise unusable(error) from None
        self._local = threading.local()
        self._reading: list[Session] = []
        self._lost_at: float | None = None
        """When the server was lost, while nobody has reached it since."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._is_open = True
        self._writers = [Writer(schema.name, self._connect_again, look) for _ in range(WRITERS)]

    @property
    def writers(self) -> Collection[int]:
        """The numbers of the server's processes that write for us."""
        return {writer.process for writer in self._writers}

    async def write(self, run: Callable[[Connection], T], /, *, within: str = "", beyond: bool = False) -> T:
        lease = number_of(within) if within else 0
        write = Write(run=run, lease=lease, is_alone=beyond or not within)
        result: T = await self._writers[lease % WRITERS].write(write)
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
        await asyncio.gather(*(writer.close() for writer in self._writers))
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
