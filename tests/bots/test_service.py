"""The running service: what waits is sent once its platform is connected, and not before."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bots import http
from bots.service import Core, open_core, serving, stop_on_signals
from core.delivery.dispatcher import Dispatcher
from core.desk.ports import Desk
from core.errors import ConfigurationError, Gone
from core.health import Health
from core.message import Platform, Post, Reply
from core.policy import Policies, Policy
from core.ports import Channel, Files
from core.settings import Settings
from core.testing import FakeChannel, FakeFiles, ScriptedEngine
from tests.samples import arrival, message

POLICIES = Policies(assistant=Policy(settle_seconds=0))


class ShyChannel(FakeChannel):
    """Knows nobody before its adapter has started."""

    is_known = False

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        if not self.is_known:
            raise Gone("nobody is known here")
        return await super().place(post, reply)


class LateAdapter:
    """Somebody writes while it starts."""

    platform = Platform.TERMINAL

    def __init__(self, core: Core) -> None:
        self._core = core
        self.shy = ShyChannel()
        self.channel: Channel = self.shy
        self.files: Files = FakeFiles()
        self.desk: Desk | None = None

    def routes(self) -> list[web.RouteDef]:
        return []

    async def start(self) -> None:
        await self.starting()
        await self._core.intake.accept(arrival(message("hello")))
        for _ in range(50):  # writes wait in one line: time enough for the core to take it up
            await self._core.store.work.beat()
        self.shy.is_known = True

    async def starting(self) -> None:
        """What a test wants to do meanwhile."""

    async def stop(self) -> None:
        pass

    def health(self) -> Health:
        return Health(part="late", ok=False, detail="The platform is down; trying again.")


class SilentAdapter(LateAdapter):
    """Its platform does not answer, until it is let."""

    platform = Platform.SLACK

    def __init__(self, core: Core, stopped: list[str], *, refuses: str = "") -> None:
        super().__init__(core)
        self.begun, self.answer = asyncio.Event(), asyncio.Event()
        self._stopped, self._refuses = stopped, refuses

    async def start(self) -> None:
        self.begun.set()
        await self.answer.wait()
        if self._refuses:
            raise ConfigurationError(self._refuses)

    async def stop(self) -> None:
        self._stopped.append(self.platform)


class OtherAdapter(SilentAdapter):
    """Another one."""

    platform = Platform.TELEGRAM


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    settings = Settings.model_validate({"FRONTDESK_HOME": str(tmp_path), "FRONTDESK_PORT": 0})
    async with open_core(settings, POLICIES, ScriptedEngine()) as core:
        yield core


async def test_a_service_that_cannot_look_for_work_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Dispatcher) -> None:
        raise RuntimeError

    monkeypatch.setattr(Dispatcher, "run", broken)
    stop = asyncio.Event()
    stop_on_signals(stop)
    settings = Settings.model_validate({"FRONTDESK_HOME": str(tmp_path), "FRONTDESK_PORT": 0})
    with pytest.raises(RuntimeError):
        async with open_core(settings, POLICIES, ScriptedEngine()), asyncio.timeout(60):
            await stop.wait()
    assert stop.is_set()


async def test_what_waits_is_answered_once_its_platform_is_connected(core: Core) -> None:
    adapter = LateAdapter(core)
    async with serving(core, [adapter]), asyncio.timeout(60):
        while list(adapter.shy.visible.values()) != ["echo: hello"]:
            await asyncio.sleep(0.01)


async def test_a_platform_that_does_not_answer_keeps_no_other_waiting(core: Core) -> None:
    silent, adapter = SilentAdapter(core, []), LateAdapter(core)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:

        async def serve() -> None:
            async with serving(core, [silent, adapter]):
                pass

        tasks.create_task(serve())
        while list(adapter.shy.visible.values()) != ["echo: hello"]:
            await asyncio.sleep(0.01)
        silent.answer.set()


async def test_a_wrong_setting_of_one_platform_stops_the_start_and_the_others(core: Core) -> None:
    stopped: list[str] = []
    silent, other = SilentAdapter(core, stopped), OtherAdapter(core, stopped, refuses="The token is wrong.")
    other.answer.set()
    async with asyncio.timeout(60):
        with pytest.raises(ConfigurationError, match="The token is wrong"):
            async with serving(core, [silent, other]):
                pass
    assert silent.begun.is_set()
    assert stopped == [Platform.TELEGRAM, Platform.SLACK]


async def test_a_start_that_is_broken_off_stops_what_had_begun(core: Core) -> None:
    stopped: list[str] = []
    silent, other = SilentAdapter(core, stopped), OtherAdapter(core, stopped)

    async def serve() -> None:
        async with serving(core, [silent, other]):
            pass

    starting = asyncio.create_task(serve())
    async with asyncio.timeout(60):
        await silent.begun.wait()
        await other.begun.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert stopped == [Platform.TELEGRAM, Platform.SLACK]


async def test_nobody_is_let_in_before_platforms_were_asked_and_then_whatever_they_say(core: Core) -> None:
    adapter = LateAdapter(core)
    with http.address("127.0.0.1", 0) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/readyz"

        async def ready() -> bool:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                said = await answer.json()
                assert said["parts"]["late"]["detail"].startswith("The platform is down")
                return answer.status == 200

        async def starting() -> None:
            assert not await ready()

        adapter.starting = starting  # type: ignore[method-assign]  # this one looks
        async with serving(core, [adapter], bound=bound):
            assert await ready()
