"""Looking into a database file without touching it: no migration, no lease, nothing written."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from core.errors import StoreError
from core.store.connection import Connection
from core.store.examination import Examination, examination_of

T = TypeVar("T")


def look(path: Path, function: Callable[[Connection], T]) -> T:
    """What `function`, which must not write, finds in the file. Not for the event loop.

    Raises:
        StoreError: there is no such database, or it cannot be read.
    """
    if not path.is_file():
        raise StoreError(f"There is no database at {path}: nobody was answered yet")
    try:
        with _opened(path) as connection:
            return function(connection)
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from None


def examine(path: Path, now: float) -> Examination | None:
    """What the file holds; None where there is none. Reads everything: not for the event loop.

    Args:
        path: the database.
        now: on the monotonic clock, seconds.
    """
    if not path.is_file():
        return None
    try:
        with _opened(path) as connection:
            return _examined(connection, now)
    except sqlite3.Error as error:
        return Examination(damage=str(error))


def _opened(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _examined(connection: sqlite3.Connection, now: float) -> Examination:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        return Examination(damage=verdict)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not {"conversations", "leases", "owners"} <= tables:
        return Examination()
    return examination_of(connection, now)
