"""Questions that the documents did not answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.store.connection import Connection
from core.store.records import Gap
from core.store.sql.authors import ASKED, authors_of
from core.store.sql.rows import Shelf, moment

KEPT = timedelta(days=90)
"""How long a question counts: what nobody asked for since needs no page."""
_OWNER = "gaps"
_NOTE = """
INSERT INTO gaps (turn, topic, reason, example, asked_at)
VALUES (:turn, :topic, :reason, :example, :now)
ON CONFLICT (turn) DO UPDATE SET topic = excluded.topic, reason = excluded.reason,
    example = excluded.example, asked_at = excluded.asked_at
"""
_SINCE = "SELECT turn, topic, reason, example, asked_at FROM gaps WHERE asked_at >= ? ORDER BY asked_at, turn"


class SqlGaps:
    """Fills `core.store.ports.Gaps`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def note(self, turn_id: str, topic: str, reason: str, example: str) -> None:
        now = self._shelf.now()
        values = {"turn": turn_id, "topic": topic, "reason": reason, "now": now}

        def write(db: Connection) -> None:
            db.execute("DELETE FROM gaps WHERE asked_at < ?", [now - KEPT.total_seconds()])
            sealed = self._shelf.sealer.seal(_OWNER, example, authors_of(db, ASKED, turn_id))
            db.execute(_NOTE, {**values, "example": sealed})

        await self._shelf.database.write(write)

    async def since(self, begin: datetime) -> Sequence[Gap]:
        def read(db: Connection) -> list[Gap]:
            return [
                Gap(
                    turn_id=row[0],
                    topic=row[1],
                    reason=row[2],
                    example=self._shelf.open(_OWNER, row[3]) or "",
                    asked_at=moment(row[4]),
                )
                for row in db.execute(_SINCE, [begin.timestamp()]).fetchall()
            ]

        return await self._shelf.database.read(read)
