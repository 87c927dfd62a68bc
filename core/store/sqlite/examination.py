"""Looking into a database without touching it: no migration, no lease, nothing written."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from core.store.sql.leases import LEASE_SECONDS


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was seen."""

    damage: str = ""
    """What SQLite says of it; empty when it is whole."""
    heard: frozenset[str] = field(default_factory=frozenset)
    """Platforms from which something has ever arrived."""
    leases: frozenset[str] = field(default_factory=frozenset)
    """Names of the leases that living processes hold."""


def examine(path: Path, now: float) -> Examination | None:
    """What the file holds; None where there is none. Reads everything: not for the event loop.

    Args:
        path: the database.
        now: on the monotonic clock, seconds.
    """
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return _look(connection, now)
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Examination(damage=str(error))


def _look(connection: sqlite3.Connection, now: float) -> Examination:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        return Examination(damage=verdict)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not {"conversations", "leases", "owners"} <= tables:
        return Examination()
    heard = connection.execute("SELECT DISTINCT platform FROM conversations")
    held = connection.execute(
        "SELECT l.name FROM leases l JOIN owners o ON o.id = l.owner WHERE o.seen_at BETWEEN ? AND ?",
        [now - LEASE_SECONDS, now + LEASE_SECONDS],
    )
    return Examination(
        heard=frozenset(platform for (platform,) in heard.fetchall()),
        leases=frozenset(name for (name,) in held.fetchall()),
    )
