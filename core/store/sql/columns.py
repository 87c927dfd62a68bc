"""Where text stands in the database, and for whom it is sealed there."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.store.connection import Connection
from core.store.sealing import MARK, Sealer


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """Columns of a table that hold sealed text."""

    table: str
    owner: str
    """SQL for the owner that they are sealed for: a column with a conversation's key, or a constant."""
    columns: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether the owner is a conversation, which may move."""
        return not self.owner.startswith("'")


SEALED = (
    Sealed(table="conversations", owner="key", columns=("summary", "pseudonyms")),
    Sealed(table="inbox", owner="conversation", columns=("event", "raw")),
    Sealed(table="turns", owner="conversation", columns=("prompt", "question", "reply")),
    Sealed(
        table="outbox", owner="conversation", columns=("body", "citations", "choices", "chosen", "extras")
    ),
    Sealed(table="feed", owner="conversation", columns=("body",)),
    Sealed(table="flow_runs", owner="conversation", columns=("state", "before")),
    Sealed(table="tickets", owner="customer", columns=("person", "brief")),
    Sealed(table="drafts", owner="customer", columns=("text", "citations", "sent")),
    Sealed(
        table="reviews",
        owner="(SELECT conversation FROM turns WHERE id = reviews.turn)",
        columns=("correction",),
    ),
    Sealed(table="gaps", owner="'gaps'", columns=("example",)),
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


def seal_for_another(db: Connection, sealer: Sealer, old: str, new: str) -> None:
    """Seal for a conversation's new key what was sealed for its old one, before its rows are renamed."""
    for each in SEALED:
        if each.moves:
            _rewrite(db, sealer, each, f"{each.owner} = ?", [old], new)


def seal_clear(db: Connection, sealer: Sealer) -> int:
    """Seal some of what is still kept in clear; returns how many rows that were, 0 where all is sealed."""
    for each in SEALED:
        clear = " OR ".join(f"substr({column}, 1, {len(MARK)}) != ?" for column in each.columns)
        marks = [MARK for _ in each.columns]
        if done := _rewrite(db, sealer, each, f"{clear} LIMIT {BATCH}", marks):
            return done
    return 0


def _rewrite(
    db: Connection, sealer: Sealer, where: Sealed, condition: str, values: Sequence[object], new: str = ""
) -> int:
    columns = ", ".join(where.columns)
    rows = db.execute(
        f"SELECT {row_id(where.table)}, {where.owner}, {columns} FROM {where.table} WHERE {condition}",  # noqa: S608 - constants
        values,
    ).fetchall()
    changed = ", ".join(f"{column} = ?" for column in where.columns)
    for number, owner, *sealed in rows:
        opened = [None if each is None else sealer.open(owner, each) for each in sealed]
        fresh = [None if text is None else sealer.seal(new or owner, text) for text in opened]
        db.execute(
            f"UPDATE {where.table} SET {changed} WHERE {row_id(where.table)} = ?",  # noqa: S608 - constants
            [*fresh, number],
        )
    return len(rows)
