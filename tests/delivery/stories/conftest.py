"""Both emulators, one bot between them, and the people of one platform or of each in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bots.playground.clock import PlayClock
from bots.playground.slack.app import build_app as build_slack
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.telegram.app import build_app as build_telegram
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene
from bots.store import DATABASE
from tests.delivery.stories.bot import WISHED, Bot, PushedClock, Side
from tests.engine.fleet.server import Server
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.vaults import empty_database


@pytest.fixture(params=WISHED or ("sqlite",))
def topology(request: pytest.FixtureRequest) -> str:
    """One of `TOPOLOGIES`."""
    return str(request.param)


@pytest.fixture
def place(request: pytest.FixtureRequest, topology: str, tmp_path: Path) -> Place:
    """Where the bot keeps its data."""
    if topology == "sqlite":
        return SqlitePlace(tmp_path / "home" / DATABASE)
    return PostgresPlace(request.getfixturevalue("postgres_url"))


@pytest.fixture
def keys(request: pytest.FixtureRequest, topology: str) -> str:
    """The address of a database for the keys; empty where they are a file in the data folder."""
    return "" if topology == "sqlite" else empty_database(request.getfixturevalue("postgres"))


@pytest.fixture
async def nats(topology: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a NATS server; empty where there is none."""
    if topology != "fleet":
        yield ""
        return
    server = Server(tmp_path / "nats")
    await server.start()
    yield server.url
    await server.kill()


@pytest.fixture
async def bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place, keys: str, nats: str
) -> AsyncIterator[Bot]:
    """Not started yet: each story says how. The platforms and the bot live by one clock.

    Whoever pushes it lets nobody's leases run out: the bot did not stand still meanwhile.
    """
    monkeypatch.setattr("core.delivery.heartbeat.KEPT_SECONDS", 1e9)
    clock = PlayClock()
    for emulator in ("slack", "telegram"):
        monkeypatch.setattr(f"bots.playground.{emulator}.app.PlayClock", lambda: clock)
    async with TestServer(build_slack()) as slack, TestServer(build_telegram()) as telegram:
        urls = {
            "slack": str(slack.make_url("")).rstrip("/"),
            "telegram": str(telegram.make_url("")).rstrip("/"),
        }
        async with SlackDriver(urls["slack"]) as workspace, TelegramDriver(urls["telegram"]) as people:
            home, pushed = tmp_path / "home", PushedClock(clock)
            bot = Bot(
                home=home,
                slack=workspace,
                telegram=people,
                urls=urls,
                clock=pushed,
                place=place,
                nats=nats,
                keys=keys,
            )
            yield bot
            await bot.stop()


@pytest.fixture
def slack(bot: Bot) -> Side:
    return Side(
        name="slack",
        scene=SlackScene(bot.slack),
        driver=bot.slack,
        begins="chat.startStream",
        puts_up="chat.startStream",
        finishes="chat.stopStream",
    )


@pytest.fixture
def telegram(bot: Bot) -> Side:
    return Side(
        name="telegram",
        scene=TelegramScene(bot.telegram),
        driver=bot.telegram,
        begins="sendMessageDraft",
        puts_up="sendMessage",
        finishes="editMessageText",
    )


@pytest.fixture(params=["slack", "telegram"])
def side(request: pytest.FixtureRequest, slack: Side, telegram: Side) -> Side:
    """Each platform in turn."""
    return slack if request.param == "slack" else telegram
