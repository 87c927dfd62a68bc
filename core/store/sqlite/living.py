"""The processes of this machine that share one SQLite file."""

import asyncio
import fcntl
import os
from collections.abc import Collection
from pathlib import Path

from core.ports import Clock
from core.store.connection import Connection


class LivingHere:
    """Fills `core.store.sql.leases.Living` with a locked file per process.

    The kernel unlocks it when the process dies, however it dies: a restart after a crash need not wait until
    the dead process's leases run out.
    """

    def __init__(self, folder: Path, owner: str, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / owner
        self._clock = clock
        made = folder / f"{owner}.new"  # whom others see is locked already
        self._file = os.open(made, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        made.rename(self._path)

    def pulse(self, db: Connection) -> float:
        """The monotonic clock, which all processes of a machine share and which nobody sets."""
        return self._clock.monotonic()

    def bury_the_dead(self, db: Connection) -> None:
        for path in self._folder.iterdir():
            if path != self._path and not path.suffix and _unlocked(path):
                db.execute("DELETE FROM owners WHERE id = ?", [path.name])
                db.execute("DELETE FROM leases WHERE owner = ?", [path.name])
                path.unlink(missing_ok=True)

    async def heard(self) -> Collection[str] | None:
        """Never: what another process writes is found by looking."""
        return await asyncio.Future[Collection[str]]()

    def close(self) -> None:
        """This process stops."""
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
