"""Several cores on one Postgres: whoever takes an event in, the core that has the conversation acts on it."""

import asyncio

import pytest

from core import words
from core.message import Stop
from core.policy import Policy
from core.store.postgres.living import LivingAnywhere
from core.testing import FakeChannel
from tests.delivery.conftest import open_desk
from tests.places import PostgresPlace
from tests.samples import ANNA, HERE, arrival, message


async def test_a_stop_that_another_core_took_in_ends_the_answer(postgres_url: str) -> None:
    place, channel, policy = PostgresPlace(postgres_url), FakeChannel(), Policy(settle_seconds=0)
    async with (
        open_desk(place, channel=channel, policy=policy) as one,
        open_desk(place, channel=channel, policy=policy) as two,
    ):
        listening = asyncio.create_task(one.dispatcher.run())
        one.engine.hold.clear()
        await one.accept(arrival(message("hello")))
        await one.until(lambda: bool(channel.shown))
        await two.accept(arrival(Stop(conversation=HERE, person=ANNA)))
        await one.until(lambda: [text for text in channel.visible.values() if words.stopped() in text] != [])
        listening.cancel()
        await asyncio.wait({listening})


_LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


async def test_a_stop_that_another_core_took_in_while_nobody_listened_ends_the_answer(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_listen, lost = asyncio.Event(), asyncio.Event()
    connect_again = LivingAnywhere._connect_again

    async def connect_when_told(living: LivingAnywhere) -> object:
        lost.set()
        await may_listen.wait()
        return await connect_again(living)

    monkeypatch.setattr(LivingAnywhere, "_connect_again", connect_when_told)
    place, channel, policy = PostgresPlace(postgres_url), FakeChannel(), Policy(settle_seconds=0)
    async with open_desk(place, channel=channel, policy=policy) as one:
        listening = asyncio.create_task(one.dispatcher.run())
        place.ask(f"SELECT pg_terminate_backend(pid) {_LISTENERS}")
        await lost.wait()
        async with open_desk(place, channel=channel, policy=policy) as two:
            one.engine.hold.clear()
            await one.accept(arrival(message("hello")))
            await one.until(lambda: bool(channel.shown))
            await two.accept(arrival(Stop(conversation=HERE, person=ANNA)))
            may_listen.set()
            await one.until(
                lambda: [each for each in channel.visible.values() if words.stopped() in each] != []
            )
        listening.cancel()
        await asyncio.wait({listening})
