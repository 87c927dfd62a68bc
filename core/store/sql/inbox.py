"""The inbox."""

import json
import logging
from collections.abc import Sequence

from core.message import Arrival, Conversation, Message, Relay
from core.store.connection import Connection
from core.store.records import Entry, EntryState
from core.store.sql.rows import Shelf, find_conversation

_WAITING = """
SELECT id, event, received_at FROM inbox WHERE conversation = ? AND state = 'waiting' AND id > ? ORDER BY id
"""
_DROP = """
UPDATE inbox SET state = 'dropped', reason = 'erased'
WHERE state = 'waiting' AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))
"""
_log = logging.getLogger(__name__)


class SqlInbox:
    """Fills `core.store.ports.Inbox`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def accept(self, arrival: Arrival) -> bool:
        def write(db: Connection) -> bool:
            return self._shelf.enter(db, arrival)

        return await self._shelf.within(arrival.event.conversation.key, write)

    async def knows(self, conversation: str) -> bool:
        def read(db: Connection) -> bool:
            return (
                db.execute("SELECT 1 FROM conversations WHERE key = ?", [conversation]).fetchone() is not None
            )

        return await self._shelf.database.read(read)

    async def waiting(self, conversation: str, *, after: int = 0) -> Sequence[Entry]:
        def read(db: Connection) -> dict[int, Entry | None]:
            rows = db.execute(_WAITING, [conversation, after]).fetchall()
            return {row[0]: self._shelf.entry(row, conversation) for row in rows}

        found = await self._shelf.database.read(read)
        if erased := [number for number, entry in found.items() if entry is None]:
            await self._shelf.database.write(lambda db: db.execute(_DROP, [json.dumps(erased)]).close())
            _log.warning(
                "the keys to %d messages in %s are gone: they are dropped", len(erased), conversation
            )
        return [entry for entry in found.values() if entry]

    async def rewrite(self, entry_id: int, event: Message | Relay) -> None:
        key = event.conversation.key

        def write(db: Connection) -> None:
            sealed = self._shelf.seal_event(key, event)
            db.execute("UPDATE inbox SET event = ?, type = ? WHERE id = ?", [sealed, event.type, entry_id])

        await self._shelf.within(key, write)

    async def close(
        self,
        conversation: str,
        entry_ids: Sequence[int],
        state: EntryState,
        reason: str,
        relays: Sequence[Arrival] = (),
    ) -> None:
        def write(db: Connection) -> None:
            for entry_id in entry_ids:
                db.execute("UPDATE inbox SET state = ?, reason = ? WHERE id = ?", [state, reason, entry_id])
            for arrival in relays:
                self._shelf.enter(db, arrival)

        await self._shelf.within(conversation, write, beyond=bool(relays))

    async def where(self, key: str) -> Conversation | None:
        def read(db: Connection) -> Conversation | None:
            row = db.execute("SELECT conversation FROM inbox WHERE key = ?", [key]).fetchone()
            return None if row is None else find_conversation(db, row[0])

        return await self._shelf.database.read(read)
