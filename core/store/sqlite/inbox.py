"""The inbox."""

from collections.abc import Sequence

from sqlite_utils import Database as Connection

from core.message import EVENT, Arrival, Conversation, Edit, Message
from core.store.records import Entry, EntryState
from core.store.sqlite.rows import Shelf

_ACCEPT = """
INSERT INTO inbox (key, conversation, sender, type, message_id, state, event, raw, received_at)
VALUES (:key, :conversation, :sender, :type, :message_id, 'waiting', :event, :raw, :received_at)
ON CONFLICT (key) DO NOTHING
"""
_MEET = """
INSERT INTO conversations (key, platform, tenant, channel, thread, direct, began_at)
VALUES (:key, :platform, :tenant, :channel, :thread, :direct, :began_at)
ON CONFLICT (key) DO NOTHING
"""
_WAITING = """
SELECT id, event, received_at FROM inbox WHERE conversation = ? AND state = 'waiting' AND id > ? ORDER BY id
"""


class SqliteInbox:
    """Fills `core.store.ports.Inbox`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def accept(self, arrival: Arrival) -> bool:
        conversation = arrival.event.conversation
        row = self._row(arrival, conversation.key)

        def write(db: Connection) -> bool:
            if db.execute(_ACCEPT, row).rowcount == 0:
                return False
            self._meet(db, conversation)
            return True

        return await self._shelf.database.write(write)

    async def knows(self, conversation: str) -> bool:
        def read(db: Connection) -> bool:
            return (
                db.execute("SELECT 1 FROM conversations WHERE key = ?", [conversation]).fetchone() is not None
            )

        return await self._shelf.database.read(read)

    async def waiting(self, conversation: str, *, after: int = 0) -> Sequence[Entry]:
        def read(db: Connection) -> list[Entry]:
            rows = db.execute(_WAITING, [conversation, after]).fetchall()
            return [self._shelf.entry(row, conversation) for row in rows]

        return await self._shelf.database.read(read)

    async def rewrite(self, entry_id: int, message: Message) -> None:
        sealed = self._shelf.sealer.seal(message.conversation.key, EVENT.dump_json(message).decode())

        def write(db: Connection) -> None:
            db.execute("UPDATE inbox SET event = ?, type = 'message' WHERE id = ?", [sealed, entry_id])

        await self._shelf.database.write(write)

    async def close(self, entry_ids: Sequence[int], state: EntryState, reason: str) -> None:
        def write(db: Connection) -> None:
            for entry_id in entry_ids:
                db.execute("UPDATE inbox SET state = ?, reason = ? WHERE id = ?", [state, reason, entry_id])

        await self._shelf.database.write(write)

    def _row(self, arrival: Arrival, conversation: str) -> dict[str, object]:
        event = arrival.event
        message = event.message if isinstance(event, Edit) else event
        sealer = self._shelf.sealer
        return {
            "key": arrival.key,
            "conversation": conversation,
            "sender": message.sender.key if isinstance(message, Message) else "",
            "type": event.type,
            "message_id": message.id if isinstance(message, Message) else "",
            "event": sealer.seal(conversation, EVENT.dump_json(event).decode()),
            "raw": sealer.seal(conversation, arrival.raw),
            "received_at": self._shelf.now(),
        }

    def _meet(self, db: Connection, conversation: Conversation) -> None:
        db.execute(
            _MEET,
            {
                "key": conversation.key,
                "platform": conversation.platform,
                "tenant": conversation.tenant,
                "channel": conversation.channel,
                "thread": conversation.thread,
                "direct": int(conversation.direct),
                "began_at": self._shelf.now(),
            },
        )
