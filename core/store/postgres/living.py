"""The processes on any machine that share one Postgres database, and what each hears of the others."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

import psycopg

from core.store.connection import Connection
from core.store.postgres.connecting import NOW, said, unusable, wanted

GRACE_SECONDS = 3.0
"""How long nobody may have seen a process before the want of its lock counts: it may just connect anew."""
RETRY_SECONDS = 0.5
_SHOW = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_BURY = f"""
DELETE FROM owners WHERE id != ? AND seen_at < ? - {GRACE_SECONDS}
    AND pg_postmaster_start_time() < clock_timestamp() - interval '5 seconds'
    AND pg_try_advisory_xact_lock(hashtextextended(id, 0))
RETURNING id
"""  # noqa: S608 - a constant; after a restart of the server nobody has a lock, until they are all back

_log = logging.getLogger(__name__)


class LivingAnywhere:
    """Fills `core.store.sql.leases.Living`.

    Each process holds a lock, by a connection of its own. When the process dies the server notices, and the
    lock is free; that of a machine that vanished, after 11 seconds (TCP keep-alive), when it counts as dead
    anyway for not having been seen.
    """

    def __init__(self, url: str, owner: str, writers: Callable[[], Collection[int]]) -> None:
        self._url = url
        self._owner = owner
        self._writers = writers
        self._news: set[str] = set()
        self._missed = False
        """Whether others may have told something while we did not listen."""
        self._is_news = asyncio.Event()

    def pulse(self, db: Connection) -> float:
        """The server's clock: those of the machines may differ."""
        (now,) = db.execute(NOW).fetchone()
        return float(now)

    def bury_the_dead(self, db: Connection) -> None:
        for (owner,) in db.execute(_BURY, [self._owner, self.pulse(db)]).fetchall():
            db.execute("DELETE FROM leases WHERE owner = ?", [owner])

    async def heard(self) -> Collection[str] | None:
        await self._is_news.wait()
        news, self._news = self._news, set()
        missed, self._missed = self._missed, False
        self._is_news.clear()
        return None if missed else news

    async def connect(self) -> psycopg.AsyncConnection:
        """Show that this process lives, and listen.

        Raises:
            psycopg.Error: the database cannot be reached.
        """
        connection = await psycopg.AsyncConnection.connect(**wanted(self._url), autocommit=True)
        try:
            await connection.execute(_SHOW, [self._owner])
            await connection.execute("LISTEN frontdesk_news")
        except BaseException:
            await connection.close()
            raise
        return connection

    async def stay(self, connection: psycopg.AsyncConnection) -> None:
        """Listen until cancelled, by a new connection where one is lost."""
        while True:
            try:
                await self._listen(connection)
            except psycopg.Error as error:
                _log.warning("the database cannot be listened to: %s", said(error))
            except Exception:  # noqa: BLE001 - without it this process would hear nothing any more
                _log.exception("listening to the database broke off, and begins anew")
            connection = await self._connect_again()
            self._missed = True
            self._is_news.set()

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        async with connection:
            async for notice in connection.notifies():
                if notice.pid not in self._writers():
                    self._news.add(notice.payload)
                    self._is_news.set()

    async def _connect_again(self) -> psycopg.AsyncConnection:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                return await self.connect()
            except psycopg.Error:
                continue
            except Exception:  # noqa: BLE001 - as above
                _log.exception("the database cannot be listened to")


@asynccontextmanager
async def living_anywhere(
    url: str, owner: str, writers: Callable[[], Collection[int]]
) -> AsyncIterator[LivingAnywhere]:
    """Shown alive, and listening, for as long as the block runs.

    Args:
        owner: this process.
        writers: the numbers of the server's processes that write for it, whose news are its own.

    Raises:
        StoreError: the database cannot be reached.
    """
    living = LivingAnywhere(url, owner, writers)
    try:
        connection = await living.connect()
    except psycopg.Error as error:
        raise unusable(error) from None
    staying = asyncio.create_task(living.stay(connection), name="listen to the database")
    try:
        yield living
    finally:
        staying.cancel()
        await asyncio.wait({staying})
