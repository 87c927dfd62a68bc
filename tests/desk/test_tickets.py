"""What may become of a ticket, and when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import tickets
from core.desk.canned import filled
from core.desk.tickets import NotPossible, Reason
from core.store.records import WITH_PEOPLE, TicketState
from core.store.transitions import TICKETS
from tests.desk.samples import OPENED, ticket
from tests.samples import ANNA, BEN

LATER = OPENED + timedelta(hours=1)
STEPS: dict[str, Callable[..., Any]] = {
    "taken": lambda now: tickets.taken(now, BEN),
    "answered": lambda now: tickets.answered(now, BEN, LATER),
    "released": tickets.released,
    "snoozed": lambda now: tickets.snoozed(now, LATER),
    "woken": tickets.woken,
    "resolved": lambda now: tickets.resolved(now, LATER),
    "returned": lambda now: tickets.returned(now, LATER),
    "reopened": lambda now: tickets.reopened(now, Reason.TOOL_FAILURE, LATER),
}


@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=20))
def test_whatever_is_done_the_table_is_kept_to(steps: list[str]) -> None:
    now = ticket()
    for step in steps:
        before = now
        try:
            now = STEPS[step](before)
        except NotPossible:
            continue
        assert now.state == before.state or (before.state, now.state) in TICKETS
        assert (now.resolved_at is None) == (now.state in WITH_PEOPLE)
        assert (now.snoozed_until is not None) == (now.state is TicketState.SNOOZED)
        assert now.state is not TicketState.ASSIGNED or now.agent is not None


def test_the_first_answer_makes_a_ticket_ones_own_and_stops_the_clock() -> None:
    now = tickets.answered(ticket(), BEN, LATER)
    assert (now.state, now.agent, now.first_response_at) == (TicketState.ASSIGNED, BEN, LATER)
    again = tickets.answered(now, ANNA, LATER + timedelta(hours=1))
    assert (again.agent, again.first_response_at) == (BEN, LATER)


def test_opened_again_it_counts_from_now() -> None:
    done = tickets.resolved(tickets.answered(ticket(), BEN, LATER), LATER)
    now = tickets.reopened(done, Reason.TOOL_FAILURE, LATER)
    assert (now.state, now.reason, now.agent, now.reopened) == (TicketState.OPEN, "tool_failure", None, 1)
    assert (now.opened_at, now.first_response_at, now.resolved_at) == (LATER, None, None)


@pytest.mark.parametrize("state", [TicketState.RESOLVED, TicketState.RETURNED])
def test_nobody_writes_to_a_customer_whom_people_no_longer_look_after(state: TicketState) -> None:
    with pytest.raises(NotPossible):
        tickets.answered(ticket(state=state), BEN, LATER)


def test_a_canned_reply_is_sent_by_its_name_alone() -> None:
    canned = {"hello": "Hello {name}, this is {agent} ({ticket}). {unknown}"}
    values = {"name": "Mina", "agent": "Ben", "ticket": "7"}
    assert filled(" !hello ", canned, values) == "Hello Mina, this is Ben (7). {unknown}"
    assert filled("!hello there", canned, values) == "!hello there"
    assert filled("hello", canned, values) == "hello"
