"""How often a model decides as people did: `python -m tests.benchmarks.engine.structured NAME...`.

The messages in `labelled.json` were written and labelled by hand for this. They are few: one standard error
is about 8 points.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from core import settings
from core.engine.local import open_engine
from core.engine.shelf import Shelf
from core.engine.structured import NOTHING, Judge, Kind, Number, OneOf, Question, Value, fill
from core.engine.types import ChatMessage, Engine, Role


class Decisions(BaseModel):
    """Messages and the right option for each."""

    task: str
    options: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
    cases: tuple[tuple[str, str], ...]

    def question(self, neutral: tuple[str, ...] = ()) -> Question:
        return Question(task=self.task, options=self.options, examples=self.examples, neutral=neutral)


class Bookings(BaseModel):
    """Messages and the right object for each."""

    task: str
    days: tuple[str, ...]
    places: tuple[str, ...]
    examples: tuple[tuple[str, dict[str, int | str | None]], ...]
    cases: tuple[tuple[str, dict[str, int | str | None]], ...]


class Labelled(BaseModel):
    """All of `labelled.json`."""

    intents: Decisions
    wants_a_human: Decisions
    bookings: Bookings


LABELLED = Labelled.model_validate_json(Path(__file__).with_name("labelled.json").read_bytes())


async def decided(engine: Engine, asked: Decisions, neutral: tuple[str, ...]) -> tuple[int, float]:
    """How many decisions are right, and the seconds one takes."""
    judge, question, right = Judge(engine), asked.question(neutral), 0
    started = time.perf_counter()
    for text, label in asked.cases:
        right += (await judge.decide(question, text)).best == label
    return right, (time.perf_counter() - started) / len(asked.cases)


async def filled(engine: Engine, asked: Bookings) -> tuple[int, int, float]:
    """How many values are right, of how many, and the seconds an object takes."""
    slots: dict[str, Kind] = {
        "people": Number(),
        "day": OneOf(options=asked.days),
        "place": OneOf(options=asked.places),
    }
    right, started = 0, time.perf_counter()
    for text, label in asked.cases:
        found: dict[str, Value] = await fill(engine, _booking(asked, text), slots)
        right += sum(found[name] == label[name] for name in slots)
    return right, len(slots) * len(asked.cases), (time.perf_counter() - started) / len(asked.cases)


def _booking(asked: Bookings, text: str) -> list[ChatMessage]:
    messages = [ChatMessage(role=Role.SYSTEM, text=asked.task)]
    for said, noted in asked.examples:
        messages.append(ChatMessage(role=Role.USER, text=said))
        messages.append(ChatMessage(role=Role.ASSISTANT, text=json.dumps(noted)))
    return [*messages, ChatMessage(role=Role.USER, text=text)]


async def main(names: Sequence[str]) -> None:
    """Measure each model and print the table."""
    table = Table("model", "what", "right", "with neutral texts", "ms each")
    for name in names:
        engine = await open_engine(Shelf(settings.load().home).find(name), settings.load().device)
        for what, asked in (("topic, 1 of 5", LABELLED.intents), ("wants a human", LABELLED.wants_a_human)):
            plain, seconds = await decided(engine, asked, ())
            corrected, _ = await decided(engine, asked, NOTHING)
            total = len(asked.cases)
            table.add_row(name, what, f"{plain}/{total}", f"{corrected}/{total}", f"{1000 * seconds:.0f}")
        right, total, seconds = await filled(engine, LABELLED.bookings)
        table.add_row(name, "values of a booking", f"{right}/{total}", "", f"{1000 * seconds:.0f}")
        await engine.close()
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["active"]))
