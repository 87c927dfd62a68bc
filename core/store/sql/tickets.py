"""Tickets: customers' conversations in the hands of people."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from core.errors import Outdated
from core.message import Arrival, Conversation, Person
from core.store.connection import Connection
from core.store.records import Contact, Signal, Ticket, TicketState
from core.store.sql.authors import PLACE, authors_of
from core.store.sql.rows import IS_ANSWER, PERSON, Shelf, find_conversation, moment, note_signal

_RESERVE = """
INSERT INTO numbers (name, last) VALUES ('ticket', 1)
ON CONFLICT (name) DO UPDATE SET last = numbers.last + 1 RETURNING last
"""
_COLUMNS = """number, revision, customer, desk, thread, state, reason, team, person, agent, tags, opened_at,
    first_response_at, resolved_at, snoozed_until, reopened, reminded, brief, muted_until"""
_OF_CUSTOMER = f"SELECT {_COLUMNS} FROM tickets WHERE customer = ? ORDER BY number DESC LIMIT 1"  # noqa: S608 - constants
_OF_DESK = f"SELECT {_COLUMNS} FROM tickets WHERE desk = ?"  # noqa: S608 - constants
_IN_THREAD = f"""
SELECT {_COLUMNS} FROM tickets WHERE thread = :thread AND EXISTS (
    SELECT 1 FROM conversations c WHERE c.key = desk
        AND c.platform = :platform AND c.tenant = :tenant AND c.channel = :channel
)
"""  # noqa: S608 - constants
_WITH_PEOPLE = f"""
SELECT {_COLUMNS} FROM tickets WHERE state IN ('open', 'assigned', 'snoozed') ORDER BY number
"""  # noqa: S608 - constants
_SINCE = f"SELECT {_COLUMNS} FROM tickets WHERE opened_at >= ? ORDER BY number"  # noqa: S608 - constants
_MUTED_UNTIL = "SELECT max(muted_until) FROM tickets WHERE muted = ?"
_CONTACTS = """
SELECT DISTINCT t.conversation, c.platform, date(t.began_at, 'unixepoch')
FROM turns t JOIN conversations c ON c.key = t.conversation
WHERE t.began_at >= ? AND c.key NOT IN (SELECT desk FROM tickets)
"""
_VERDICTS = """
SELECT i.message_id, r.verdict FROM ratings r JOIN inbox i ON i.turn = r.turn
WHERE r.rated_at >= ? AND i.type = 'relay' AND i.message_id LIKE 'rating:%' ORDER BY r.rated_at
"""
"""The customer judges the post that asks for it; what it stands for names the ticket."""
_ENTER = f"""
INSERT INTO tickets ({_COLUMNS}, muted) VALUES (
    :number, 1, :customer, :desk, '', :state, :reason, :team, :person, :agent, :tags, :opened_at,
    :first_response_at, :resolved_at, :snoozed_until, :reopened, :reminded, :brief, :muted_until, :muted
)
"""  # noqa: S608 - constants
_HANDED_OVER = f"""
SELECT id FROM turns WHERE conversation = ? AND state IN ('answered', 'stopped') AND question IS NOT NULL
    AND {IS_ANSWER} AND coalesce(route, '') NOT IN ('hand_off', 'desk')
ORDER BY seq DESC LIMIT 1
"""  # noqa: S608 - constants
"""The answer after which people took over."""
_CHANGE = """
UPDATE tickets SET revision = revision + 1, state = :state, reason = :reason, team = :team, agent = :agent,
    tags = :tags, opened_at = :opened_at, first_response_at = :first_response_at,
    resolved_at = :resolved_at, snoozed_until = :snoozed_until, reopened = :reopened,
    reminded = :reminded, brief = :brief, muted_until = :muted_until, muted = :muted
WHERE number = :number
"""


_NUMBERED = f"SELECT {_COLUMNS} FROM tickets WHERE number = ?"  # noqa: S608 - constants
_CLAIM = "SELECT message_id FROM inbox WHERE turn = ? AND type = 'relay' AND message_id LIKE 'claim:%'"
_JOIN = """
INSERT INTO joins (ticket, customer, joined_at) VALUES (?, ?, ?) ON CONFLICT (ticket, customer) DO NOTHING
"""
_JOINED = """
SELECT ticket FROM joins WHERE customer = :customer
UNION SELECT other.number FROM joins JOIN tickets AS own ON own.number = joins.ticket
    JOIN tickets AS other ON other.customer = joins.customer WHERE own.customer = :customer
ORDER BY 1
"""


class SqlTickets:
    """Fills `core.store.ports.Tickets`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def reserve(self) -> int:
        def write(db: Connection) -> int:
            return int(db.execute(_RESERVE).fetchone()[0])

        return await self._shelf.database.write(write)

    async def of_customer(self, conversation: str) -> Ticket | None:
        return await self._one(_OF_CUSTOMER, [conversation])

    async def of_desk(self, conversation: str) -> Ticket | None:
        return await self._one(_OF_DESK, [conversation])

    async def in_thread(self, place: Conversation) -> Ticket | None:
        values = {
            "platform": place.platform,
            "tenant": place.tenant,
            "channel": place.channel,
            "thread": place.thread,
        }
        return await self._one(_IN_THREAD, values)

    async def change(self, ticket: Ticket, relays: Sequence[Arrival] = ()) -> None:
        def write(db: Connection) -> None:
            keep_ticket(db, ticket, self._shelf)
            for arrival in relays:
                self._shelf.enter(db, arrival)

        await self._shelf.database.write(write)

    async def numbered(self, number: int) -> Ticket | None:
        return await self._one(_NUMBERED, [number])

    async def claim(self, press_turn: str) -> tuple[int, Conversation] | None:
        def read(db: Connection) -> tuple[int, Conversation] | None:
            row = db.execute(_CLAIM, [press_turn]).fetchone()
            if row is None:
                return None
            _, number, key = row[0].split(":", 2)
            return int(number), find_conversation(db, key)

        return await self._shelf.database.read(read)

    async def join(self, number: int, customer: str) -> None:
        values = [number, customer, self._shelf.now()]
        await self._shelf.database.write(lambda db: db.execute(_JOIN, values).close())

    async def joined(self, customer: str) -> Sequence[int]:
        def read(db: Connection) -> list[int]:
            return [number for (number,) in db.execute(_JOINED, {"customer": customer}).fetchall()]

        return await self._shelf.database.read(read)

    async def with_people(self) -> Sequence[Ticket]:
        return await self._all(_WITH_PEOPLE, [])

    async def since(self, begin: datetime) -> Sequence[Ticket]:
        return await self._all(_SINCE, [begin.timestamp()])

    async def muted_until(self, person: str) -> datetime | None:
        def read(db: Connection) -> datetime | None:
            return _moment(db.execute(_MUTED_UNTIL, [person]).fetchone()[0])

        return await self._shelf.database.read(read)

    async def contacts(self, begin: datetime) -> Sequence[Contact]:
        def read(db: Connection) -> list[Contact]:
            rows = db.execute(_CONTACTS, [begin.timestamp()]).fetchall()
            weeks = {(row[0], row[1], f"{date.fromisoformat(row[2]):%G-W%V}") for row in rows}
            return [Contact(conversation=key, platform=name, week=week) for key, name, week in sorted(weeks)]

        return await self._shelf.database.read(read)

    async def verdicts(self, begin: datetime) -> Mapping[int, Sequence[str]]:
        def read(db: Connection) -> dict[int, list[str]]:
            found: dict[int, list[str]] = defaultdict(list)
            for source, verdict in db.execute(_VERDICTS, [begin.timestamp()]).fetchall():
                found[int(source.split(":")[1])].append(verdict)
            return found

        return await self._shelf.database.read(read)

    async def _one(self, query: str, values: Any) -> Ticket | None:
        return next(iter(await self._all(query, values)), None)

    async def _all(self, query: str, values: Any) -> list[Ticket]:
        def read(db: Connection) -> list[Ticket]:
            return [_ticket(db, row, self._shelf) for row in db.execute(query, values).fetchall()]

        return await self._shelf.database.read(read)


def keep_ticket(db: Connection, ticket: Ticket, shelf: Shelf) -> None:
    """Write a ticket down as part of a transaction.

    Raises:
        Outdated: it is another by now.
    """
    if ticket.revision == 0:
        db.execute(_ENTER, _row(db, ticket, shelf))
        _note_hand_over(db, ticket, shelf)
        return
    kept = db.execute(_OF_DESK, [ticket.desk.key]).fetchone()
    if kept is None or kept[1] != ticket.revision:
        raise Outdated
    before = _ticket(db, kept, shelf)
    if before != replace(ticket, thread=kept[4]):
        db.execute(_CHANGE, _row(db, ticket, shelf))
    if before.reopened < ticket.reopened:
        _note_hand_over(db, ticket, shelf)


def _note_hand_over(db: Connection, ticket: Ticket, shelf: Shelf) -> None:
    if answer := db.execute(_HANDED_OVER, [ticket.customer.key]).fetchone():
        note_signal(db, answer[0], Signal.HANDED_OVER, shelf.now())


def _row(db: Connection, ticket: Ticket, shelf: Shelf) -> dict[str, object]:
    person = PERSON.dump_json(ticket.person).decode()
    return {
        "number": ticket.number,
        "customer": ticket.customer.key,
        "desk": ticket.desk.key,
        "state": ticket.state,
        "reason": ticket.reason,
        "team": ticket.team,
        "person": shelf.sealer.seal(ticket.customer.key, person),
        "agent": PERSON.dump_json(ticket.agent).decode(),
        "tags": json.dumps(ticket.tags),
        "opened_at": ticket.opened_at.timestamp(),
        "first_response_at": _seconds(ticket.first_response_at),
        "resolved_at": _seconds(ticket.resolved_at),
        "snoozed_until": _seconds(ticket.snoozed_until),
        "reopened": ticket.reopened,
        "reminded": json.dumps(ticket.reminded),
        "brief": _brief(db, ticket, shelf),
        "muted_until": _seconds(ticket.muted_until),
        "muted": ticket.person.key if ticket.muted_until else None,
    }


def _brief(db: Connection, ticket: Ticket, shelf: Shelf) -> bytes | None:
    if not (ticket.summary or ticket.topics or ticket.note):
        return None
    text = json.dumps({"summary": ticket.summary, "topics": ticket.topics, "note": ticket.note})
    key = ticket.customer.key
    return shelf.sealer.seal(key, text, authors_of(db, PLACE, key))


def _ticket(db: Connection, row: Sequence[Any], shelf: Shelf) -> Ticket:
    brief = json.loads(shelf.open(row[2], row[17]) or "{}")
    return Ticket(
        number=row[0],
        revision=row[1],
        customer=find_conversation(db, row[2]),
        desk=find_conversation(db, row[3]),
        thread=row[4],
        state=TicketState(row[5]),
        reason=row[6],
        team=row[7],
        person=_person(shelf.sealer.open(row[2], row[8])),
        agent=PERSON.validate_json(row[9]),
        tags=tuple(json.loads(row[10])),
        opened_at=moment(row[11]),
        first_response_at=_moment(row[12]),
        resolved_at=_moment(row[13]),
        snoozed_until=_moment(row[14]),
        reopened=row[15],
        reminded=tuple(json.loads(row[16])),
        summary=brief.get("summary", ""),
        topics=tuple(brief.get("topics", ())),
        note=brief.get("note", ""),
        muted_until=_moment(row[18]),
    )


def _person(text: str) -> Person:
    person = PERSON.validate_json(text)
    if person is None:
        raise ValueError("a ticket of nobody")
    return person


def _seconds(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else moment(timestamp)
