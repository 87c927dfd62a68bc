"""An adapter between the Telegram emulator and an intake that remembers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from adapters.telegram.adapter import TelegramAdapter
from bots.playground.telegram.app import build_app
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA, TOKEN
from core.delivery.pacing import Pacer
from core.knowledge.access import ReadingRoom
from core.message import Arrival, Conversation, Platform, Post
from core.policy import Policies
from core.settings import Settings
from core.testing import FakeClock, FakeFiles
from tests.adapters.leases import SharedLeases
from tests.playground.telegram.schema import check_records

BOT = 424242
PATIENCE = 60.0
T = TypeVar("T")


class MemoryCabinet:
    """A cabinet in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def put(self, name: str, text: str) -> None:
        self.kept[name] = text

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def remove(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


class MemoryIntake:
    """Remembers what arrived, each key once, and fails when told to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.handed_in = 0
        self.failures: deque[Exception] = deque()

    async def accept(self, arrival: Arrival) -> None:
        self.handed_in += 1
        if self.failures:
            raise self.failures.popleft()
        if arrival.key not in (each.key for each in self.arrivals):
            self.arrivals.append(arrival)


async def until(condition: Callable[[], object], clock: FakeClock | None = None) -> None:
    """Wait for a condition, letting `clock` run along."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            if clock is not None:
                await clock.advance(1)
            await asyncio.sleep(0.005)


async def done(call: Coroutine[Any, Any, T], clock: FakeClock) -> T:
    """The result of a call that waits for its turn on `clock`."""
    task = asyncio.create_task(call)
    await until(task.done, clock)
    return task.result()


def conversation(chat: int, thread: str = "") -> Conversation:
    """A conversation with the bot."""
    return Conversation(
        platform=Platform.TELEGRAM, tenant=str(BOT), channel=str(chat), thread=thread, direct=chat > 0
    )


def post(chat: int, *, thread: str = "", **more: Any) -> Post:
    """A post that answers in a chat."""
    return Post(id="post-1", turn_id="turn-1", conversation=conversation(chat, thread), **more)


@pytest.fixture
async def api_url() -> AsyncIterator[str]:
    async with TestServer(build_app()) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def telegram(api_url: str) -> AsyncIterator[TelegramDriver]:
    """People on Telegram; Mina has written to the bot before, and her words were fetched then.

    Afterwards every call that was accepted is held against aiogram's models.
    """
    async with TelegramDriver(api_url) as driver, ClientSession(f"{api_url}/bot{TOKEN}/") as session:
        await driver.send(MINA, MINA, "/start")
        async with session.get("getUpdates", params={"offset": 900_000}) as answer:
            assert (await answer.json())["result"] == []
        yield driver
        check_records(await driver.journal(direction="request"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def intake() -> MemoryIntake:
    return MemoryIntake()


@pytest.fixture
def cabinet() -> MemoryCabinet:
    return MemoryCabinet()


@pytest.fixture
def leases() -> SharedLeases:
    return SharedLeases()


MakeAdapter = Callable[..., TelegramAdapter]


@pytest.fixture
def make_adapter(
    api_url: str,
    telegram: TelegramDriver,
    intake: MemoryIntake,
    cabinet: MemoryCabinet,
    leases: SharedLeases,
    clock: FakeClock,
) -> MakeAdapter:
    """Build an adapter; the given settings replace those of a bot that polls."""

    def make(**changes: Any) -> TelegramAdapter:
        settings: dict[str, Any] = {"telegram_bot_token": TOKEN, "telegram_api_url": api_url}
        return TelegramAdapter(
            settings=Settings.model_validate(settings | changes),
            policies=Policies(),
            intake=intake,
            cabinet=cabinet,
            leases=leases,
            pacer=Pacer(clock),
            clock=clock,
            reading_room=ReadingRoom(None, Policies(), None),
            files=FakeFiles(),
        )

    return make


@pytest.fixture
async def adapter(make_adapter: MakeAdapter) -> AsyncIterator[TelegramAdapter]:
    """A started adapter."""
    adapter = make_adapter()
    await adapter.start()
    yield adapter
    await adapter.stop()
