"""Turns: adopting messages, recording outcomes, taking up what was left unfinished."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.message import Conversation, Message, Person, Post, Relay
from core.store.connection import Connection
from core.store.records import Entry, Outcome, PostState, Signal, Turn, TurnState
from core.store.sql import flows
from core.store.sql.audit import note
from core.store.sql.authors import TURN, authors_of, authors_of_prompt
from core.store.sql.drafts import close_draft
from core.store.sql.history import AFRESH
from core.store.sql.rows import (
    PERSON,
    Shelf,
    identity,
    moment,
    note_signal,
    posts_of,
)
from core.store.sql.spending import charge
from core.store.sql.tickets import keep_ticket

_BEGIN = """
INSERT INTO turns (id, conversation, state, began_at) VALUES (:id, :conversation, 'running', :now)
"""
_ENTER = """
INSERT INTO outbox (
    id, turn, conversation, state, part, last, quiet, anchor, recipient, platform_id, body, citations,
    choices, chosen, extras, created_at
) VALUES (
    :id, :turn, :conversation, :state, :part, :last, :quiet, :anchor, :recipient, :platform_id, :body,
    :citations, :choices, :chosen, :extras, :now
)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, citations = excluded.citations, last = excluded.last,
    quiet = excluded.quiet, choices = excluded.choices, chosen = excluded.chosen,
    extras = excluded.extras
"""
_FINISH = """
UPDATE turns SET state = :state, reason = :reason, route = :route, model = :model, prompt = :prompt,
    question = :question, reply = :reply, evidence = :evidence, ended_at = :now,
    model_seconds = :model_seconds, model_tokens = :model_tokens
WHERE id = :id
"""
_HEARD_AT = """
SELECT began_at FROM turns WHERE conversation = ? AND route = 'heard' ORDER BY seq DESC LIMIT 1
"""
_RESUME = """
UPDATE turns SET state = 'running'
WHERE conversation = ? AND state IN ('running', 'handed_back') RETURNING id, attempt + 1
"""
_TAKE_OVER_POSTS = """
UPDATE outbox SET turn = :new, body = NULL, citations = NULL, choices = NULL, chosen = NULL,
    extras = NULL, state = 'placed'
WHERE turn = :old AND platform_id != '' AND state IN ('sent', 'placed')
"""
_SURPLUS = """
UPDATE outbox SET state = CASE WHEN platform_id = '' THEN 'withdrawn' ELSE 'withdrawing' END
WHERE turn = ? AND part >= ? AND state != 'withdrawn'
"""
_OPEN_TO_CHOICE = """
SELECT id, turn, recipient, body, citations, choices, chosen, extras FROM outbox
WHERE conversation = ? AND turn != ? AND choices IS NOT NULL
"""
_CLOSE_TO_CHOICE = """
UPDATE outbox SET choices = NULL, chosen = ?,
    state = CASE WHEN state = 'sent' AND platform_id != '' THEN 'placed' ELSE state END
WHERE id = ?
"""
_NOTHING: Mapping[str, bytes | None] = dict.fromkeys(("body", "citations", "choices", "chosen", "extras"))
_ENTRIES_AFTER = {
    TurnState.ANSWERED: "done",
    TurnState.STOPPED: "done",
    TurnState.FAILED: "failed",
    TurnState.WITHDRAWN: "dropped",
}


class SqlTurns:
    """Fills `core.store.ports.Turns`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def begin(
        self,
        conversation: Conversation,
        post: Post,
        entries: Sequence[Entry],
        instead_of: Turn | None = None,
    ) -> Turn:
        before = instead_of.messages if instead_of else ()
        messages = tuple(entry.event for entry in entries if isinstance(entry.event, Message))
        relay = next((entry.event for entry in entries if isinstance(entry.event, Relay)), None)
        values = {"id": post.turn_id, "conversation": conversation.key, "now": self._shelf.now()}

        def write(db: Connection) -> datetime | None:
            self._shelf.check_lease(db, conversation.key)
            db.execute(_BEGIN, values)
            if instead_of is not None:
                _supersede(db, instead_of.id, post.turn_id)
            for each in before:
                self._reword(db, conversation.key, post.turn_id, each)
            for entry in entries:
                db.execute(
                    "UPDATE inbox SET state = 'adopted', turn = ? WHERE id = ?", [post.turn_id, entry.id]
                )
            self._enter(db, post, part=0, reply=_NOTHING)
            return _heard_at(db, conversation.key)

        heard_at = await self._shelf.within(conversation.key, write)
        return Turn(
            id=post.turn_id,
            conversation=conversation,
            attempt=1,
            messages=before + messages,
            posts=(post,),
            relay=relay,
            heard_at=heard_at,
        )

    async def redo(
        self,
        old: Turn,
        post: Post,
        entry: Entry,
        *,
        in_place: bool,
        edited: Message | Relay | None = None,
    ) -> Turn:
        key, new = old.conversation.key, post.turn_id

        def write(db: Connection) -> tuple[Post, ...]:
            self._shelf.check_lease(db, key)
            db.execute(_BEGIN, {"id": new, "conversation": key, "now": self._shelf.now()})
            _supersede(db, old.id, new)
            db.execute("UPDATE inbox SET state = 'done' WHERE id = ?", [entry.id])
            if edited is not None:
                self._reword(db, key, new, edited)
            else:
                note_signal(db, new, Signal.AGAIN, self._shelf.now())
            if in_place:
                db.execute(_TAKE_OVER_POSTS, {"new": new, "old": old.id})
            posts = posts_of(db, new, old.conversation)
            if not posts:
                self._enter(db, post, part=0, reply=_NOTHING)
            return posts or (post,)

        posts = await self._shelf.within(key, write)
        return Turn(
            id=new,
            conversation=old.conversation,
            attempt=1,
            messages=_reworded(old.messages, edited),
            posts=posts,
            relay=edited if isinstance(edited, Relay) else old.relay,
        )

    async def adopt(self, turn: Turn, entries: Sequence[Entry]) -> Turn:
        messages = tuple(entry.event for entry in entries if isinstance(entry.event, Message))

        def write(db: Connection) -> None:
            self._shelf.check_lease(db, turn.conversation.key)
            for entry in entries:
                db.execute("UPDATE inbox SET state = 'adopted', turn = ? WHERE id = ?", [turn.id, entry.id])

        await self._shelf.within(turn.conversation.key, write)
        return replace(turn, messages=turn.messages + messages)

    async def resume(self, conversation: str) -> Turn | None:
        def write(db: Connection) -> Turn | None:
            self._shelf.check_lease(db, conversation)
            row = db.execute(_RESUME, [conversation]).fetchone()
            if row is None:
                return None
            turn = self._shelf.turn(db, row[0], conversation, attempt=row[1])
            return replace(turn, heard_at=_heard_at(db, conversation))

        return await self._shelf.within(conversation, write)

    async def count_attempt(self, turn: Turn) -> None:
        def write(db: Connection) -> None:
            self._shelf.check_lease(db, turn.conversation.key)
            db.execute("UPDATE turns SET attempt = ? WHERE id = ?", [turn.attempt, turn.id])

        await self._shelf.within(turn.conversation.key, write)

    async def finish(self, turn: Turn, outcome: Outcome, posts: Sequence[Post]) -> None:
        def write(db: Connection) -> None:
            self._shelf.check_lease(db, turn.conversation.key)
            authors = () if turn.conversation.direct else authors_of(db, TURN, turn.id)
            sealed = [self._shelf.seal_reply(turn.conversation.key, part, authors) for part in outcome.parts]
            db.execute(_FINISH, self._outcome_row(db, turn, outcome, authors))
            db.execute(
                "UPDATE inbox SET state = ?, reason = ? WHERE turn = ? AND state = 'adopted'",
                [_ENTRIES_AFTER[outcome.state], outcome.reason, turn.id],
            )
            db.execute(
                "UPDATE inbox SET state = 'done', reason = 'stopped the turn' WHERE id = ?",
                [outcome.stopped_by],
            )
            for part, (post, reply) in enumerate(zip(posts, sealed, strict=True)):
                self._enter(db, post, part=part, reply=reply)
            db.execute(_SURPLUS, [turn.id, len(sealed)])
            if turn.messages:
                self._close_choices(db, turn)
            if outcome.begins_afresh:
                db.execute(AFRESH, {"conversation": turn.conversation.key})
            if outcome.ticket is not None:
                keep_ticket(db, outcome.ticket, self._shelf)
            if outcome.draft is not None:
                close_draft(db, outcome.draft, self._shelf)
            for arrival in outcome.relays:
                self._shelf.enter(db, arrival)
            if outcome.flow is not None:
                flows.put(self._shelf, db, outcome.flow, alone=turn.conversation.direct)
            for entry in outcome.audit:
                note(db, self._shelf, entry)
            charge(db, self._shelf, outcome.charges)

        await self._shelf.within(turn.conversation.key, write, beyond=_reaches_beyond(outcome))

    async def hand_back(self, turn: Turn, reason: str) -> None:
        def write(db: Connection) -> None:
            self._shelf.check_lease(db, turn.conversation.key)
            db.execute("UPDATE turns SET state = 'handed_back', reason = ? WHERE id = ?", [reason, turn.id])

        await self._shelf.within(turn.conversation.key, write)

    async def reopen(self, turn: Turn, message: Message) -> Turn:
        def write(db: Connection) -> None:
            self._shelf.check_lease(db, turn.conversation.key)
            self._reword(db, turn.conversation.key, turn.id, message)

        await self._shelf.within(turn.conversation.key, write)
        return replace(turn, messages=_reworded(turn.messages, message))

    async def reword(self, turn: Turn, message: Message, question: str) -> None:
        key = turn.conversation.key

        def write(db: Connection) -> None:
            self._shelf.check_lease(db, key)
            sealed = self._shelf.sealer.seal(key, question, authors_of(db, TURN, turn.id))
            self._reword(db, key, turn.id, message)
            db.execute(
                "UPDATE turns SET question = ? WHERE id = ? AND question IS NOT NULL", [sealed, turn.id]
            )

        await self._shelf.within(key, write)

    def _reword(self, db: Connection, key: str, turn_id: str, event: Message | Relay) -> None:
        db.execute(
            "UPDATE inbox SET event = ? WHERE turn = ? AND message_id = ? AND type = ?",
            [self._shelf.seal_event(key, event), turn_id, identity(event), event.type],
        )

    def _outcome_row(
        self, db: Connection, turn: Turn, outcome: Outcome, authors: tuple[str, ...]
    ) -> dict[str, object]:
        key, sealer = turn.conversation.key, self._shelf.sealer
        quoted = () if turn.conversation.direct else authors_of_prompt(db, turn.id, key)
        is_kept = outcome.remembered or not outcome.quiet
        usage = outcome.evidence.get("usage")
        figures = usage if isinstance(usage, dict) else {}
        return {
            "id": turn.id,
            "state": outcome.state,
            "reason": outcome.reason,
            "route": outcome.route,
            "model": outcome.model,
            "prompt": sealer.seal(key, outcome.prompt, quoted),
            "question": sealer.seal(key, outcome.question, authors) if is_kept else None,
            "reply": sealer.seal(key, outcome.reply, authors) if is_kept else None,
            "evidence": json.dumps(outcome.evidence),
            "model_seconds": figures.get("seconds"),
            "model_tokens": figures.get("generated_tokens"),
            "now": self._shelf.now(),
        }

    def _close_choices(self, db: Connection, turn: Turn) -> None:
        """What stood to choose for those who wrote is decided now, one way or the other."""
        key = turn.conversation.key
        people = {message.sender.key for message in turn.messages}
        pressed = {(each.press.turn_id, each.press.choice) for each in turn.messages if each.press}
        for row in db.execute(_OPEN_TO_CHOICE, [key, turn.id]).fetchall():
            recipient = PERSON.validate_json(row[2])
            if recipient is None or recipient.key in people:
                reply = self._shelf.open_reply(key, row[3:])
                choices = reply.choices if reply else ()
                label = next((each.label for each in choices if (row[1], each.id) in pressed), "")
                authors = authors_of(db, TURN, row[1])
                chosen = self._shelf.sealer.seal(key, label, authors) if label else None
                db.execute(_CLOSE_TO_CHOICE, [chosen, row[0]])

    def _enter(self, db: Connection, post: Post, *, part: int, reply: Mapping[str, bytes | None]) -> None:
        db.execute(
            _ENTER,
            {
                "id": post.id,
                "turn": post.turn_id,
                "conversation": post.conversation.key,
                "state": PostState.PLACED if post.platform_id else PostState.PENDING,
                "part": part,
                "last": int(post.last),
                "quiet": int(post.quiet),
                "anchor": post.anchor,
                "recipient": PERSON.dump_json(_nameless(post.recipient)).decode(),
                "platform_id": post.platform_id,
                **reply,
                "now": self._shelf.now(),
            },
        )


def _reaches_beyond(outcome: Outcome) -> bool:
    """Whether it changes what others than its conversation read or change."""
    shared = (outcome.ticket, outcome.draft, outcome.relays, outcome.flow, outcome.audit, outcome.charges)
    return any(shared)


def _supersede(db: Connection, old: str, new: str) -> None:
    """From now on the new turn answers what the old one did."""
    db.execute("UPDATE turns SET state = 'superseded', superseded_by = ? WHERE id = ?", [new, old])
    db.execute("UPDATE inbox SET state = 'adopted', turn = ? WHERE turn = ?", [new, old])


def _reworded(messages: tuple[Message, ...], edited: Message | Relay | None) -> tuple[Message, ...]:
    return tuple(
        edited if isinstance(edited, Message) and each.id == edited.id else each for each in messages
    )


def _nameless(person: Person | None) -> Person | None:
    """For a column that is not sealed."""
    return replace(person, name="") if person else None


def _heard_at(db: Connection, conversation: str) -> datetime | None:
    row = db.execute(_HEARD_AT, [conversation]).fetchone()
    return None if row is None else moment(row[0])
