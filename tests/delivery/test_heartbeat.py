"""Leases are kept whatever else takes long, and nothing is said under leases that ran out."""

import asyncio
from collections import deque
from typing import Any

import pytest

from core.delivery.heartbeat import Heartbeat
from core.errors import StoreError
from core.message import Platform
from core.testing import FakeClock
from tests.delivery.conftest import Desk
from tests.delivery.test_dispatcher import sweeping
from tests.samples import arrival, message


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.delivery.heartbeat.BEAT_SECONDS", 0.01)
    monkeypatch.setattr("core.delivery.dispatcher.SWEEP_SECONDS", 0.05)


async def test_a_look_for_work_that_takes_long_stops_no_heartbeat(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, beats = asyncio.Event(), 0
    beat = desk.store.work.beat

    async def look_for_ever(limit: int, platform: Platform) -> Any:
        looking.set()
        await asyncio.Future[None]()

    async def count_beat() -> None:
        nonlocal beats
        await beat()
        beats += looking.is_set()

    monkeypatch.setattr(desk.store.work, "open_conversations", look_for_ever)
    monkeypatch.setattr(desk.store.work, "beat", count_beat)
    async with sweeping(desk):
        await desk.until(lambda: beats >= 3)


async def test_an_answer_is_broken_off_before_its_lease_runs_out_and_given_afterwards(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.heartbeat.KEPT_SECONDS", 0.2)
    beat = desk.store.work.beat
    is_away = False

    async def beat_or_not() -> None:
        if is_away:
            raise StoreError("away")
        await beat()

    monkeypatch.setattr(desk.store.work, "beat", beat_or_not)
    async with sweeping(desk):
        desk.engine.hold.clear()
        await desk.accept(arrival(message("hello")))
        await desk.until(lambda: bool(desk.texts))
        is_away = True
        await desk.until(lambda: desk.dispatcher.busy == 0)
        desk.engine.hold.set()
        await desk.accept(arrival(message("anybody?"), key="2"))
        assert desk.dispatcher.busy == 0
        is_away = False
        await desk.until(lambda: desk.texts == ["echo: hello", "echo: anybody?"])


async def test_a_process_that_stood_still_gives_up_what_it_did_before_it_goes_on() -> None:
    clock, lost, asked = FakeClock(), [], deque[asyncio.Future[None]]()

    class Work:
        async def beat(self) -> None:
            asked.append(asyncio.get_running_loop().create_future())
            await asked[-1]

    heart = Heartbeat(Work(), clock)  # type: ignore[arg-type]  # only beats
    beating = asyncio.create_task(heart.run(lambda: lost.append(heart.keeps)))
    async with asyncio.timeout(60):
        while not asked:
            await asyncio.sleep(0)
        clock._elapsed += 3600  # nobody was woken meanwhile
        asked[0].set_result(None)
        while not lost:
            await asyncio.sleep(0)
    assert lost == [False]
    assert heart.keeps
    beating.cancel()
    await asyncio.wait({beating})
