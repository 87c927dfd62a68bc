"""The help desk in figures: from tickets and judgements, without a word of anybody."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from core.desk.hours import opening_time
from core.desk_policy import Hours
from core.store.records import Contact, Ticket, TicketState

Figures = dict[str, Any]


def report(
    tickets: Sequence[Ticket],
    contacts: Sequence[Contact],
    verdicts: Mapping[int, Sequence[str]],
    hours: Hours | None,
) -> Figures:
    """Figures of all, per platform, and per week in which tickets were opened.

    Args:
        contacts: customers' conversations in the same time, each once a week.
        verdicts: by the number of the ticket, what customers said of it.
    """
    by_platform: dict[str, list[Ticket]] = defaultdict(list)
    by_week: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        by_platform[str(ticket.customer.platform)].append(ticket)
        by_week[_week(ticket)].append(ticket)
    platforms = sorted({*by_platform, *(each.platform for each in contacts)})
    weeks = sorted({*by_week, *(each.week for each in contacts)})

    def figures(some: Sequence[Ticket], among: Sequence[Contact]) -> Figures:
        return _figures(some, len({each.conversation for each in among}), verdicts, hours)

    return {
        "all": figures(tickets, contacts),
        "platforms": {
            name: figures(by_platform[name], [each for each in contacts if each.platform == name])
            for name in platforms
        },
        "weeks": {
            name: figures(by_week[name], [each for each in contacts if each.week == name]) for name in weeks
        },
    }


def _figures(
    tickets: Sequence[Ticket],
    conversations: int,
    verdicts: Mapping[int, Sequence[str]],
    hours: Hours | None,
) -> Figures:
    handed_over = len({each.customer.key for each in tickets})
    whole = max(conversations, handed_over)
    said = Counter(verdict for each in tickets for verdict in verdicts.get(each.number, ()))
    judged = said["good"] + said["bad"]
    first = [
        opening_time(hours, each.opened_at, each.first_response_at).total_seconds()
        for each in tickets
        if each.first_response_at is not None
    ]
    closed = [
        opening_time(hours, each.opened_at, each.resolved_at).total_seconds()
        for each in tickets
        if each.resolved_at is not None and each.state is TicketState.RESOLVED
    ]
    return {
        "conversations": whole,
        "tickets": len(tickets),
        "containment": round(1 - handed_over / whole, 3) if whole else None,
        "hand_offs": dict(Counter(each.reason for each in tickets)),
        "states": dict(Counter(str(each.state) for each in tickets)),
        "first_response_seconds": _middle(first),
        "resolution_seconds": _middle(closed),
        "reopened": sum(each.reopened for each in tickets),
        "judgements": {"good": said["good"], "bad": said["bad"]},
        "satisfaction": round(said["good"] / judged, 3) if judged else None,
    }


def _middle(seconds: Sequence[float]) -> dict[str, object]:
    """Of how many, and what the middle one is."""
    return {"count": len(seconds), "median": round(median(seconds), 1) if seconds else None}


def _week(ticket: Ticket) -> str:
    return f"{ticket.opened_at:%G-W%V}"
