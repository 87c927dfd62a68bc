"""The service under test: everything is real but the model, which answers at once and names the questions."""

import asyncio
import importlib
import logging
import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bots import telegram, widget, workspace
from bots.playground.slack.seed import HELP
from bots.service import Adapter, open_core, serving, stop_on_signals
from core import failpoint
from core.clock import SystemClock
from core.delivery.pacing import Pacer, Rate
from core.desk_policy import DeskSection
from core.engine.types import ChatMessage, Delta, Finish, Options, Prompt, Usage
from core.policy import Policies, Policy
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.crash.builds import SOUND, find_build

FAILPOINT = "FRONTDESK_FAILPOINT"
POLICIES = Policies(
    assistant=Policy(settle_seconds=0.02, longest_wait_seconds=3600, person_budget=0, channel_budget=0)
)
WITH_A_DESK = POLICIES.model_copy(
    update={"desk": DeskSection(platform="slack", channel=HELP, unknown_answers=0)}
)
WORD_SECONDS = 0.005
"""Between two words of an answer: time enough for some answers to be seen growing."""
_QUESTION = re.compile(r"\bq(\d+)\b")


def question(number: int) -> str:
    """What people ask; the answer names the number."""
    return f"q{number}"


def questions_in(text: str) -> list[int]:
    """The questions that a text holds, in order."""
    return [int(number) for number in _QUESTION.findall(text)]


class EchoEngine(ScriptedEngine):
    """Answers every prompt with the numbers of the questions in its last message."""

    def __init__(self, word_seconds: float) -> None:
        super().__init__()
        self._word_seconds = word_seconds

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        return await super().prepare(messages[-1:], begun)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        for word in ("Answering", *map(str, questions_in(prompt.text)), "done"):
            yield Delta(text=word if word == "Answering" else f" {word}")
            await asyncio.sleep(self._word_seconds)
        usage = Usage(prompt_tokens=1, generated_tokens=1, first_token_seconds=0.0, seconds=0.0)
        yield Delta(text="", finish=Finish.STOP, usage=usage)


class Unpaced(Pacer):
    """Lets everything through: the emulators count nothing here."""

    async def wait(self, rates: Mapping[str, Rate]) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a service process is started with."""

    home: Path
    settings: Mapping[str, str | int] = field(repr=False)
    build: str = SOUND
    word_seconds: float = WORD_SECONDS
    policies: Policies = POLICIES

    def read(self) -> Settings:
        return Settings.model_validate({**self.settings, "FRONTDESK_HOME": str(self.home)})


def main(setup: Setup, kill_at: str = "") -> None:
    """Serve until killed, or told to stop; `kill_at` is a failpoint and how often it is passed.

    The process is forked from one that has imported everything, so the failpoint is read anew.
    """
    os.environ[FAILPOINT] = kill_at
    importlib.reload(failpoint)
    logging.basicConfig(filename=setup.home / "service.log", level=logging.INFO, force=True)
    asyncio.run(serve(setup))


async def serve(setup: Setup) -> None:
    """The composition root: like `frontdesk run`, with the scripted model and without pacing."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    build = find_build(setup.build)
    async with open_core(
        setup.read(), setup.policies, EchoEngine(setup.word_seconds), pacer=Unpaced(SystemClock())
    ) as sound_core:
        core = build.core(sound_core)
        adapters: list[Adapter] = [workspace.build(core), telegram.build(core), widget.build(core)]
        for adapter in adapters:
            adapter.channel = build.channel(adapter.channel)
        async with serving(core, adapters):
            await stop.wait()
