"""What becomes of a turn at the help desk, as answers that say nothing, or something to those who wrote."""

from collections.abc import Sequence
from dataclasses import replace

from core.delivery.responder import Answer
from core.desk.door import Door
from core.desk.relays import card_of
from core.message import Arrival
from core.store.records import RELAY, Ticket

SILENT = Answer(text="", route=RELAY, quiet=True)


def notice(text: str, ticket: Ticket | None = None) -> Answer:
    """A word of the desk itself, about a ticket that stays as it is."""
    return Answer(text=text, route="desk", quiet=True, ticket=ticket)


def changed(
    door: Door, before: Ticket | None, now: Ticket, answer: Answer, relays: Sequence[Arrival]
) -> Answer:
    """The answer, with the ticket as it is now and its card brought up to date, before all else."""
    card = [] if before == now else card_of(before, now, door)
    return replace(answer, ticket=now, relays=(*card, *relays))
