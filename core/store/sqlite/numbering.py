"""The numbers that rows are given, after rows that brought their own."""

from core.store.connection import Connection
from core.store.moving import Table

_NEVER_AGAIN = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? AND sql LIKE '% AUTOINCREMENT%'"
"""Of other tables a number may be used again, once no row has it."""
_LAST = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?"


def last(db: Connection, table: Table) -> int:
    """The highest number that is not to be used again; 0 where there is none."""
    if not db.execute(_NEVER_AGAIN, [table.name]).fetchone():
        return 0
    (number,) = db.execute(_LAST, [table.name]).fetchone()
    return int(number)


def go_on(db: Connection, table: Table, after: int) -> None:
    """Give new rows higher numbers than `after`, where numbers are not used again."""
    if not db.execute(_NEVER_AGAIN, [table.name]).fetchone():
        return
    number = max(after, last(db, table))
    db.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table.name])
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table.name, number])
