"""Tickets to test with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.desk.tickets import Reason
from core.message import Conversation, Platform
from core.store.records import Ticket
from tests.samples import ANNA, HERE

DESK = Conversation(platform=Platform.TERMINAL, tenant="t", channel="desk", thread="ticket-1")
OPENED = datetime(2026, 11, 23, 9, tzinfo=UTC)


def ticket(**changes: Any) -> Ticket:
    return replace(
        Ticket(
            number=1,
            customer=HERE,
            desk=DESK,
            person=ANNA,
            reason=Reason.CUSTOMER_REQUEST,
            opened_at=OPENED,
        ),
        **changes,
    )
