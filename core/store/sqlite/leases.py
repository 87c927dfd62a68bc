"""Leases, the heartbeat that keeps them, and where work is left to do."""

from collections.abc import Sequence

from sqlite_utils import Database as Connection

from core.message import Conversation
from core.store.sqlite.rows import Shelf, conversation_from

LEASE_SECONDS = 10.0
"""A process not seen for so long is dead, and its leases are free."""

_TAKE = """
INSERT INTO leases (name, owner) VALUES (:name, :owner)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner
WHERE leases.owner = excluded.owner
   OR NOT EXISTS (SELECT 1 FROM owners WHERE owners.id = leases.owner AND owners.seen_at > :alive_since)
"""
_OPEN = """
SELECT c.platform, c.tenant, c.channel, c.thread, c.direct FROM conversations c
WHERE c.key IN (
    SELECT conversation FROM inbox WHERE state = 'waiting'
    UNION SELECT conversation FROM turns WHERE state IN ('running', 'handed_back')
    UNION SELECT conversation FROM outbox
          WHERE state NOT IN ('sent', 'failed', 'withdrawn') AND (body IS NOT NULL OR state = 'withdrawing')
) AND NOT EXISTS (
    SELECT 1 FROM leases l JOIN owners o ON o.id = l.owner
    WHERE l.name = 'conversation:' || c.key AND o.seen_at > :alive_since
)
"""


class SqliteLeases:
    """Fills `core.ports.Leases` and `core.store.ports.Work`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def take(self, name: str) -> bool:
        values = {"name": name, "owner": self._shelf.owner, "alive_since": self._alive_since()}

        def write(db: Connection) -> bool:
            return db.execute(_TAKE, values).rowcount == 1

        return await self._shelf.database.write(write)

    async def drop(self, name: str) -> None:
        def write(db: Connection) -> None:
            db.execute("DELETE FROM leases WHERE name = ? AND owner = ?", [name, self._shelf.owner])

        await self._shelf.database.write(write)

    async def open_conversations(self) -> Sequence[Conversation]:
        alive_since = self._alive_since()

        def read(db: Connection) -> list[Conversation]:
            rows = db.execute(_OPEN, {"alive_since": alive_since}).fetchall()
            return [conversation_from(row) for row in rows]

        return await self._shelf.database.read(read)

    async def beat(self) -> None:
        now, owner, dead = self._shelf.now(), self._shelf.owner, self._alive_since() - LEASE_SECONDS

        def write(db: Connection) -> None:
            db.execute("INSERT OR REPLACE INTO owners (id, seen_at) VALUES (?, ?)", [owner, now])
            db.execute("DELETE FROM owners WHERE seen_at < ?", [dead])

        await self._shelf.database.write(write)

    async def retire(self) -> None:
        owner = self._shelf.owner

        def write(db: Connection) -> None:
            db.execute("DELETE FROM leases WHERE owner = ?", [owner])
            db.execute("DELETE FROM owners WHERE id = ?", [owner])

        await self._shelf.database.write(write)

    def _alive_since(self) -> float:
        return self._shelf.now() - LEASE_SECONDS
