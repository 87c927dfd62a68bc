"""Tokens of today, by whom they were read and written for."""

from collections.abc import Mapping, Sequence

from core.clock import day_of
from core.store.connection import Connection
from core.store.sql.rows import Shelf

_FORGET = "DELETE FROM spending WHERE day < ?"
_CHARGE = """
INSERT INTO spending (whose, day, tokens) VALUES (?, ?, ?)
ON CONFLICT (whose, day) DO UPDATE SET tokens = spending.tokens + excluded.tokens
"""
_TODAY = "SELECT tokens FROM spending WHERE whose = ? AND day = ?"


class SqlSpending:
    """Fills `core.store.ports.Spending`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def today(self, whose: Sequence[str]) -> Mapping[str, int]:
        day = _today(self._shelf)

        def read(db: Connection) -> dict[str, int]:
            rows = {each: db.execute(_TODAY, [each, day]).fetchone() for each in whose}
            return {each: row[0] if row else 0 for each, row in rows.items()}

        return await self._shelf.database.read(read)

    async def charge(self, charges: Mapping[str, int]) -> None:
        await self._shelf.database.write(lambda db: charge(db, self._shelf, charges))


def charge(db: Connection, shelf: Shelf, charges: Mapping[str, int]) -> None:
    """Count tokens; what was counted before today is forgotten."""
    if not charges:
        return
    day = _today(shelf)
    db.execute(_FORGET, [day])
    for whose, tokens in charges.items():
        db.execute(_CHARGE, [whose, day, tokens])


def _today(shelf: Shelf) -> float:
    return day_of(shelf.clock.now()).timestamp()
