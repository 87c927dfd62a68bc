"""What may become of a ticket, and when: pure rules over `core.store.transitions.TICKETS`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from core.errors import FrontdeskError
from core.message import Person
from core.store.records import WITH_PEOPLE, Ticket, TicketState
from core.store.transitions import TICKETS


class Reason(StrEnum):
    """Why a conversation is handed over."""

    CUSTOMER_REQUEST = "customer_request"
    MISSING_KNOWLEDGE = "missing_knowledge"
    UNSUPPORTED_REQUEST = "unsupported_request"
    POLICY_RESTRICTION = "policy_restriction"
    TOOL_FAILURE = "tool_failure"
    PENDING_CLARIFICATION = "pending_clarification"
    USAGE_LIMIT = "usage_limit"


class NotPossible(FrontdeskError):
    """This cannot be done with the ticket as it is."""


def taken(ticket: Ticket, agent: Person) -> Ticket:
    """An agent takes it, from another one too."""
    if ticket.state is TicketState.ASSIGNED:
        return replace(ticket, agent=agent)
    return replace(_moved(ticket, TicketState.ASSIGNED), agent=agent, resolved_at=None, snoozed_until=None)


def answered(ticket: Ticket, agent: Person, now: datetime) -> Ticket:
    """An agent writes to the customer: whoever has no agent yet has one now.

    Raises:
        NotPossible: the conversation is not with people.
    """
    if ticket.state in (TicketState.RESOLVED, TicketState.RETURNED):
        raise NotPossible
    mine = ticket if ticket.state is TicketState.ASSIGNED else taken(ticket, agent)
    return replace(mine, first_response_at=mine.first_response_at or now)


def released(ticket: Ticket) -> Ticket:
    """Its agent gives it back to all.

    Raises:
        NotPossible: the conversation is not with people.
    """
    if ticket.state not in WITH_PEOPLE:
        raise NotPossible(f"Ticket {ticket.number} is {ticket.state}.")
    return replace(_moved(ticket, TicketState.OPEN), agent=None, snoozed_until=None)


def snoozed(ticket: Ticket, until: datetime, note: str = "") -> Ticket:
    """It is put off, or put off anew.

    Args:
        note: what is to be done then.
    """
    is_anew = ticket.state is TicketState.SNOOZED
    moved = ticket if is_anew else _moved(ticket, TicketState.SNOOZED)
    return replace(moved, snoozed_until=until, note=note)


def tagged(ticket: Ticket, tags: Sequence[str]) -> Ticket:
    """It bears these tags, too."""
    return replace(ticket, tags=tuple(dict.fromkeys((*ticket.tags, *tags))))


def untagged(ticket: Ticket, tags: Sequence[str]) -> Ticket:
    """It bears these tags no more."""
    return replace(ticket, tags=tuple(each for each in ticket.tags if each not in tags))


def woken(ticket: Ticket) -> Ticket:
    """What was put off is due, or the customer wrote; anything else stays as it is."""
    if ticket.state is not TicketState.SNOOZED:
        return ticket
    return replace(_moved(ticket, TicketState.OPEN), snoozed_until=None)


def resolved(ticket: Ticket, now: datetime) -> Ticket:
    """It is done."""
    return replace(_moved(ticket, TicketState.RESOLVED), resolved_at=now, snoozed_until=None)


def returned(ticket: Ticket, now: datetime) -> Ticket:
    """The assistant has the conversation again."""
    return replace(_moved(ticket, TicketState.RETURNED), resolved_at=now, snoozed_until=None)


def reopened(ticket: Ticket, reason: str, now: datetime) -> Ticket:
    """The customer needs people again."""
    return replace(
        _moved(ticket, TicketState.OPEN),
        reason=reason,
        agent=None,
        opened_at=now,
        first_response_at=None,
        resolved_at=None,
        snoozed_until=None,
        reopened=ticket.reopened + 1,
        reminded=(),
        summary="",
        topics=(),
        note="",
        muted_until=None,
    )


def _moved(ticket: Ticket, state: TicketState) -> Ticket:
    if (ticket.state, state) not in TICKETS:
        raise NotPossible(f"Ticket {ticket.number} is {ticket.state}.")
    return replace(ticket, state=state)
