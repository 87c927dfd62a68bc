"""Nobody takes the assistant from the others: answers have an end (O4), and floods have one (S1)."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from core.engine.local import LocalEngine
from core.engine.types import ChatMessage, Options, Role, Usage
from core.message import Person, Platform
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.delivery.conftest import open_desk
from tests.engine.conftest import default_engine, default_model
from tests.samples import arrival, conversation, message
from tests.trust.test_answers import Note

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
FLOOD, QUIET, BUDGET = 100, 20, 60


@pytest.mark.model
@pytest.mark.timeout(1800)
async def test_endless_answers_end_and_leave_nothing_behind(
    default_engine: LocalEngine, record_property: Note
) -> None:
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
        f"{ENDLESS:,} prompts for endless answers: 0 over the limit, the slowest took {slowest:.1f} s",
    )


async def test_a_flood_of_one_is_answered_between_the_others(tmp_path: Path, record_property: Note) -> None:
    """Somebody asks in many threads of a channel at once; all others ask later, and the engine is full."""
    policy = Policy(settle_seconds=0, person_budget=BUDGET, longest_wait_seconds=3600)
    engine = ScriptedEngine()
    engine.hold.clear()
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
    assert len(told) == FLOOD - BUDGET, "once in each thread"
    record_property(
        "S1",
        f"{FLOOD} questions of one person in as many threads: {BUDGET} are answered, {ahead} of them before "
        f"the last of {QUIET} others who asked later",
    )
