"""What the buttons of a card make of a ticket: pure rules over `core.desk.tickets`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.desk import cards, tickets
from core.message import Person
from core.store.records import Ticket

SNOOZE = timedelta(hours=4)
"""How long a ticket is put off."""
MUTE = timedelta(days=7)
"""How long somebody is not heard whose messages were spam."""
SPAM = "spam"
"""The tag of such a ticket."""


def step(command: str, ticket: Ticket, agent: Person, now: datetime) -> Ticket | None:
    """The ticket after a button was pressed; None where it is no button of a card.

    Raises:
        NotPossible: this cannot be done with the ticket as it is.
    """
    made = _STEPS.get(command)
    return None if made is None else made(ticket, agent, now)


def _taken(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return tickets.taken(ticket, agent)


def _released(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return tickets.released(ticket)


def _snoozed(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return tickets.snoozed(ticket, now + SNOOZE)


def _resolved(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return tickets.resolved(replace(ticket, agent=ticket.agent or agent), now)


def _returned(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return tickets.returned(replace(ticket, agent=ticket.agent or agent), now)


def _muted(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return replace(
        _resolved(tickets.tagged(ticket, (SPAM,)), agent, now),
        muted_until=now + MUTE,
    )


def _unmuted(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    return replace(tickets.untagged(ticket, (SPAM,)), muted_until=None)


_STEPS: Mapping[str, Callable[[Ticket, Person, datetime], Ticket]] = {
    cards.TAKE: _taken,
    cards.RELEASE: _released,
    cards.SNOOZE: _snoozed,
    cards.RESOLVE: _resolved,
    cards.BACK: _returned,
    cards.MUTE: _muted,
    cards.UNMUTE: _unmuted,
}
