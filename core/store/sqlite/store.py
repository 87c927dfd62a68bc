"""Opening the store in one SQLite file."""

import fcntl
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlite_utils import Database as Connection

from core.ports import Clock
from core.store.database import Database
from core.store.ports import Store
from core.store.sealing import PlainSealer, Sealer
from core.store.sqlite.archive import SqliteArchive
from core.store.sqlite.audit import SqliteAudit
from core.store.sqlite.cabinet import SqliteCabinet
from core.store.sqlite.drafts import SqliteDrafts
from core.store.sqlite.feed import SqliteFeed
from core.store.sqlite.flows import SqliteFlows
from core.store.sqlite.gaps import SqliteGaps
from core.store.sqlite.history import SqliteHistory
from core.store.sqlite.inbox import SqliteInbox
from core.store.sqlite.leases import SqliteLeases
from core.store.sqlite.lessons import SqliteLessons
from core.store.sqlite.outbox import SqliteOutbox
from core.store.sqlite.people import SqlitePeople
from core.store.sqlite.retention import SqliteRetention
from core.store.sqlite.rows import Shelf
from core.store.sqlite.subjects import SqliteSubjects
from core.store.sqlite.tickets import SqliteTickets
from core.store.sqlite.turns import SqliteTurns


@asynccontextmanager
async def open_store(path: Path, clock: Clock, sealer: Sealer | None = None) -> AsyncIterator[Store]:
    """The store in the file `path`, for as long as the block runs.

    Raises:
        StoreError: the file cannot be opened.
    """
    database = Database(path)
    shelf = Shelf(database=database, sealer=sealer or PlainSealer(), clock=clock, owner=uuid.uuid4().hex)
    leases = SqliteLeases(shelf)
    living = _Living(path.with_name(f"{path.name}.owners"), shelf.owner)
    try:
        await database.write(living.bury_the_dead)
        await leases.beat()
        yield Store(
            inbox=SqliteInbox(shelf),
            turns=SqliteTurns(shelf),
            history=SqliteHistory(shelf),
            archive=SqliteArchive(shelf),
            people=SqlitePeople(shelf),
            subjects=SqliteSubjects(shelf),
            retention=SqliteRetention(shelf),
            lessons=SqliteLessons(shelf),
            gaps=SqliteGaps(shelf),
            flows=SqliteFlows(shelf),
            outbox=SqliteOutbox(shelf),
            tickets=SqliteTickets(shelf),
            drafts=SqliteDrafts(shelf),
            feed=SqliteFeed(shelf),
            work=leases,
            leases=leases,
            cabinet=SqliteCabinet(shelf),
            audit=SqliteAudit(shelf),
        )
        await leases.retire()
    finally:
        living.close()
        await database.close()


class _Living:
    """A locked file per process: the kernel unlocks it when the process dies, however it dies.

    So a restart after a crash need not wait until the dead process's leases run out.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / owner
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def bury_the_dead(self, db: Connection) -> None:
        """Free the leases of processes on this machine that are gone."""
        for path in self._folder.iterdir():
            if path != self._path and _unlocked(path):
                db.execute("DELETE FROM owners WHERE id = ?", [path.name])
                db.execute("DELETE FROM leases WHERE owner = ?", [path.name])
                path.unlink(missing_ok=True)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def _unlocked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:  # it stopped in order, or somebody else buried it, this very moment
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(handle)
