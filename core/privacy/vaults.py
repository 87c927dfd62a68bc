"""Where keys lie: a small SQL database of their own, apart from what is sealed with them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from core.errors import StoreError

FILE = "frontdesk.keys"
"""Beside the database."""
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA secure_delete=ON;
CREATE TABLE IF NOT EXISTS lock (salt BLOB NOT NULL, proof BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS keys (number INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS owners (
    owner TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (owner, number)
) STRICT, WITHOUT ROWID;
"""


class Vault(Protocol):
    """Tables `lock`, `keys` and `owners`. One thread uses it at a time, many processes do.

    Every method raises StoreError where the database fails.
    """

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[tuple[Any, ...]]:
        """Run a statement with `?` for each value, and return its rows."""

    def execute_many(self, statement: str, values: Sequence[Sequence[object]]) -> None:
        """Run a statement that returns nothing, once for each row of values."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and one process after another; on disk when the block is left."""

    def scrub(self) -> None:
        """Let nothing that was deleted stand where keys are kept, as far as the database can do it."""

    def version(self) -> int:
        """Another number, once another process has ended a transaction."""

    def last(self) -> int:
        """The highest number that a key was ever given; none is given twice."""

    def go_on_after(self, number: int) -> None:
        """Give keys that are made from now on higher numbers than this one."""

    def close(self) -> None:
        """Let the database go."""


class SqliteVault:
    """A file. Fills `Vault`.

    Outside of a transaction, what was written may be lost in a power cut.

    Raises:
        StoreError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The keys {path} cannot be opened: {error}") from error

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[tuple[Any, ...]]:
        with _told():
            return self._db.execute(statement, values).fetchall()

    def execute_many(self, statement: str, values: Sequence[Sequence[object]]) -> None:
        with _told():
            self._db.executemany(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")
        self.execute("PRAGMA wal_checkpoint(FULL)")

    def scrub(self) -> None:
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def version(self) -> int:
        return int(self.execute("PRAGMA data_version")[0][0])

    def last(self) -> int:
        rows = self.execute("SELECT seq FROM sqlite_sequence WHERE name = 'keys'")
        return int(rows[0][0]) if rows else 0

    def go_on_after(self, number: int) -> None:
        self.execute("DELETE FROM sqlite_sequence WHERE name = 'keys'")
        self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('keys', ?)", [number])

    def close(self) -> None:
        self._db.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"The file of keys refused: {error}") from error
