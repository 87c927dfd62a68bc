"""One core at a time tells the fleet which models are to answer."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import IO

import nats as library
import pytest

from core.clock import SystemClock
from core.engine.fleet import desired
from core.engine.fleet.alone import GONE_SECONDS, alone
from core.engine.fleet.broker import Broker, connected
from core.engine.shelf import Shelf
from core.testing import FakeClock
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import until
from tests.engine.fleet.test_rollout import chosen
from tests.engine.test_registry import shelf

__all__ = ["chosen", "shelf"]


@pytest.fixture
async def broker(nats: Server) -> AsyncIterator[Broker]:
    async with connected([nats.url], role="core") as opened:
        await opened.open_queue()
        yield opened


async def test_two_cores_that_start_together_put_a_model_there_once(
    nats: Server, broker: Broker, chosen: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, left, clock, goes_on = list[str](), list[int](), FakeClock(), asyncio.Event()
    put_file, leave = Broker.put_file, Broker.leave

    async def slowly(self: Broker, name: str, file: IO[bytes]) -> None:
        put.append(name)
        await goes_on.wait()
        await put_file(self, name, file)

    async def noted(self: Broker, mark: int) -> None:
        await leave(self, mark)
        left.append(mark)

    monkeypatch.setattr(Broker, "put_file", slowly)
    monkeypatch.setattr(Broker, "leave", noted)
    async with connected([nats.url], role="core") as another, asyncio.timeout(60):
        cores = [asyncio.create_task(desired.announce(chosen, broker, SystemClock()))]
        await until(lambda: bool(put))
        cores.append(asyncio.create_task(desired.announce(chosen, another, clock)))
        await until(lambda: len(put) == 2 or clock.sleepers == 1)  # it puts it there too, or waits
        goes_on.set()
        await until(lambda: len(left) == 1)
        await clock.advance(GONE_SECONDS)
        await until(lambda: len(left) == 2)
        for each in cores:
            each.cancel()
        await asyncio.gather(*cores, return_exceptions=True)
    assert put == [chosen.find("one").reference]


async def test_a_core_is_waited_for_while_it_lives_and_no_longer(broker: Broker) -> None:
    mark, clock, inside = await broker.enter(0), FakeClock(), asyncio.Event()

    async def wait() -> None:
        async with alone(broker, clock):
            inside.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(wait())
        for _ in range(3):
            await until(lambda: clock.sleepers == 1)
            assert not inside.is_set()
            assert (mark := await broker.enter(mark))
            await clock.advance(GONE_SECONDS)
        await until(lambda: clock.sleepers == 1)
        assert not inside.is_set()
        await clock.advance(GONE_SECONDS)
        await inside.wait()
    assert await broker.enter(mark) == 0, "who was taken for dead learns it"
    assert await broker.inside() == 0, "who has left keeps nobody waiting"


async def test_what_a_core_left_of_a_file_when_it_died_is_removed_once_it_is_dead_for_sure(
    nats: Server, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kept", "chosen no more"):
        with BytesIO(bytes(300_000)) as file:
            await broker.put_file(name, file)
    client = await library.connect(nats.url)
    for _ in range(3):
        await client.jetstream().publish("$O.frontdesk.C.pieces", bytes(100_000))

    async def pieces() -> dict[str, int]:
        told = await client.jetstream().stream_info("OBJ_frontdesk", subjects_filter="$O.frontdesk.C.>")
        return told.state.subjects or {}

    await broker.keep_files(["kept"])
    assert sorted((await pieces()).values()) == [3, 3]
    monkeypatch.setattr("core.engine.fleet.broker.PIECES_SECONDS", -60.0)
    await broker.keep_files(["kept"])
    assert "$O.frontdesk.C.pieces" not in await pieces()
    with BytesIO() as file:
        await broker.get_file("kept", file)
        assert len(file.getvalue()) == 300_000
    await client.close()


async def test_a_core_that_takes_long_shows_that_it_lives(broker: Broker) -> None:
    clock = FakeClock()
    async with alone(broker, clock), asyncio.timeout(60):
        mark = await broker.inside()
        while await broker.inside() == mark:
            await clock.advance(GONE_SECONDS / 2)
            await asyncio.sleep(0.01)
