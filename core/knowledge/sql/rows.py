"""Writing many rows at once, in SQLite and in Postgres alike."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from core.store.connection import Connection

TOGETHER = 500
"""Rows in one statement: both databases bear some 30,000 values."""


def insert(db: Connection, into: str, rows: Sequence[Sequence[Any]], unless: str = "") -> None:
    """Insert rows.

    Args:
        into: the table and its columns.
        unless: what is done with rows that are there already: ON CONFLICT and so on.
    """
    for begin in range(0, len(rows), TOGETHER):
        part = rows[begin : begin + TOGETHER]
        places = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
        db.execute(f"INSERT INTO {into} VALUES {places} {unless}", list(chain.from_iterable(part)))  # noqa: S608 - constants
