"""How long customers wait for an agent, from how long they did."""

from collections.abc import Sequence
from datetime import timedelta

from core.desk.hours import opening_time
from core.desk_policy import Hours
from core.store.records import Ticket

LOOKED_BACK = timedelta(days=28)
ENOUGH = 5
"""First responses from which on a forecast is honest."""
MOST = 0.8
"""The share of customers for whom it has held."""


def forecast(tickets: Sequence[Ticket], hours: Hours | None) -> timedelta | None:
    """Within how much opening time most customers had their first answer; None without enough experience."""
    waits = sorted(
        opening_time(hours, each.opened_at, each.first_response_at)
        for each in tickets
        if each.first_response_at is not None
    )
    if len(waits) < ENOUGH:
        return None
    return waits[min(len(waits) - 1, int(MOST * len(waits)))]
