"""Whose conversations are taken up: one platform takes no room from another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from core.errors import RateLimited, StoreError
from core.message import Conversation, Platform
from core.store.sql.leases import SqlLeases
from core.testing import FakeChannel
from tests.delivery.conftest import Desk
from tests.samples import HERE, arrival, message

ROOM = 2
ELSEWHERE = [replace(HERE, platform=Platform.WEB, channel=f"w{number}") for number in range(2 * ROOM)]


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.delivery.dispatcher.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr("core.delivery.dispatcher.SIDE_BY_SIDE", ROOM)


async def test_what_waits_for_a_platform_that_is_not_connected_holds_nobody_up(desk: Desk) -> None:
    for place in [*ELSEWHERE, HERE]:
        await wait_unnoticed(desk, place)
    async with sweeping(desk):
        await desk.until(lambda: desk.texts == ["echo: hello"])


async def test_a_platform_that_takes_nothing_holds_no_other_up(desk: Desk) -> None:
    away = FakeChannel()
    away.fail("settle", *[RateLimited(retry_after=3600)] * len(ELSEWHERE))
    desk.dispatcher.connect(Platform.WEB, away)
    for place in ELSEWHERE:
        await wait_unnoticed(desk, place)
    async with sweeping(desk):
        await desk.until(lambda: len(away.visible) == ROOM)
        await desk.accept(arrival(message("hello")))
        await desk.until(lambda: desk.texts == ["echo: hello"])
    await desk.dispatcher.stop(grace=0)


async def test_a_conversation_whose_lease_was_given_without_a_word_is_taken_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases, take = type(desk.store.leases), type(desk.store.leases).take
    broken = asyncio.Event()

    async def break_off(self: SqlLeases, name: str) -> bool:
        given = await take(self, name)
        if broken.is_set() or not name.startswith("conversation:"):
            return given
        broken.set()
        raise StoreError("the connection broke when it was committed")

    monkeypatch.setattr(leases, "take", break_off)
    await wait_unnoticed(desk, HERE)
    async with sweeping(desk):
        await desk.until(lambda: desk.texts == ["echo: hello"])
    assert broken.is_set()


async def wait_unnoticed(desk: Desk, where: Conversation) -> None:
    """As after a restart: it is written down, and nobody wakes the worker."""
    await desk.store.inbox.accept(arrival(message("hello", where=where)))


@asynccontextmanager
async def sweeping(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
