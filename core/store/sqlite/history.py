"""The transcript: what was answered, and what of it the context may use."""

from sqlite_utils import Database as Connection

from core.store.records import Exchange, Transcript, Turn
from core.store.sqlite.rows import Shelf, find_conversation, posts_of

_EXCHANGES = """
SELECT seq, id, question, reply FROM turns
WHERE conversation = :conversation AND seq > :after AND state IN ('answered', 'stopped')
    AND question IS NOT NULL
ORDER BY seq DESC LIMIT :limit
"""
_ANSWERED = """
SELECT id, attempt FROM turns
WHERE conversation = :conversation AND state IN ('answered', 'stopped', 'failed') AND (
    (:message_id = '' AND :post_id = '' AND question IS NOT NULL)
    OR id IN (SELECT turn FROM inbox WHERE conversation = :conversation AND message_id = :message_id
              AND :message_id != '')
    OR id IN (SELECT turn FROM outbox WHERE conversation = :conversation AND platform_id = :post_id
              AND :post_id != ''))
ORDER BY seq DESC LIMIT 1
"""
_AFRESH = """
UPDATE conversations SET summary = NULL, summary_until = 0,
    fresh_from = (SELECT coalesce(max(seq), 0) FROM turns WHERE conversation = :conversation)
WHERE key = :conversation
"""


class SqliteHistory:
    """Fills `core.store.ports.History`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def transcript(self, conversation: str, limit: int) -> Transcript:
        def read(db: Connection) -> Transcript:
            fresh_from, summary, until = db.execute(
                "SELECT fresh_from, summary, summary_until FROM conversations WHERE key = ?", [conversation]
            ).fetchone() or (0, None, 0)
            rows = db.execute(
                _EXCHANGES, {"conversation": conversation, "after": max(fresh_from, until), "limit": limit}
            ).fetchall()
            reveal = self._shelf.sealer.open
            exchanges = tuple(
                Exchange(
                    seq=row[0],
                    turn_id=row[1],
                    question=reveal(conversation, row[2]),
                    reply=reveal(conversation, row[3]),
                )
                for row in reversed(rows)
            )
            text = reveal(conversation, summary) if summary else ""
            return Transcript(exchanges=exchanges, summary=text, summary_until=until)

        return await self._shelf.database.read(read)

    async def summarise(self, conversation: str, summary: str, until: int) -> None:
        sealed = self._shelf.sealer.seal(conversation, summary)

        def write(db: Connection) -> None:
            # `new` may have come in between: then the summary is of what no longer counts
            db.execute(
                "UPDATE conversations SET summary = ?, summary_until = ? WHERE key = ? AND fresh_from < ?",
                [sealed, until, conversation, until],
            )

        await self._shelf.database.write(write)

    async def begin_afresh(self, conversation: str) -> None:
        def write(db: Connection) -> None:
            db.execute(_AFRESH, {"conversation": conversation})

        await self._shelf.database.write(write)

    async def answered(self, conversation: str, message_id: str = "", post_id: str = "") -> Turn | None:
        values = {"conversation": conversation, "message_id": message_id, "post_id": post_id}

        def read(db: Connection) -> Turn | None:
            row = db.execute(_ANSWERED, values).fetchone()
            if row is None:
                return None
            where = find_conversation(db, conversation)
            messages = self._shelf.messages(db, row[0], conversation)
            posts = posts_of(db, row[0], where)
            return Turn(id=row[0], conversation=where, attempt=row[1], messages=messages, posts=posts)

        return await self._shelf.database.read(read)
