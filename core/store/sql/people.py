"""What is kept of people."""

from core.message import Rating
from core.store.connection import Connection
from core.store.records import Knowledge
from core.store.sql.columns import seal_anew
from core.store.sql.rows import Shelf, moment

_KNOWLEDGE = """
SELECT count(*), count(DISTINCT conversation), min(received_at) FROM inbox
WHERE sender = ? AND type = 'message' AND event IS NOT NULL
"""
_RATE = """
INSERT INTO ratings (turn, person, verdict, rated_at) VALUES (?, ?, ?, ?)
ON CONFLICT (turn, person) DO UPDATE SET verdict = excluded.verdict, rated_at = excluded.rated_at,
    reason = ''
"""  # why an answer was bad was said of the earlier verdict
_FORGET_TURN = """
WITH RECURSIVE forgotten (id) AS (
    SELECT turn FROM inbox WHERE conversation = ? AND message_id = ?
    UNION SELECT t.id FROM turns t JOIN forgotten f ON t.superseded_by = f.id
)
UPDATE turns SET question = NULL, reply = NULL, prompt = NULL WHERE id IN (SELECT id FROM forgotten)
"""  # and earlier answers to the same message
_FORGET_PROMPTS = """
UPDATE turns SET prompt = NULL WHERE conversation = ? AND seq >= (
    SELECT min(t.seq) FROM turns t JOIN inbox i ON i.turn = t.id WHERE i.conversation = ? AND i.message_id = ?
)
"""  # later prompts quote earlier exchanges
_FORGET_POSTS = """
UPDATE outbox SET body = NULL, citations = NULL, choices = NULL, chosen = NULL, extras = NULL
WHERE state IN ('sent', 'failed', 'withdrawn') AND turn IN (
    SELECT turn FROM inbox WHERE conversation = ? AND message_id = ?
)
"""
_FORGET_EVENTS = """
UPDATE inbox SET event = NULL, raw = NULL WHERE conversation = ? AND message_id = ? AND state != 'waiting'
"""
_FORGET_GAPS = """
DELETE FROM gaps WHERE turn IN (SELECT turn FROM inbox WHERE conversation = ? AND message_id = ?)
"""
_FORGET_DRAFTS = """
DELETE FROM drafts WHERE customer = ? AND turn IN (
    SELECT id FROM turns WHERE conversation = ? AND seq >= (
        SELECT min(t.seq) FROM turns t JOIN inbox i ON i.turn = t.id
        WHERE i.conversation = ? AND i.message_id = ?
    )
)
"""  # later drafts answer earlier words, too
_FORGET_SENT = "UPDATE drafts SET sent = NULL WHERE answer = ? || '/' || ?"
_FORGET_BRIEFS = "UPDATE tickets SET brief = NULL WHERE customer = ?"
_FORGET_REVIEWS = """
UPDATE reviews SET correction = NULL WHERE turn IN (
    SELECT turn FROM inbox WHERE conversation = ? AND message_id = ?
)
"""
_FORGET_FLOWS = """
DELETE FROM flow_runs WHERE conversation = ? AND person IN (
    SELECT sender FROM inbox WHERE conversation = ? AND message_id = ?
)
"""  # which of its values came from the message is not known
_FORGET_SUMMARY = """
UPDATE conversations SET summary = NULL, summary_until = 0 WHERE key = ? AND summary_until >= (
    SELECT coalesce(min(t.seq), 9e18) FROM turns t JOIN inbox i ON i.turn = t.id
    WHERE i.conversation = ? AND i.message_id = ?
)
"""


class SqlPeople:
    """Fills `core.store.ports.People`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def rate(self, rating: Rating, turn_id: str) -> None:
        now = self._shelf.now()

        def write(db: Connection) -> None:
            if rating.verdict == "none":
                db.execute("DELETE FROM ratings WHERE turn = ? AND person = ?", [turn_id, rating.person.key])
                return
            db.execute(_RATE, [turn_id, rating.person.key, rating.verdict, now])

        await self._shelf.within(rating.conversation.key, write)

    async def knowledge(self, person: str) -> Knowledge:
        def read(db: Connection) -> Knowledge:
            messages, conversations, since = db.execute(_KNOWLEDGE, [person]).fetchone()
            (ratings,) = db.execute("SELECT count(*) FROM ratings WHERE person = ?", [person]).fetchone()
            return Knowledge(
                messages=messages,
                conversations=conversations,
                ratings=ratings,
                since=None if since is None else moment(since),
            )

        return await self._shelf.database.read(read)

    async def seal_anew(self) -> int:
        return await self._shelf.database.write(lambda db: seal_anew(db, self._shelf.sealer))

    async def forget(self, conversation: str, message_id: str) -> None:
        def write(db: Connection) -> None:
            db.execute(_FORGET_FLOWS, [conversation, conversation, message_id])
            db.execute(_FORGET_SUMMARY, [conversation, conversation, message_id])
            db.execute(_FORGET_PROMPTS, [conversation, conversation, message_id])
            db.execute(_FORGET_DRAFTS, [conversation, conversation, conversation, message_id])
            db.execute(_FORGET_SENT, [conversation, message_id])
            db.execute(_FORGET_BRIEFS, [conversation])
            db.execute(_FORGET_TURN, [conversation, message_id])
            db.execute(_FORGET_GAPS, [conversation, message_id])
            db.execute(_FORGET_REVIEWS, [conversation, message_id])
            db.execute(_FORGET_POSTS, [conversation, message_id])
            db.execute(_FORGET_EVENTS, [conversation, message_id])

        await self._shelf.within(conversation, write, beyond=True)
