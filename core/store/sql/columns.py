"""Where text stands in the database, and for whom it is sealed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.store.connection import Connection
from core.store.sealing import MARK, WITHIN, Sealer
from core.store.sql.authors import ASKED, ENTRY, PLACE, RUN, TURN, authors_of


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """Columns of a table that hold sealed text."""

    table: str
    owner: str
    """SQL for the owner that they are sealed for: a column with a conversation's key, or a constant."""
    columns: tuple[str, ...]
    authors: str = ""
    """The query of `core.store.sql.authors` for those whose words stand there among others'."""
    of: str = ""
    """The column with what it looks for."""

    @property
    def moves(self) -> bool:
        """Whether the owner is a conversation, which may move."""
        return not self.owner.startswith("'")


SEALED = (
    Sealed(table="conversations", owner="key", columns=("summary", "pseudonyms"), authors=PLACE, of="key"),
    Sealed(table="inbox", owner="conversation", columns=("event", "raw"), authors=ENTRY, of="id"),
    Sealed(table="turns", owner="conversation", columns=("question", "reply"), authors=TURN, of="id"),
    Sealed(table="turns", owner="conversation", columns=("prompt",), authors=PLACE, of="conversation"),
    Sealed(
        table="outbox",
        owner="conversation",
        columns=("body", "citations", "choices", "chosen", "extras"),
        authors=TURN,
        of="turn",
    ),
    Sealed(table="feed", owner="conversation", columns=("body",)),
    Sealed(table="flow_runs", owner="conversation", columns=("state", "before"), authors=RUN, of="rowid"),
    Sealed(table="tickets", owner="customer", columns=("person",)),
    Sealed(table="tickets", owner="customer", columns=("brief",), authors=PLACE, of="customer"),
    Sealed(
        table="drafts", owner="customer", columns=("text", "citations", "sent"), authors=PLACE, of="customer"
    ),
    Sealed(
        table="reviews",
        owner="(SELECT conversation FROM turns WHERE id = reviews.turn)",
        columns=("correction",),
        authors=TURN,
        of="turn",
    ),
    Sealed(table="gaps", owner="'gaps'", columns=("example",), authors=ASKED, of="turn"),
    Sealed(table="cabinet", owner="'cabinet'", columns=("body",)),
)
"""Every column of bytes; a test holds it against the schema."""
_NUMBERED = {
    "audit": "number",
    "consents": "id",
    "inbox": "id",
    "outbox": "seq",
    "tickets": "number",
    "turns": "seq",
}


def row_id(table: str) -> str:
    """The column with the number of a row, in order of their entry."""
    return _NUMBERED.get(table, "rowid")


BATCH = 500
"""Rows sealed in one transaction, so that nobody waits for long."""


@dataclass(frozen=True)
class Row:
    """What is sealed in one row of a table."""

    number: int
    owner: str
    of: Any
    """What its authors are found by."""
    values: Sequence[bytes | None]


def rows(db: Connection, where: Sealed, condition: str, values: Sequence[object]) -> list[Row]:
    """The rows of a table for which a condition holds."""
    columns = ", ".join((row_id(where.table), where.owner, where.of or "NULL", *where.columns))
    query = f"SELECT {columns} FROM {where.table} WHERE {condition}"  # noqa: S608 - constants
    return [
        Row(number=number, owner=owner, of=of, values=sealed)
        for number, owner, of, *sealed in db.execute(query, values).fetchall()
    ]


def pass_on(db: Connection, sealer: Sealer, owner: str, other: str) -> None:
    """Seal for a conversation's new key what was sealed for its old one, before its rows are renamed."""
    for each in SEALED:
        if each.moves:
            for row in rows(db, each, f"{each.owner} = ?", [owner]):
                _put(db, each, row, [value and sealer.pass_on(owner, other, value) for value in row.values])


def seal_anew(db: Connection, sealer: Sealer) -> int:
    """Seal some of what is in clear, or can be read without its authors' keys; returns how many rows it was.

    0 where all is sealed.
    """
    for each in SEALED:
        found = rows(db, each, *_readable(each))
        for row in found:
            authors = authors_of(db, each.authors, row.of) if each.authors else ()
            texts = [None if value is None else sealer.open(row.owner, value) for value in row.values]
            _put(
                db,
                each,
                row,
                [None if text is None else sealer.seal(row.owner, text, authors) for text in texts],
            )
        if found:
            return len(found)
    return 0


def _readable(where: Sealed) -> tuple[str, Sequence[bytes]]:
    """The condition for what is to be sealed anew, and its values."""
    condition, marks = _differ(where, MARK), [MARK] * len(where.columns)
    if where.authors:
        has_authors = f"EXISTS ({where.authors.format(f'{where.table}.{where.of}')})"
        condition = f"{condition} OR ({has_authors} AND ({_differ(where, WITHIN)}))"
        marks += [WITHIN] * len(where.columns)
    return f"{condition} LIMIT {BATCH}", marks


def _differ(where: Sealed, mark: bytes) -> str:
    return " OR ".join(f"substr({column}, 1, {len(mark)}) != ?" for column in where.columns)


def _put(db: Connection, where: Sealed, row: Row, values: Sequence[bytes | None]) -> None:
    changed = ", ".join(f"{column} = ?" for column in where.columns)
    change = f"UPDATE {where.table} SET {changed} WHERE {row_id(where.table)} = ?"  # noqa: S608 - constants
    db.execute(change, [*values, row.number]).close()
