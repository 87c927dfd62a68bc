"""Many requests on the default model, most of them cancelled at a random token: memory, places, neighbours.

`python -m tests.benchmarks.engine.soak [NUMBER]`. Prompts are not filled up here, so that every answer, whole
or cut, can be held against what the model writes alone.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from core import settings
from core.engine.local import LocalEngine, open_engine
from core.engine.shelf import ACTIVE, Shelf
from core.engine.types import ChatMessage, Options, Prompt, Role

QUESTIONS = (
    "What is the capital of France?",
    "What is the capital of Japan?",
    "How do I boil an egg?",
    "How do I boil a potato?",
    "Name three colours.",
    "Name three fruits.",
    "Explain rain to a child.",
    "Explain snow to a child.",
)
OPTIONS = Options(max_tokens=40)
AT_ONCE = 24


@dataclass(frozen=True, kw_only=True)
class Soak:
    """What came of it."""

    answers: Counter[str]
    """How many were `same` as alone (as far as they went), or `different`."""
    resident: tuple[float, ...]
    """Megabytes after each quarter: a leak goes on growing, a heap that settles does not."""
    left: int
    """Requests the engine still holds."""


async def soak(engine: LocalEngine, number: int, questions: Sequence[str] = QUESTIONS) -> Soak:
    """Ask so often, cancel two of three at a random token."""
    prompts = [
        replace(await engine.prepare([ChatMessage(role=Role.USER, text=text)]), fill_at=None)
        for text in questions
    ]
    alone = [await _text(engine, prompt, 1000) for prompt in prompts]
    chance, places = random.Random(3), asyncio.Semaphore(AT_ONCE)
    answers: Counter[str] = Counter()
    resident: list[float] = []

    async def one(which: int) -> None:
        async with places:
            stop = chance.choice((1000, chance.randrange(1, 30), chance.randrange(1, 30)))
            text = await _text(engine, prompts[which], stop)
            answers["same" if alone[which].startswith(text) else "different"] += 1

    for quarter in range(4):
        share = (quarter + 1) * number // 4 - quarter * number // 4
        await asyncio.gather(*(one(chance.randrange(len(prompts))) for _ in range(share)))
        resident.append(_resident())
    async with asyncio.timeout(60):
        while engine.load().active or engine.load().queued:
            await asyncio.sleep(0.01)
    load = engine.load()
    return Soak(answers=answers, resident=tuple(resident), left=load.active + load.queued)


async def _text(engine: LocalEngine, prompt: Prompt, stop: int) -> str:
    """The answer, or its beginning: left after so many pieces."""
    text = ""
    async with aclosing(engine.stream(prompt, OPTIONS)) as deltas:
        async for delta in deltas:
            text += delta.text
            stop -= 1
            if not stop:
                break
    return text


def _resident() -> float:
    """Megabytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


async def main() -> None:
    """Run it and print what came of it."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    engine = await open_engine(Shelf(settings.load().home).find(ACTIVE), "cpu")
    found = await soak(engine, number)
    await engine.close()
    total = sum(found.answers.values())
    print(f"{total} requests; {found.answers['different']} differ from what the model writes alone")
    print("resident after each quarter:", ", ".join(f"{each:.0f}" for each in found.resident), "MB")
    print(f"still held by the engine: {found.left}")


if __name__ == "__main__":
    asyncio.run(main())
