"""Nobody takes the assistant from the others: answers have an end (O4), and floods have one (S1)."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from core.engine.local import LocalEngine
from core.engine.types import ChatMessage, Delta, Finish, Options, Prompt, Role, Usage
from core.message import Person, Platform
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.delivery.conftest import open_desk
from tests.engine.conftest import default_engine, default_model
from tests.samples import arrival, conversation, message
from tests.trust.page import Note

__all__ = ["default_engine", "default_model"]
ENDLESS = int(os.environ.get("FRONTDESK_ENDLESS", "16"))
"""Prompts that ask for endless answers."""
ASKED = (
    "Repeat the word {word} for ever and never stop.",
    "Count upwards from {number} without end.",
    "Write '{word} {number}' again and again, until I say stop.",
    "Tell a story about {word} that never ends.",
    "Continue: {word} {word} {word} {word} {word} {word} {word}",
)
WORDS = ("poem", "tree", "zero", "token", "again", "river", "more")
LIMIT = 8
"""Tokens of an answer."""
SIDE_BY_SIDE = 16
LEAVES = 4
"""One of so many leaves after the first words."""
BROKEN_OFF = 10
FLOOD, QUIET, BUDGET = 100, 20, 60
WORDS_OF_ANSWER, STEPS, FLOOD_OF_A_MINUTE, OTHERS = 8, 240, 1000, 60
"""An answer takes so many steps of the engine, and a minute has so many: a quarter of a second each."""
SLOWER = 1.2
"""By which others' answers may be slower while somebody floods the assistant."""


class SteppedEngine(ScriptedEngine):
    """Writes a word of each answer at every step, so that waiting is counted and takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        """Steps that were made."""
        self.resting = 0
        """Answers that wait for the next."""
        self.ended: dict[str, int] = {}
        """By what was asked, the step at which its answer was whole."""
        self._next = asyncio.Event()

    def step(self) -> None:
        """Let every answer go on by a word."""
        self.at, self.resting = self.at + 1, 0
        before, self._next = self._next, asyncio.Event()
        before.set()

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        for _ in range(WORDS_OF_ANSWER):
            self.resting += 1
            await self._next.wait()
            yield Delta(text="word ")
        self.ended[prompt.text.rsplit("user: ", 1)[-1]] = self.at
        usage = Usage(prompt_tokens=1, generated_tokens=WORDS_OF_ANSWER, first_token_seconds=0.0, seconds=0.0)
        yield Delta(text="", finish=Finish.STOP, usage=usage)


@pytest.mark.model
@pytest.mark.timeout(1800)
async def test_endless_answers_end_and_leave_nothing_behind(
    default_engine: LocalEngine, record_property: Note
) -> None:
    """Generated side by side, as in service; some leave after the first words."""
    seats, used = asyncio.Semaphore(SIDE_BY_SIDE), list[Usage]()

    async def ask(number: int) -> None:
        text = ASKED[number % len(ASKED)].format(word=WORDS[number % len(WORDS)], number=number)
        prompt = await default_engine.prepare([ChatMessage(role=Role.USER, text=text)])
        async with seats, aclosing(default_engine.stream(prompt, Options(max_tokens=LIMIT))) as deltas:
            async for delta in deltas:
                used.extend([delta.usage] if delta.usage else [])
                if number % LEAVES == 0:
                    return

    await asyncio.gather(*(ask(number) for number in range(ENDLESS)))
    assert len(used) >= ENDLESS - ENDLESS // LEAVES - 1
    assert max(each.generated_tokens for each in used) == LIMIT
    load = default_engine.load()
    assert (load.active, load.queued) == (0, 0)
    slowest = max(each.seconds for each in used)
    record_property(
        "O4",
        f"{ENDLESS:,} prompts for endless answers: 0 over the limit of tokens, {slowest:.1f} s at most "
        "(wanted: 60)",
    )


@pytest.mark.model
async def test_who_breaks_an_answer_off_frees_its_place(
    default_engine: LocalEngine, record_property: Note
) -> None:
    prompt = await default_engine.prepare([ChatMessage(role=Role.USER, text=ASKED[0].format(word="poem"))])
    seconds = list[float]()
    for _ in range(BROKEN_OFF):
        async with aclosing(default_engine.stream(prompt, Options(max_tokens=400))) as deltas:
            await anext(deltas)
            assert default_engine.load().active == 1
            began = time.perf_counter()
        async with asyncio.timeout(60):
            while default_engine.load().active:
                await asyncio.sleep(0.001)
        seconds.append(time.perf_counter() - began)
    record_property(
        "O4",
        f"{BROKEN_OFF} answers broken off: the place is free after {max(seconds):.2f} s at most (wanted: 1)",
    )


async def test_a_flood_of_one_is_answered_between_the_others(tmp_path: Path, record_property: Note) -> None:
    """Somebody asks in many threads of a channel at once; all others ask later, and the engine is full."""
    policy = Policy(settle_seconds=0, person_budget=BUDGET, longest_wait_seconds=3600)
    engine = ScriptedEngine()
    engine.hold.clear()
    began = time.monotonic()
    async with open_desk(tmp_path / "frontdesk.db", engine=engine, policy=policy) as desk:
        for number in range(FLOOD):
            await desk.accept(arrival(message("flood", where=conversation("loud", f"t{number}"))))
        for number in range(QUIET):
            asker = Person(platform=Platform.TERMINAL, tenant="t", id=f"q{number}")
            await desk.accept(arrival(message("quiet", where=conversation(f"q{number}"), sender=asker)))
        await desk.until(lambda: desk.admission.waiting == BUDGET + QUIET - engine.busy.capacity)
        engine.hold.set()
        await desk.idle()
    order = ["quiet" if each.endswith("quiet") else "flood" for each in engine.prompts]
    assert order.count("quiet") == QUIET
    assert order.count("flood") == BUDGET
    ahead = order[: len(order) - order[::-1].index("quiet")].count("flood")
    assert ahead <= 2 * engine.busy.capacity
    told = [text for text in desk.texts if text.startswith("You have asked me a great deal")]
    assert 1 <= len(told) <= 1 + (time.monotonic() - began) / 60, "once a minute, in however many threads"
    record_property(
        "S1",
        f"{FLOOD} questions of one person in as many threads: {BUDGET} are answered, {ahead} of them before "
        f"the last of {QUIET} others who asked later",
    )


async def test_others_wait_hardly_longer_while_somebody_floods(tmp_path: Path, record_property: Note) -> None:
    """Somebody asks a thousand times in a minute in many threads, others as ever; steps are counted."""
    quiet = await _waits(tmp_path / "quiet.db", flood=0)
    flooded = await _waits(tmp_path / "flooded.db", flood=FLOOD_OF_A_MINUTE)
    assert len(quiet) == len(flooded) == OTHERS
    slower = _p95(flooded) / _p95(quiet)
    record_property(
        "S1",
        f"{FLOOD_OF_A_MINUTE:,} questions of one person in a minute: the p95 of {OTHERS} others' answers is "
        f"{slower:.2f} times that without them (wanted: {SLOWER})",
    )
    assert slower <= SLOWER


async def _waits(path: Path, flood: int) -> list[int]:
    """How many steps each of the others waited for the end of their answer, within a minute."""
    engine, asked = SteppedEngine(), dict[str, int]()
    policy = Policy(settle_seconds=0, person_budget=BUDGET, longest_wait_seconds=3600)
    async with open_desk(path, engine=engine, policy=policy) as desk:
        while engine.at < STEPS + 20 * WORDS_OF_ANSWER and len(engine.ended) < OTHERS + BUDGET:
            for number in _due(engine.at, flood):
                await desk.accept(arrival(message("flood", where=conversation("loud", f"t{number}"))))
            for number in _due(engine.at, OTHERS):
                name = f"q{number}"
                asker = Person(platform=Platform.TERMINAL, tenant="t", id=name)
                await desk.accept(arrival(message(name, where=conversation(name), sender=asker)))
                asked[name] = engine.at
            await desk.until(lambda: desk.dispatcher.busy == desk.admission.waiting + engine.resting)
            engine.step()
    return [engine.ended[name] - begun for name, begun in asked.items()]


def _due(step: int, a_minute: int) -> range:
    """The numbers of those that come at a step, where so many come in a minute."""
    return range(step * a_minute // STEPS, min(step + 1, STEPS) * a_minute // STEPS)


def _p95(steps: list[int]) -> int:
    return sorted(steps)[int(len(steps) * 0.95)]
