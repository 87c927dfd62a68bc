"""The figures of the help desk."""

from datetime import timedelta

from core.desk.report import report
from core.desk.tickets import Reason
from core.store.records import Contact, TicketState
from tests.desk.samples import OPENED, ticket
from tests.samples import conversation

MINUTE = timedelta(minutes=1)


def test_the_report_counts_per_platform_and_per_week() -> None:
    tickets = [
        ticket(
            state=TicketState.RESOLVED,
            first_response_at=OPENED + 2 * MINUTE,
            resolved_at=OPENED + 60 * MINUTE,
            reopened=1,
        ),
        ticket(number=2, customer=conversation("other"), reason=Reason.MISSING_KNOWLEDGE),
    ]
    contacts = [
        Contact(conversation=name, platform="terminal", week="2026-W48")
        for name in (tickets[0].customer.key, tickets[1].customer.key, "third", "fourth")
    ]
    contacts.append(Contact(conversation="fourth", platform="terminal", week="2026-W49"))
    found = report(tickets, contacts, {1: ["good", "bad", "good"]}, None)
    assert found["all"] == {
        "conversations": 4,
        "tickets": 2,
        "containment": 0.5,
        "hand_offs": {"customer_request": 1, "missing_knowledge": 1},
        "states": {"resolved": 1, "open": 1},
        "first_response_seconds": {"count": 1, "median": 120.0},
        "resolution_seconds": {"count": 1, "median": 3600.0},
        "reopened": 1,
        "judgements": {"good": 2, "bad": 1},
        "satisfaction": 0.667,
    }
    assert found["platforms"] == {"terminal": found["all"]}
    weeks = found["weeks"]
    assert isinstance(weeks, dict)
    assert weeks["2026-W48"] == found["all"]
    assert weeks["2026-W49"]["containment"] == 1.0


def test_nothing_happened() -> None:
    nothing = report([], [], {}, None)["all"]
    assert isinstance(nothing, dict)
    assert (nothing["containment"], nothing["satisfaction"]) == (None, None)
