"""Makes a test's database refuse every step that `core.store.transitions` does not name."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.store.transitions import ENTRIES, POSTS, TICKETS, TURNS, Transitions

TABLES = {"inbox": ENTRIES, "turns": TURNS, "outbox": POSTS, "tickets": TICKETS}


def guard(path: Path) -> None:
    """Put triggers into the database at `path`, whose schema is there already."""
    with closing(sqlite3.connect(path)) as connection:
        for table, transitions in TABLES.items():
            connection.execute(_trigger(table, transitions))


def _trigger(table: str, transitions: Transitions) -> str:
    steps = ", ".join(f"('{before}', '{after}')" for before, after in transitions)
    return f"""
        CREATE TRIGGER IF NOT EXISTS guard_{table} BEFORE UPDATE OF state ON {table}
        WHEN OLD.state != NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES {steps})
        BEGIN SELECT RAISE(ABORT, 'a step of {table} that transitions.py does not name'); END
    """
