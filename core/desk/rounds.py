"""Looks after tickets as time passes: wakes what was put off, and reminds agents of targets."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from core.desk import tickets, words
from core.desk.door import Door
from core.desk.hours import is_open, opening_time
from core.desk.relays import card_of, note
from core.desk_policy import DeskSection
from core.errors import Outdated, StoreError
from core.message import Conversation
from core.ports import Clock
from core.store.ports import Store
from core.store.records import Ticket, TicketState
from core.translation import spoken

SECONDS = 15.0
"""Between two rounds."""
SOON = 0.75
"""The share of a target's time after which agents are reminded that it is due."""

_log = logging.getLogger(__name__)


class Rounds:
    """Several processes may make them: each step is taken once, by its key and the ticket's revision."""

    def __init__(
        self,
        *,
        store: Store,
        door: Door,
        section: DeskSection,
        clock: Clock,
        wake: Callable[[Conversation], None],
    ) -> None:
        self._store = store
        self._door = door
        self._section = section
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Make rounds until cancelled."""
        while True:
            try:
                await self.once()
            except StoreError as error:
                _log.error("the tickets were not looked after: %s", error)
            await self._clock.sleep(SECONDS)

    async def once(self) -> None:
        """Look at every ticket that people have."""
        with spoken(self._door.language):
            await self._look()

    async def _look(self) -> None:
        for ticket in await self._store.tickets.with_people():
            now = self._clock.now()
            for step in (self._woken, self._reminded):
                try:
                    ticket = await step(ticket, now)
                except Outdated:
                    break  # somebody does something with it at this moment; the next round looks again

    async def _woken(self, ticket: Ticket, now: datetime) -> Ticket:
        if ticket.snoozed_until is None or now < ticket.snoozed_until:
            return ticket
        woken = tickets.woken(ticket)
        card = card_of(ticket, woken, self._door)
        source = f"awake:{ticket.number}:{ticket.revision}"
        await self._store.tickets.change(woken, [*card, note(ticket.desk, source, words.awake(woken))])
        self._wake(ticket.desk)
        return replace(woken, revision=ticket.revision + 1)

    async def _reminded(self, ticket: Ticket, now: datetime) -> Ticket:
        """One reminder at a time, while somebody is there to hear it."""
        if ticket.state is TicketState.SNOOZED or not is_open(self._section.hours, now):
            return ticket
        spent = opening_time(self._section.hours, ticket.opened_at, now)
        for target, allowed in self._targets(ticket):
            name = f"{target}, missed" if spent >= allowed else f"{target}, soon"
            if name in ticket.reminded or spent < SOON * allowed:
                continue
            reminded = replace(ticket, reminded=(*ticket.reminded, name))
            source = f"remind:{ticket.number}:{ticket.reopened}:{name}"
            said = note(ticket.desk, source, words.remind(ticket, target, allowed - spent))
            await self._store.tickets.change(reminded, [said])
            self._wake(ticket.desk)
            return replace(reminded, revision=ticket.revision + 1)
        return ticket

    def _targets(self, ticket: Ticket) -> Iterator[tuple[str, timedelta]]:
        """What is still to be reached, and within how much opening time."""
        section = self._section
        if section.first_response_minutes and ticket.first_response_at is None:
            yield words.FIRST_ANSWER, timedelta(minutes=section.first_response_minutes)
        if section.resolution_hours:
            yield words.RESOLUTION, timedelta(hours=section.resolution_hours)
