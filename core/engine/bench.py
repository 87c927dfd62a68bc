"""How many people an engine answers, and how long they wait: the figures that capacity is planned with."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from core.engine.types import ChatMessage, Engine, Options, Role, Usage

ANSWER_TOKENS = 100
"""Of an answer at most: a short paragraph."""
QUESTION = (
    "I ordered a kettle and two boxes of tea last week, and the parcel came today with one box missing. "
    "The invoice lists everything. What should I do, whom do I write to, and how long does it take?"
)
"""With the number of the answer before it, so that no two prompts are the same."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What came of so many people who ask one question after another."""

    people: int
    answers_per_hour: int
    tokens_per_second: float
    first_token_median: float
    """Seconds from a question to its first token."""
    first_token_p95: float


async def serve(engine: Engine, people: int, seconds: float) -> Served:
    """Let people ask for some time, each again as soon as they were answered; begun answers end.

    Args:
        engine: what answers; idle but for this.
        people: how many at once.
        seconds: for which they ask.

    Raises:
        ModelError: the model failed.
    """
    began = time.monotonic()
    asked = await asyncio.gather(*(_ask(engine, person, began + seconds) for person in range(people)))
    took = time.monotonic() - began
    usages = [usage for each in asked for usage in each]
    waits = [usage.first_token_seconds or usage.seconds for usage in usages]
    return Served(
        people=people,
        answers_per_hour=round(3600 * len(usages) / took),
        tokens_per_second=sum(usage.generated_tokens for usage in usages) / took,
        first_token_median=median(waits),
        first_token_p95=quantiles(waits, n=20)[-1] if len(waits) > 1 else waits[0],
    )


def crowds(most: int) -> Sequence[int]:
    """1, 2, 4 and so on, up to `most`."""
    return [2**power for power in range(most.bit_length()) if 2**power <= most]


async def _ask(engine: Engine, person: int, until: float) -> list[Usage]:
    usages: list[Usage] = []
    while not usages or time.monotonic() < until:
        question = f"{person}.{len(usages)}: {QUESTION}"
        prompt = await engine.prepare([ChatMessage(role=Role.USER, text=question)])
        stream = engine.stream(prompt, Options(max_tokens=ANSWER_TOKENS))
        usages += [delta.usage async for delta in stream if delta.usage]
    return usages
