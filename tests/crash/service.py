"""The service under test: everything is real but the model, which answers at once and names the questions."""

import asyncio
import importlib
import logging
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bots import telegram, widget, workspace
from bots.fleet import opened_fleet
from bots.playground.slack.seed import HELP
from bots.service import Adapter, open_core, serving, stop_on_signals
from core import failpoint
from core.clock import SystemClock
from core.delivery.pacing import Pacer, Rate
from core.desk_policy import DeskSection
from core.engine.types import ChatMessage, Delta, Engine, Finish, Options, Prompt, Usage
from core.policy import Policies, Policy
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.crash.builds import SOUND, find_build
from tests.crash.network import HERE, enter

FAILPOINT = "FRONTDESK_FAILPOINT"
POLICIES = Policies(
    assistant=Policy(settle_seconds=0.02, longest_wait_seconds=3600, person_budget=0, channel_budget=0)
)
WITH_A_DESK = POLICIES.model_copy(
    update={"desk": DeskSection(platform="slack", channel=HELP, unknown_answers=0)}
)
WORD_SECONDS = 0.005
"""Between two words of an answer: time enough for some answers to be seen growing."""
_BEGUN = "\n\nBegun: "
"""Before what another worker wrote of an answer."""
_QUESTION = re.compile(r"\bq(\d+)\b")


def question(number: int) -> str:
    """What people ask; the answer names the number."""
    return f"q{number}"


def questions_in(text: str) -> list[int]:
    """The questions that a text holds, in order."""
    return [int(number) for number in _QUESTION.findall(text)]


class EchoEngine(ScriptedEngine):
    """Answers every prompt with the numbers of the questions in its last message, from where it is begun."""

    def __init__(self, word_seconds: float) -> None:
        super().__init__()
        self._word_seconds = word_seconds

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        return await self.extend(await super().prepare(messages[-1:]), _BEGUN + begun)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        asked, _, begun = prompt.text.partition(_BEGUN)
        words = ("Answering", *map(str, questions_in(asked)), "done")
        for number, word in enumerate(words):
            if number < len(begun.split()):
                continue
            yield Delta(text=f" {word}" if number else word)
            await asyncio.sleep(self._word_seconds)
        usage = Usage(prompt_tokens=1, generated_tokens=1, first_token_seconds=0.0, seconds=0.0)
        yield Delta(text="", finish=Finish.STOP, usage=usage)


class Unpaced(Pacer):
    """Lets everything through: the emulators count nothing here."""

    async def wait(self, rates: Mapping[str, Rate]) -> None:
        pass


class WrongClock(SystemClock):
    """That of a machine whose time is not ours; 0 seconds are right."""

    def __init__(self, ahead: float) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return super().monotonic() + 1000 * self._ahead


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a service process is started with."""

    home: Path
    settings: Mapping[str, str | int] = field(repr=False)
    build: str = SOUND
    word_seconds: float = WORD_SECONDS
    policies: Policies = POLICIES
    clock_ahead: float = 0.0
    """Seconds by which its clock is wrong."""
    machine: str = HERE
    """On which it runs."""

    def read(self) -> Settings:
        return Settings.model_validate({**self.settings, "FRONTDESK_HOME": str(self.home)})


def main(setup: Setup, kill_at: str = "") -> None:
    """Serve until killed, or told to stop; `kill_at` is a failpoint and how often it is passed."""
    if setup.machine:
        enter(setup.machine)
    set_failpoint(kill_at)
    logging.basicConfig(filename=setup.home / "service.log", level=logging.INFO, force=True)
    asyncio.run(serve(setup))


def set_failpoint(kill_at: str) -> None:
    """Let this process die there. It is forked from one that has imported everything: so it is read anew."""
    os.environ[FAILPOINT] = kill_at
    importlib.reload(failpoint)


async def serve(setup: Setup) -> None:
    """The composition root: like `frontdesk run`, with the scripted model and without pacing."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    build = find_build(setup.build)
    settings, clock = setup.read(), WrongClock(setup.clock_ahead)
    async with (
        _engine(setup, settings) as engine,
        open_core(settings, setup.policies, engine, clock=clock, pacer=Unpaced(clock)) as sound_core,
    ):
        core = build.core(sound_core)
        adapters: list[Adapter] = [workspace.build(core), telegram.build(core), widget.build(core)]
        for adapter in adapters:
            adapter.channel = build.channel(adapter.channel)
        async with serving(core, adapters):
            await stop.wait()


@asynccontextmanager
async def _engine(setup: Setup, settings: Settings) -> AsyncIterator[Engine]:
    if settings.nats_url is None:
        yield EchoEngine(setup.word_seconds)
        return
    async with opened_fleet(settings) as engine:
        yield engine
