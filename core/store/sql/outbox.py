"""The outbox."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.errors import LeaseLost
from core.message import Choice, Citation, Conversation, Post, Press
from core.store.connection import Connection
from core.store.records import DeadLetter, Delivery, PostState
from core.store.sql.columns import pass_on
from core.store.sql.rows import CITATIONS, Shelf, find_conversation, moment, post_from

_UNDELIVERED = """
SELECT id, turn, anchor, recipient, platform_id, quiet, last, created_at, state, attempts,
    body, citations, choices, chosen, extras FROM outbox
WHERE conversation = ? AND (body IS NOT NULL OR state = 'withdrawing')
    AND state NOT IN ('sent', 'failed', 'withdrawn') ORDER BY seq
"""
_OPEN_TO_CHOICE = """
SELECT body, citations, choices, chosen, extras FROM outbox
WHERE turn = ? AND conversation = ? AND choices IS NOT NULL
"""
_CITATIONS = """
SELECT conversation, citations FROM outbox
WHERE citations IS NOT NULL AND conversation IN (
    SELECT key FROM conversations WHERE platform = :platform AND tenant = :tenant AND channel = :channel)
ORDER BY seq DESC LIMIT :limit
"""
_LOOKED_BACK = 500
"""Posts with citations, among which one is looked for: what it cites is sealed."""
_MARK = """
UPDATE outbox SET state = :state, reason = :reason,
    platform_id = CASE WHEN :platform_id = '' THEN platform_id ELSE :platform_id END,
    attempts = attempts + CASE WHEN :state IN ('placing', 'unknown') THEN 1 ELSE 0 END,
    sent_at = CASE WHEN :state = 'sent' THEN :now ELSE sent_at END
WHERE id = :id AND conversation = :conversation
"""
_OPEN_THREAD = "UPDATE tickets SET thread = :thread WHERE desk = :desk AND thread = ''"
"""The first post that stands in a ticket's conversation is where its thread begins."""
_DEAD = """
SELECT id, turn, conversation, reason, attempts, created_at, body IS NOT NULL FROM outbox
WHERE state = 'failed' ORDER BY seq
"""
_REVIVE = """
UPDATE outbox SET state = CASE WHEN platform_id = '' THEN 'unknown' ELSE 'placed' END, reason = 'revived'
WHERE id = ? AND state = 'failed' AND body IS NOT NULL
"""  # without an id it may stand there all the same: it is looked for before it is placed
_TAKE_BACK = """
UPDATE outbox SET body = NULL, citations = NULL, choices = NULL, chosen = NULL, extras = NULL,
    reason = 'erased', state = CASE WHEN platform_id = '' THEN 'withdrawn' ELSE 'withdrawing' END
WHERE id IN (SELECT value FROM json_each(?))
"""
_DISCARD = "UPDATE outbox SET state = 'withdrawn', reason = 'discarded' WHERE id = ? AND state = 'failed'"
_MOVE = (
    "UPDATE inbox SET conversation = :new WHERE conversation = :old",
    "UPDATE turns SET conversation = :new WHERE conversation = :old",
    "UPDATE outbox SET conversation = :new WHERE conversation = :old",
    "UPDATE tickets SET customer = :new, revision = revision + 1 WHERE customer = :old",
    """UPDATE joins SET customer = :new WHERE customer = :old AND ticket NOT IN (
        SELECT ticket FROM joins WHERE customer = :new)""",
    "UPDATE tickets SET desk = :new, thread = '', revision = revision + 1 WHERE desk = :old",
    """DELETE FROM flow_runs WHERE conversation = :new AND person IN (
        SELECT person FROM flow_runs WHERE conversation = :old)""",
    "UPDATE flow_runs SET conversation = :new WHERE conversation = :old",
)

_LEAVE_BEHIND = """
UPDATE outbox SET platform_id = '', anchor = '', state = CASE
    WHEN state IN ('placing', 'placed', 'unknown') THEN 'pending'
    WHEN state = 'withdrawing' THEN 'withdrawn'
    ELSE state END
WHERE conversation = ?
"""
"""Posts stay where they stood and can no longer be edited there: what is unfinished goes up anew, and
answers no message: the ids of the old place name others in the new one."""
_TWO_LISTS = """
UPDATE conversations SET pseudonyms = NULL, summary = NULL, summary_until = 0,
    fresh_from = (SELECT coalesce(max(seq), 0) FROM turns WHERE conversation IN (:old, :new))
WHERE key IN (:old, :new)
    AND (SELECT count(pseudonyms) FROM conversations WHERE key IN (:old, :new)) = 2
"""
"""The same pseudonym is somebody else in either place: it must not be read in what was said before."""
_MEET_AGAIN = """
UPDATE conversations AS new SET
    fresh_from = CASE WHEN old.fresh_from > new.fresh_from THEN old.fresh_from ELSE new.fresh_from END,
    summary = CASE WHEN old.summary_until > new.summary_until THEN old.summary ELSE new.summary END,
    summary_until = CASE WHEN old.summary_until > new.summary_until
        THEN old.summary_until ELSE new.summary_until END,
    pseudonyms = coalesce(old.pseudonyms, new.pseudonyms)
FROM conversations AS old WHERE old.key = :old AND new.key = :new
"""
"""Both places are known already: what either began afresh stays forgotten."""

_log = logging.getLogger(__name__)


class SqlOutbox:
    """Fills `core.store.ports.Outbox`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def choice(self, conversation: str, press: Press) -> Choice | None:
        def read(db: Connection) -> Choice | None:
            rows = db.execute(_OPEN_TO_CHOICE, [press.turn_id, conversation]).fetchall()
            replies = [self._shelf.open_reply(conversation, row) for row in rows]
            choices = (each for reply in replies if reply for each in reply.choices)
            return next((each for each in choices if each.id == press.choice), None)

        return await self._shelf.database.read(read)

    async def citation(self, passage: int, place: Conversation) -> tuple[str, Citation] | None:
        values = {
            "platform": place.platform,
            "tenant": place.tenant,
            "channel": place.channel,
            "limit": _LOOKED_BACK,
        }

        def read(db: Connection) -> tuple[str, Citation] | None:
            for conversation, sealed in db.execute(_CITATIONS, values).fetchall():
                for each in CITATIONS.validate_json(self._shelf.open(conversation, sealed) or "[]"):
                    if each.passage == passage:
                        return conversation, each
            return None

        return await self._shelf.database.read(read)

    async def undelivered(self, conversation: str) -> Sequence[Delivery]:
        found = await self._shelf.database.read(lambda db: self._undelivered(db, conversation))
        erased = [post_id for post_id, delivery in found.items() if delivery is None]
        if not erased:
            return [delivery for delivery in found.values() if delivery]
        await self._shelf.database.write(lambda db: db.execute(_TAKE_BACK, [json.dumps(erased)]).close())
        _log.warning("the keys to %d posts in %s are gone: they are taken back", len(erased), conversation)
        return await self.undelivered(conversation)

    def _undelivered(self, db: Connection, conversation: str) -> dict[str, Delivery | None]:
        """By the post's id, None where what it says was erased."""
        rows = db.execute(_UNDELIVERED, [conversation]).fetchall()
        if not rows:
            return {}
        where = find_conversation(db, conversation)
        return {row[0]: self._delivery(row, where) for row in rows}

    def _delivery(self, row: Sequence[Any], where: Conversation) -> Delivery | None:
        reply = self._shelf.open_reply(where.key, row[10:])
        if reply is None:
            return None
        return Delivery(post=post_from(row, where), state=PostState(row[8]), reply=reply, attempts=row[9])

    async def mark(self, post: Post, state: PostState, *, reason: str = "", platform_id: str = "") -> None:
        key = post.conversation.key
        values = {
            "id": post.id,
            "conversation": key,
            "state": state,
            "reason": reason,
            "platform_id": platform_id,
            "now": self._shelf.now(),
        }

        def write(db: Connection) -> None:
            self._shelf.check_lease(db, key)
            if not db.execute(_MARK, values).rowcount:
                raise LeaseLost  # the conversation has moved, and the post with it
            if platform_id:
                db.execute(_OPEN_THREAD, {"desk": key, "thread": platform_id})

        await self._shelf.within(key, write)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        def read(db: Connection) -> list[DeadLetter]:
            return [
                DeadLetter(
                    post_id=row[0],
                    turn_id=row[1],
                    conversation=row[2],
                    reason=row[3],
                    attempts=row[4],
                    created_at=moment(row[5]),
                    has_text=bool(row[6]),
                )
                for row in db.execute(_DEAD).fetchall()
            ]

        return await self._shelf.database.read(read)

    async def revive(self, post_id: str) -> bool:
        return await self._change(_REVIVE, post_id)

    async def discard(self, post_id: str) -> bool:
        return await self._change(_DISCARD, post_id)

    async def _change(self, statement: str, post_id: str) -> bool:
        def write(db: Connection) -> bool:
            return db.execute(statement, [post_id]).rowcount == 1

        return await self._shelf.database.write(write)

    async def move(self, conversation: Conversation, channel: str) -> Conversation:
        moved = replace(conversation, channel=channel)

        def write(db: Connection) -> None:
            pass_on(db, self._shelf.sealer, conversation.key, moved.key)
            places = {"old": conversation.key, "new": moved.key}
            db.execute(_TWO_LISTS, places).close()
            if db.execute(_MEET_AGAIN, places).rowcount:
                db.execute("DELETE FROM conversations WHERE key = ?", [conversation.key])
            db.execute(
                "UPDATE conversations SET key = ?, channel = ? WHERE key = ?",
                [moved.key, channel, conversation.key],
            )
            db.execute(_LEAVE_BEHIND, [conversation.key])
            for statement in _MOVE:
                db.execute(statement, places)

        await self._shelf.database.write(write)
        return moved
