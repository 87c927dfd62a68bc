"""Both platforms emulated in this process, people to play in them, and the whole assistant."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bots.playground.slack.seed import APP_TOKEN, BOT_TOKEN
from bots.playground.telegram.app import build_app
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import TOKEN
from bots.run import build_adapters
from bots.service import open_core, serving
from core import settings as core_settings
from core.delivery.pacing import Pacer
from core.desk_policy import DeskSection
from core.engine.types import Engine
from core.knowledge.contributions import Contributions
from core.knowledge.sql.knowledge import Knowledge
from core.media.recognition import Recognition, SpeechRecogniser, TextRecogniser
from core.media.voices import SpeechSynthesiser
from core.policy import KnowledgeSection, Policies, Policy
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.playground.slack.conftest import Slack, slack

__all__ = ["slack"]


@dataclass(frozen=True, kw_only=True)
class Telegram:
    """A running emulator."""

    url: str
    driver: TelegramDriver


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    server = TestServer(build_app())
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    async with TelegramDriver(url) as driver:
        yield Telegram(url=url, driver=driver)
    await server.close()


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, and no settings but those of the test."""
    for name in core_settings.environment_names().values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environment(slack: Slack, telegram: Telegram, bare_environment: Path) -> dict[str, str]:
    """The settings of an operator who has both platforms, as the environment names them."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": f"{slack.url}/api/",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "FRONTDESK_HOME": str(bare_environment / "home"),
        "FRONTDESK_PORT": "0",
    }


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


Start = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def start(environment: dict[str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the whole service, with a scripted model; settings given by name come on top."""

    @asynccontextmanager
    async def started(
        policy: Policy | None = None,
        knowledge: Knowledge | None = None,
        desk: DeskSection | None = None,
        contributions: Contributions | None = None,
        editors: Sequence[str] = (),
        pacer: Pacer | None = None,
        listener: SpeechRecogniser | None = None,
        reader: TextRecogniser | None = None,
        elsewhere: Recognition | None = None,
        synthesiser: SpeechSynthesiser | None = None,
        **more: str,
    ) -> AsyncIterator[str]:
        for name, value in {**environment, **more}.items():
            monkeypatch.setenv(name, value)
        settings: Settings = core_settings.load()
        section = KnowledgeSection(editors=tuple(editors))
        assistant = policy or Policy(settle_seconds=0)
        policies = Policies(assistant=assistant, desk=desk, knowledge=section)
        async with (
            open_core(
                settings,
                policies,
                engine,
                knowledge=knowledge,
                contributions=contributions,
                pacer=pacer,
                listener=listener,
                reader=reader,
                elsewhere=elsewhere,
                synthesiser=synthesiser,
            ) as core,
            serving(core, build_adapters(core)) as url,
        ):
            yield url
            if isinstance(engine, ScriptedEngine):
                engine.hold.set()

    return started
