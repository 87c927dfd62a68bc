"""The whole service between both emulated platforms, and its people, as the stories need them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from adapters.markdown import JOINER
from bots.playground.clock import PlayClock
from bots.playground.scenario.scene import Scene, Seen
from bots.playground.scenario.script import Place
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import TOKEN
from bots.run import build_adapters
from bots.service import Adapter, Core, open_core, serving
from core.clock import SystemClock
from core.engine.fleet.broker import connected
from core.engine.fleet.client import FleetEngine, open_fleet
from core.engine.fleet.worker import Worker
from core.engine.types import Engine
from core.learning_policy import LearningSection
from core.media.voices import SpeechSynthesiser
from core.policy import Policies, Policy
from core.privacy_policy import PrivacySection
from core.settings import Settings
from core.testing import ScriptedEngine
from tests import places

PATIENCE = 60.0
WEBHOOK_SECRET = "webhook-secret-of-the-stories"
TOPOLOGIES = ("sqlite", "postgres", "fleet")
"""SQLite and Postgres alone, and Postgres with a worker behind NATS."""
WISHED = tuple(os.environ.get("FRONTDESK_STORIES", "").split())
"""Where all stories are told, if anywhere: `make stories` wishes so."""
QUICK = Policy(settle_seconds=0)
NOT_LEARNING = LearningSection()
NAMELESS = PrivacySection()
_OPEN = """
SELECT 1 FROM inbox WHERE state IN ('waiting', 'adopted')
UNION ALL SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'failed', 'withdrawn')
"""


class PushedClock:
    """Fills `core.ports.Clock` with the platforms' clock, which a story may push forward."""

    def __init__(self, play: PlayClock) -> None:
        self._play = play

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._play.now(), SystemClock().now().tzinfo)

    def monotonic(self) -> float:
        return self._play.now()

    async def sleep(self, seconds: float) -> None:
        await self._play.sleep(seconds)

    def push(self, seconds: float) -> None:
        """Let so much time pass at once, for everybody."""
        self._play.advance(seconds)


class Bot:
    """The service as it runs in production, but for the model: store, dispatcher, adapters, HTTP server.

    It can be stopped and started again on the same database; the platforms stay.
    """

    def __init__(
        self,
        *,
        home: Path,
        slack: SlackDriver,
        telegram: TelegramDriver,
        urls: dict[str, str],
        clock: PushedClock,
        place: places.Place,
        nats: str,
        keys: str,
    ) -> None:
        self.slack, self.telegram = slack, telegram
        self.clock = clock
        self.engine = ScriptedEngine()
        self.policy = QUICK
        self.home = home
        self.place = place
        self.nats = nats
        """The address of the server behind which a worker writes; empty where there is none."""
        self.keys = keys
        """The address of the database of the keys; empty where they are a file."""
        self.is_sealed = False
        """Whether it was started with a secret before."""
        self.url = ""
        self.core: Core | None = None
        self.adapters: Sequence[Adapter] = ()
        self.urls = urls
        self._open = AsyncExitStack()

    async def start(
        self,
        *script: str | Exception,
        policy: Policy | None = None,
        held: bool = False,
        hooks_on: int = 0,
        learning: LearningSection = NOT_LEARNING,
        privacy: PrivacySection = NAMELESS,
        synthesiser: SpeechSynthesiser | None = None,
        **settings: Any,
    ) -> None:
        """Start with a model that says `script`, then echoes.

        Args:
            held: the model stops in the middle of each answer until `engine.hold` is set.
            hooks_on: the port on which both platforms reach the service; 0: it polls and opens a socket.
            learning: whom people may let learn from them.
            privacy: who is responsible.
            synthesiser: reads answers aloud.
            settings: replace settings, by name.
        """
        self.policy = policy or self.policy
        self.engine = ScriptedEngine(*script)
        if held:
            self.engine.hold.clear()
        configured = self._settings(hooks_on, settings)
        engine: Engine = self.engine
        if self.nats:
            engine = await self._open.enter_async_context(behind_nats(self.nats, self.engine))
        self.core = await self._open.enter_async_context(
            open_core(
                configured,
                Policies(assistant=self.policy, learning=learning, privacy=privacy),
                engine,
                clock=self.clock,
                synthesiser=synthesiser,
            )
        )
        self.adapters = build_adapters(self.core)
        self.url = await self._open.enter_async_context(serving(self.core, self.adapters))
        if hooks_on:
            await self.slack.set_request_url(f"{self.url}/slack/events")
        else:
            await self.slack.wait_for(lambda state: state["sockets"])

    async def stop(self) -> None:
        """Stop as on SIGTERM, but without patience for running answers: they are handed back."""
        if self.core is not None:
            await self.core.dispatcher.stop(grace=0)
            self.core = None
        await self.engine.close()
        await self._open.aclose()

    def twin(self) -> "Bot":
        """A second process, started by mistake on the same database and the same tokens."""
        return Bot(
            home=self.home,
            slack=self.slack,
            telegram=self.telegram,
            urls=self.urls,
            clock=self.clock,
            place=self.place,
            nats=self.nats,
            keys=self.keys,
        )

    async def poll_as_somebody_else(self) -> None:
        """Another program fetches this bot's updates, once."""
        url = f"{self.urls['telegram']}/bot{TOKEN}/getUpdates"
        async with aiohttp.ClientSession() as session, session.post(url, json={"timeout": 0}) as answer:
            assert answer.status == 200

    async def knock(self, side: str, body: bytes) -> int:
        """Hand a body in as this platform would, signed or with the secret; returns the status."""
        timestamp = str(int(self.clock.now().timestamp()))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=timestamp, body=body)
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
            "X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET,
        }
        path = {"slack": "/slack/events", "telegram": "/telegram/webhook"}[side]
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url + path, data=body, headers=headers) as answer,
        ):
            return answer.status

    def write(self, statement: str, *values: object) -> None:
        """Change the database beside the service."""
        self.place.ask(statement, *values)

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database beside the service."""
        return self.place.ask(question, *values)

    @asynccontextmanager
    async def hurrying(self) -> AsyncIterator[None]:
        """Time flies while the block runs: a second passes every few milliseconds."""

        async def run() -> None:
            while True:
                self.clock.push(1)
                await asyncio.sleep(0.02)

        running = asyncio.create_task(run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def quiet(self) -> None:
        """Wait until everything that was committed has been worked off."""
        await until(lambda: self._is_idle() and not self.ask(_OPEN))

    def _is_idle(self) -> bool:
        return self.core is not None and self.core.dispatcher.busy == 0

    def _settings(self, hooks_on: int, changes: dict[str, Any]) -> Settings:
        base: dict[str, Any] = {
            "slack_bot_token": BOT_TOKEN,
            "slack_app_token": APP_TOKEN,
            "slack_api_url": f"{self.urls['slack']}/api/",
            "telegram_bot_token": TOKEN,
            "telegram_api_url": self.urls["telegram"],
            "FRONTDESK_HOME": self.home,
            "FRONTDESK_PORT": hooks_on,
            **self.place.environment,
        }
        self.is_sealed = self.is_sealed or bool(changes.get("FRONTDESK_SECRET_KEY"))
        shared = {"FRONTDESK_KEYS_URL": self.keys} if self.is_sealed and self.keys else {}
        hooks = {
            "slack_app_token": None,
            "slack_signing_secret": SIGNING_SECRET,
            "telegram_webhook_url": f"http://127.0.0.1:{hooks_on}/telegram/webhook",
            "telegram_webhook_secret": WEBHOOK_SECRET,
        }
        return Settings.model_validate(base | shared | (hooks if hooks_on else {}) | changes)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One platform with its people, so that a story can be told on both."""

    name: Literal["slack", "telegram"]
    scene: Scene
    driver: SlackDriver | TelegramDriver
    begins: str
    """The call that first shows an answer which is still being written."""
    puts_up: str
    """Pattern of the calls that put a post up, for faults."""
    finishes: str
    """Pattern of the calls that make a post show its answer."""

    async def say(
        self, text: str, *, who: int = 0, at: Place = "direct", to_the_assistant: bool = True
    ) -> None:
        """Write, addressing the assistant."""
        await self.scene.say(who, at, text, to_the_assistant=to_the_assistant)

    async def sees(self, *texts: str, who: int = 0, at: Place = "direct") -> None:
        """Wait until exactly these answers stand there, finished and in this order.

        Bare placeholders are not counted: a lost id may leave one behind.
        """
        found: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.answers(who=who, at=at)) != list(texts):
                    await self.scene.changed()
        except TimeoutError:
            raise AssertionError(f"on {self.name} stands {found}, not {list(texts)}") from None

    async def begun(self) -> None:
        """Wait until an answer shows while it is being written."""
        await self.driver.wait_for_journal(method=self.begins)

    async def answers(self, *, who: int = 0, at: Place = "direct") -> list[str]:
        """The finished answers that stand there."""
        posts = await self.posts(who=who, at=at)
        return [each.text.replace(JOINER, "") for each in posts if each.finished and each.text != "…"]

    async def deliveries(self) -> list[dict[str, Any]]:
        """The payloads of messages that people wrote, in every attempt to deliver them, oldest first."""
        records = await self.driver.journal(direction="delivery", method="message")
        if self.name == "telegram":
            return [each["body"] for each in records]
        payloads = [each["body"]["payload"] for each in records]
        return [each for each in payloads if not {"bot_id", "subtype"} & set(each["event"])]

    async def posts(self, *, who: int = 0, at: Place = "direct") -> Sequence[Seen]:
        """Everything of the assistant that stands there."""
        return await self.scene.seen(who, at)


def told_on(*topologies: str) -> pytest.MarkDecorator:
    """For modules whose stories are told on these each time, and not on SQLite alone."""
    return pytest.mark.parametrize("topology", WISHED or topologies, indirect=True)


@asynccontextmanager
async def working(nats: str, model: ScriptedEngine) -> AsyncIterator[None]:
    """A worker that lets `model` write, for as long as the block runs."""
    leave = asyncio.Event()
    async with connected([nats], role="worker") as broker:
        worker = asyncio.create_task(Worker(broker, model).run(leave, grace=0))
        try:
            yield
        finally:
            leave.set()
            await worker


@asynccontextmanager
async def behind_nats(nats: str, model: ScriptedEngine) -> AsyncIterator[FleetEngine]:
    """The engine of a core that has one worker, for as long as the block runs."""
    async with connected([nats], role="core") as broker, working(nats, model):
        engine = await open_fleet(broker, SystemClock())
        await engine.met()
        yield engine


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)
