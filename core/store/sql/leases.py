"""Leases, the heartbeat that keeps them, and where work is left to do."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from core.message import Conversation, Platform
from core.store.connection import Connection
from core.store.records import WorkLeft
from core.store.sql.rows import Shelf, conversation_from, moment

LEASE_SECONDS = 10.0
"""A process not seen for so long is dead, and its leases are free.

Where it was seen much later than now, the clock began anew (the machine restarted), or was set.
"""


class Living(Protocol):
    """How the processes at one database know of each other."""

    def pulse(self, db: Connection) -> float:
        """Seconds on a clock that all of them share, whatever time each of their machines shows."""

    def bury_the_dead(self, db: Connection) -> None:
        """Free the leases of processes that are known to be gone; those that are not, run out."""

    async def heard(self) -> Collection[str] | None:
        """Wait until others wrote something down to be done; the keys of its conversations, or None."""


_TAKE = """
INSERT INTO leases (name, owner) VALUES (:name, :owner)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner
WHERE leases.owner = excluded.owner
   OR NOT EXISTS (SELECT 1 FROM owners o
                  WHERE o.id = leases.owner AND o.seen_at BETWEEN :alive_since AND :alive_until)
"""
_BEAT = """
INSERT INTO owners (id, seen_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""
_FORGET_OWNERS = "DELETE FROM owners WHERE seen_at NOT BETWEEN ? AND ?"
_WORK = """
WITH work AS (
    SELECT conversation, min(since) AS since FROM (
        SELECT conversation, received_at AS since FROM inbox WHERE state = 'waiting'
        UNION ALL SELECT conversation, began_at FROM turns WHERE state IN ('running', 'handed_back')
        UNION ALL SELECT conversation, created_at FROM outbox
            WHERE state NOT IN ('sent', 'failed', 'withdrawn')
                AND (body IS NOT NULL OR state = 'withdrawing')
    ) AS reasons GROUP BY conversation
)
"""  # the conditions on states are those of the partial indexes, or SQLite would not use them
_FREE = """
NOT EXISTS (
    SELECT 1 FROM leases l JOIN owners o ON o.id = l.owner
    WHERE l.name = 'conversation:' || work.conversation AND o.seen_at BETWEEN :alive_since AND :alive_until
)
"""
_OPEN = f"""{_WORK}
SELECT c.platform, c.tenant, c.channel, c.thread, c.direct
FROM work JOIN conversations c ON c.key = work.conversation
WHERE {_FREE} AND (:platform = '' OR c.platform = :platform)
ORDER BY row_number() OVER (PARTITION BY c.platform, c.tenant, c.channel ORDER BY since), since
LIMIT :limit
"""  # noqa: S608 - made of constants
_COUNT = f"""{_WORK}
SELECT count(*) FROM work JOIN conversations c ON c.key = work.conversation
WHERE {_FREE} AND (:platform = '' OR c.platform = :platform)
"""  # noqa: S608 - made of constants
_LEFT = f"""{_WORK}
SELECT count(*), min(since), (SELECT min(asked_at) FROM erasures WHERE erased_at IS NULL) FROM work
"""  # noqa: S608 - made of constants
_WITHIN = f"""{_WORK}
SELECT c.platform, c.tenant, c.channel, c.thread, c.direct
FROM work JOIN conversations c ON c.key = work.conversation
WHERE c.platform = :platform AND c.tenant = :tenant AND (:channel = '' OR c.channel = :channel)
"""  # noqa: S608 - made of constants


class SqlLeases:
    """Fills `core.ports.Leases` and `core.store.ports.Work`."""

    def __init__(self, shelf: Shelf, living: Living) -> None:
        self._shelf = shelf
        self._living = living

    async def take(self, name: str) -> bool:
        def write(db: Connection) -> bool:
            values = {"name": name, "owner": self._shelf.owner, **self._alive(db)}
            return db.execute(_TAKE, values).rowcount == 1

        return await self._shelf.database.write(write, within=name)

    async def drop(self, name: str) -> None:
        def write(db: Connection) -> None:
            db.execute("DELETE FROM leases WHERE name = ? AND owner = ?", [name, self._shelf.owner])

        await self._shelf.database.write(write, within=name)

    async def open_conversations(
        self, limit: int = 512, platform: Platform | None = None
    ) -> Sequence[Conversation]:
        def read(db: Connection) -> list[Conversation]:
            return _conversations(db, _OPEN, {**self._alive(db), "limit": limit, "platform": platform or ""})

        return await self._shelf.database.read(read)

    async def count_open(self, platform: Platform | None = None) -> int:
        def read(db: Connection) -> int:
            (found,) = db.execute(_COUNT, {**self._alive(db), "platform": platform or ""}).fetchone()
            return int(found)

        return await self._shelf.database.read(read)

    async def open_within(self, place: Conversation) -> Sequence[Conversation]:
        where = {"platform": place.platform, "tenant": place.tenant, "channel": place.channel}
        return await self._shelf.database.read(lambda db: _conversations(db, _WITHIN, where))

    async def heard(self) -> Collection[str] | None:
        return await self._living.heard()

    async def left(self) -> WorkLeft:
        def read(db: Connection) -> WorkLeft:
            count, since, erasure = db.execute(_LEFT).fetchone()
            return WorkLeft(
                conversations=int(count),
                since=None if since is None else moment(since),
                erasure_since=None if erasure is None else moment(erasure),
            )

        return await self._shelf.database.read(read)

    async def beat(self) -> None:
        def write(db: Connection) -> None:
            now = self._living.pulse(db)
            db.execute(_BEAT, [self._shelf.owner, now])
            db.execute(_FORGET_OWNERS, [now - 2 * LEASE_SECONDS, now + 2 * LEASE_SECONDS])
            self._living.bury_the_dead(db)

        await self._shelf.database.write(write)

    async def retire(self) -> None:
        owner = self._shelf.owner

        def write(db: Connection) -> None:
            db.execute("DELETE FROM leases WHERE owner = ?", [owner])
            db.execute("DELETE FROM owners WHERE id = ?", [owner])

        await self._shelf.database.write(write)

    def _alive(self, db: Connection) -> dict[str, float]:
        now = self._living.pulse(db)
        return {"alive_since": now - LEASE_SECONDS, "alive_until": now + LEASE_SECONDS}


def _conversations(db: Connection, query: str, values: dict[str, Any]) -> list[Conversation]:
    return [conversation_from(row) for row in db.execute(query, values).fetchall()]
