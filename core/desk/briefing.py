"""A summary of what was said, for the card of a ticket: made in the quiet after it was opened."""

from dataclasses import replace

from core.desk.door import Door
from core.desk.ports import Adviser
from core.desk.relays import card_of
from core.store.ports import Store
from core.store.records import Ticket

_LOOKED_BACK = 6
"""Exchanges that it is made from at most."""
WORTH_IT = 2
"""Exchanges from which on a summary says more than the last words, which agents see at any rate."""


class Briefing:
    """Completes cards."""

    def __init__(self, store: Store, adviser: Adviser, door: Door) -> None:
        self._store = store
        self._adviser = adviser
        self._door = door

    async def complete(self, ticket: Ticket) -> bool:
        """Put a summary and the last topics onto the card; False where there is nothing to put there.

        Raises:
            ModelError, StoreError: it cannot be done now.
        """
        if ticket.summary:
            return False
        transcript = await self._store.history.transcript(ticket.customer.key, _LOOKED_BACK)
        if len(transcript.exchanges) < WORTH_IT and not transcript.summary:
            return False
        brief = await self._adviser.brief(transcript)
        briefed = replace(ticket, summary=brief.summary, topics=brief.topics)
        if briefed == ticket:
            return False
        card = card_of(ticket, briefed, self._door)
        await self._store.tickets.change(briefed, card)
        return True
