"""When a turn begins."""

import asyncio
from datetime import timedelta

from core.delivery.agenda import Agenda
from core.policy import Policy
from core.testing import FakeClock
from tests.places import Place
from tests.samples import HERE, arrival, message


async def test_a_clock_that_is_set_back_holds_no_message_up(place: Place) -> None:
    clock = FakeClock()
    async with place.open(clock) as store:
        await store.leases.take(f"conversation:{HERE.key}")
        await store.inbox.accept(arrival(message("hello")))
        clock.set(clock.now() - timedelta(hours=1))
        async with asyncio.timeout(60):
            turn = await Agenda(store, clock).next_turn(HERE, Policy(settle_seconds=1))
        assert turn is not None
