"""Reading rows back into the vocabulary, and the sealing of what they hold."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from core.errors import Erased, LeaseLost
from core.message import (
    EVENT,
    Arrival,
    Choice,
    Citation,
    Conversation,
    Departure,
    Edit,
    Event,
    Message,
    Person,
    Platform,
    Post,
    Rating,
    Relay,
    Reply,
    Stop,
)
from core.ports import Clock
from core.store.connection import Connection, Transactions
from core.store.records import COLLEAGUE, HEARD, RELAY, Entry, Signal, Turn, TurnRecord, TurnState
from core.store.sealing import Sealer

T = TypeVar("T")
IS_ANSWER = f"coalesce(route, '') NOT IN {(RELAY, COLLEAGUE, HEARD)!s}"
"""SQL for turns that the assistant answered itself, rather than pass something on."""
TURN_RECORD = """id, state, reason, attempt, coalesce(route, ''), coalesce(model, ''), question, reply,
    coalesce(evidence, '{}'), began_at, ended_at,
    (SELECT min(received_at) FROM inbox WHERE turn = turns.id AND type = 'message'),
    (SELECT max(sent_at) FROM outbox WHERE turn = turns.id)
"""
"""Columns of `turns` for `Shelf.turn_record`."""
PERSON: TypeAdapter[Person | None] = TypeAdapter(Person | None)
CITATIONS: TypeAdapter[tuple[Citation, ...]] = TypeAdapter(tuple[Citation, ...])
CHOICES: TypeAdapter[tuple[Choice, ...]] = TypeAdapter(tuple[Choice, ...])
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)

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


@dataclass(frozen=True)
class Shelf:
    """What every part of the store works with."""

    database: Transactions
    sealer: Sealer
    clock: Clock
    owner: str
    """Random id of this process, for its leases."""

    def now(self) -> float:
        return self.clock.now().timestamp()

    async def within(self, conversation: str, run: Callable[[Connection], T], *, beyond: bool = False) -> T:
        """Write what belongs to one conversation; `beyond`: and what does not. See `Transactions.write`."""
        return await self.database.write(run, within=lease_name(conversation), beyond=beyond)

    def check_lease(self, db: Connection, conversation: str) -> None:
        """Raise LeaseLost unless this process holds the conversation."""
        held = db.execute(
            "SELECT 1 FROM leases WHERE name = ? AND owner = ?", [lease_name(conversation), self.owner]
        ).fetchone()
        if held is None:
            raise LeaseLost

    def open(self, conversation: str, sealed: bytes | None) -> str | None:
        """What a column says; None where it is empty, or was erased since a backup from which it comes."""
        if sealed is None:
            return None
        try:
            return self.sealer.open(conversation, sealed)
        except Erased:
            return None

    def seal_event(self, conversation: str, event: Event) -> bytes:
        """Column event."""
        return self.sealer.seal(conversation, EVENT.dump_json(event).decode(), _authors(event))

    def entry(self, row: Sequence[Any], conversation: str) -> Entry | None:
        """From columns id, event, received_at; None where the event was erased."""
        text = self.open(conversation, row[1])
        if text is None:
            return None
        return Entry(id=row[0], event=EVENT.validate_json(text), received_at=moment(row[2]))

    def enter(self, db: Connection, arrival: Arrival) -> bool:
        """Write an event into the inbox; False when its key is there already."""
        conversation = arrival.event.conversation
        if db.execute(_ACCEPT, self._row(arrival, conversation.key)).rowcount == 0:
            return False
        self.meet(db, conversation)
        return True

    def meet(self, db: Connection, conversation: Conversation) -> None:
        """Know the conversation from now on."""
        values = {
            "key": conversation.key,
            "platform": conversation.platform,
            "tenant": conversation.tenant,
            "channel": conversation.channel,
            "thread": conversation.thread,
            "direct": int(conversation.direct),
            "began_at": self.now(),
        }
        db.execute(_MEET, values)

    def _row(self, arrival: Arrival, conversation: str) -> dict[str, object]:
        event = arrival.event
        message = event.message if isinstance(event, Edit) else event
        return {
            "key": arrival.key,
            "conversation": conversation,
            "sender": person.key if (person := _person(event)) else "",
            "type": event.type,
            "message_id": identity(message),
            "event": self.seal_event(conversation, event),
            "raw": self.sealer.seal(conversation, arrival.raw, _authors(event)),
            "received_at": self.now(),
        }

    def turn_record(
        self,
        row: Sequence[Any],
        conversation: str,
        *,
        verdicts: tuple[str, ...],
        prompt: bytes | None = None,
        raw: tuple[str, ...] = (),
    ) -> TurnRecord:
        """From columns `TURN_RECORD`; without the prompt and the raw messages where they were not read."""
        prompt_text, question, reply = (
            self.open(conversation, sealed) or "" for sealed in (prompt, row[6], row[7])
        )
        ended, arrived, sent = (moment(each) if each else None for each in row[10:13])
        return TurnRecord(
            id=row[0],
            state=TurnState(row[1]),
            reason=row[2],
            attempt=row[3],
            route=row[4],
            model=row[5],
            prompt=prompt_text,
            question=question,
            reply=reply,
            evidence=json.loads(row[8]),
            began_at=moment(row[9]),
            ended_at=ended,
            arrived_at=arrived,
            sent_at=sent,
            raw=raw,
            verdicts=verdicts,
        )

    def seal_reply(
        self, conversation: str, reply: Reply, authors: Collection[str]
    ) -> dict[str, bytes | None]:
        """Columns body, citations, choices, chosen and extras, by name."""

        def sealed(text: str) -> bytes | None:
            return self.sealer.seal(conversation, text, authors) if text else None

        extras = replace(reply, text="", citations=(), choices=(), chosen="")
        return {
            "body": self.sealer.seal(conversation, reply.text, authors),
            "citations": sealed(CITATIONS.dump_json(reply.citations).decode() if reply.citations else ""),
            "choices": sealed(CHOICES.dump_json(reply.choices).decode() if reply.choices else ""),
            "chosen": sealed(reply.chosen),
            "extras": sealed("" if extras == Reply(text="") else REPLY.dump_json(extras).decode()),
        }

    def open_reply(self, conversation: str, row: Sequence[bytes | None]) -> Reply | None:
        """From columns body, citations, choices, chosen, extras; None where it was erased."""
        body, citations, choices, chosen, extras = (self.open(conversation, each) for each in row)
        if body is None and row[0] is not None:
            return None
        return replace(
            REPLY.validate_json(extras) if extras else Reply(text=""),
            text=body or "",
            citations=CITATIONS.validate_json(citations) if citations else (),
            choices=CHOICES.validate_json(choices) if choices else (),
            chosen=chosen or "",
        )

    def turn(self, db: Connection, turn_id: str, conversation: str, *, attempt: int) -> Turn:
        """A turn with what it answers, or passes on where it answers nobody, and its posts."""
        where = find_conversation(db, conversation)
        events = self._adopted(db, turn_id, conversation)
        return Turn(
            id=turn_id,
            conversation=where,
            attempt=attempt,
            messages=tuple(each for each in events if isinstance(each, Message)),
            posts=posts_of(db, turn_id, where),
            relay=next((each for each in events if isinstance(each, Relay)), None),
        )

    def messages(self, db: Connection, turn_id: str, conversation: str) -> tuple[Message, ...]:
        """The messages a turn answers, in order of arrival; deleted ones are gone."""
        return tuple(each for each in self._adopted(db, turn_id, conversation) if isinstance(each, Message))

    def _adopted(self, db: Connection, turn_id: str, conversation: str) -> list[object]:
        rows = db.execute(
            "SELECT id, event, received_at FROM inbox WHERE turn = ? AND event IS NOT NULL ORDER BY id",
            [turn_id],
        ).fetchall()
        return [entry.event for row in rows if (entry := self.entry(row, conversation))]


def _authors(event: Event) -> tuple[str, ...]:
    """Whose words it is, among others."""
    person = None if event.conversation.direct else _person(event)
    return (person.key,) if person else ()


def _person(event: object) -> Person | None:
    """Whose row it is: who wrote, pressed or left, or whom alone it concerns."""
    match event:
        case Message(sender=person) | Edit(message=Message(sender=person)) | Relay(to=person):
            return person
        case Rating(person=person) | Stop(person=person) | Departure(person=person):
            return person
    return None


def identity(event: object) -> str:
    """By what a later edit or deletion finds an event."""
    match event:
        case Message(id=name) | Relay(source=name):
            return name
    return ""


def lease_name(conversation: str) -> str:
    """The name under which a conversation is leased."""
    return f"conversation:{conversation}"


def moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def conversation_from(row: Sequence[Any]) -> Conversation:
    """From columns platform, tenant, channel, thread, direct."""
    return Conversation(
        platform=Platform(row[0]), tenant=row[1], channel=row[2], thread=row[3], direct=bool(row[4])
    )


def find_conversation(db: Connection, key: str) -> Conversation:
    row = db.execute(
        "SELECT platform, tenant, channel, thread, direct FROM conversations WHERE key = ?", [key]
    ).fetchone()
    return conversation_from(row)


_POSTS = """
SELECT id, turn, anchor, recipient, platform_id, quiet, last, created_at FROM outbox
WHERE turn = ? AND state != 'withdrawn' ORDER BY part
"""
_NOTE_SIGNAL = """
INSERT INTO signals (turn, kind, noted_at) VALUES (?, ?, ?) ON CONFLICT (turn, kind) DO NOTHING
"""


def note_signal(db: Connection, turn_id: str, signal: Signal, at: float) -> None:
    """Note what people did about an answer; the same twice is one."""
    values = [turn_id, signal, at]
    db.execute(_NOTE_SIGNAL, values)


def post_from(row: Sequence[Any], conversation: Conversation) -> Post:
    """From columns id, turn, anchor, recipient, platform_id, quiet, last, created_at."""
    return Post(
        id=row[0],
        turn_id=row[1],
        conversation=conversation,
        anchor=row[2],
        recipient=PERSON.validate_json(row[3]),
        platform_id=row[4],
        quiet=bool(row[5]),
        last=bool(row[6]),
        created_at=moment(row[7]),
    )


def posts_of(db: Connection, turn_id: str, conversation: Conversation) -> tuple[Post, ...]:
    return tuple(post_from(row, conversation) for row in db.execute(_POSTS, [turn_id]).fetchall())
