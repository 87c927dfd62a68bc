"""What stands in the conversations of the web widget."""

from collections.abc import Sequence
from typing import Any

from core.store.connection import Connection
from core.store.records import Item
from core.store.sql.rows import Shelf

_FIND = "SELECT id, position, seq, body FROM feed WHERE conversation = ? AND id = ?"
_NEXT = "SELECT coalesce(max(seq), ?) + 1 FROM feed WHERE conversation = ?"
"""A feed begins with the time in milliseconds: one that was erased goes on above what a browser has seen."""
_PUT = """
INSERT INTO feed (conversation, id, position, seq, body, put_at)
VALUES (:conversation, :id, :seq, :seq, :body, :now)
ON CONFLICT (conversation, id) DO UPDATE SET seq = excluded.seq, body = excluded.body
"""
_SINCE = """
SELECT id, position, seq, body FROM feed WHERE conversation = ? AND seq > ? ORDER BY seq DESC LIMIT ?
"""


class SqlFeed:
    """Fills `core.store.ports.Feed`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def put(self, conversation: str, item_id: str, body: str) -> int:
        now = self._shelf.now()

        def write(db: Connection) -> int:
            row = db.execute(_FIND, [conversation, item_id]).fetchone()
            if row is not None and self._shelf.sealer.open(conversation, row[3]) == body:
                return int(row[2])
            (seq,) = db.execute(_NEXT, [int(1000 * now), conversation]).fetchone()
            sealed = self._shelf.sealer.seal(conversation, body)
            db.execute(
                _PUT, {"conversation": conversation, "id": item_id, "seq": seq, "body": sealed, "now": now}
            )
            return int(seq)

        return await self._shelf.within(conversation, write)

    async def find(self, conversation: str, item_id: str) -> Item | None:
        def read(db: Connection) -> Item | None:
            row = db.execute(_FIND, [conversation, item_id]).fetchone()
            return None if row is None else self._item(row, conversation)

        return await self._shelf.database.read(read)

    async def since(self, conversation: str, seq: int, limit: int) -> Sequence[Item]:
        def read(db: Connection) -> list[Item]:
            rows = db.execute(_SINCE, [conversation, seq, limit]).fetchall()
            return [self._item(row, conversation) for row in reversed(rows)]

        return await self._shelf.database.read(read)

    def _item(self, row: Sequence[Any], conversation: str) -> Item:
        """From columns id, position, seq, body."""
        return Item(
            id=row[0], position=row[1], seq=row[2], body=self._shelf.sealer.open(conversation, row[3])
        )
