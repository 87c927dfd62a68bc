"""`python -m tests.benchmarks.flows`: thresholds of `core.dialogue.flows`, on sentences of its own."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from bots.run import opened_encoder, opened_engine
from core import settings
from core.dialogue.flows import library, sorting
from core.dialogue.flows.sorting import ModelSorter
from core.dialogue.flows.starting import BY_MEANING, BY_WORDS, Likeness, Starter
from core.engine.structured import Judge

HERE = Path(__file__).parent
FLOWS = HERE.parents[2] / "examples/flows"
QUESTIONS = HERE.parent / "kb/questions.json"
STEPS = [number / 100 for number in range(30, 91, 5)]
SURE = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9)


async def main() -> None:
    """Print a table for each threshold."""
    sentences: dict[str, list[str]] = yaml.safe_load((HERE / "sentences.yaml").read_text(encoding="utf-8"))
    asked = [each["text"] for each in json.loads(QUESTIONS.read_text(encoding="utf-8"))]
    wanted = [(text, name) for name, texts in sentences.items() for text in texts if name != "none"]
    others = [*sentences["none"], *asked]
    configured = settings.load()
    versions = library.load(FLOWS)
    async with opened_engine(configured) as engine, opened_encoder(configured, engine) as encoder:
        judge = Judge(engine)
        for title, starter in (
            ("meaning", Starter(versions, encoder)),
            ("words", Starter(versions)),
        ):
            print(f"by {title}: begun rightly, wrongly (of {len(wanted)}), for nothing (of {len(others)})")
            for step in STEPS:
                print(step, *await _begun(starter, wanted, others, Likeness(begin=step, offer=step)))
        chosen = await _begun(Starter(versions, encoder, judge), wanted, others)
        print("by meaning, and by the model's choice where it is near:", *chosen)
        print(f"in use: {BY_MEANING}, {BY_WORDS}")
        for title, sorter in (
            ("model", ModelSorter(judge)),
            ("meaning, then model", ModelSorter(judge, encoder)),
        ):
            await _options(title, sorter)


async def _begun(
    starter: Starter, wanted: Sequence[tuple[str, str]], others: Sequence[str], limits: Likeness | None = None
) -> tuple[int, int, int]:
    found = [(await starter.find(text, limits), name) for text, name in wanted]
    begun = [(match.flow, name) for match, name in found if match and match.begins]
    right = sum(flow == name for flow, name in begun)
    vain = [match for text in others if (match := await starter.find(text, limits)) and match.begins]
    return right, len(begun) - right, len(vain)


async def _options(title: str, sorter: ModelSorter) -> None:
    """Answers to the choices of the order return, in words that no option names."""
    slots = library.load(FLOWS)["order_return"].flow.slots
    answers: list[list[str]] = yaml.safe_load((HERE / "answers.yaml").read_text(encoding="utf-8"))
    print(f"options of {len(answers)} answers by {title}, by the model's least probability: right, wrong")
    for sure in SURE:
        sorting.SURE = sure
        got = [(await sorter.option(slots[slot], text), value) for slot, text, value in answers]
        right = sum(option == value for option, value in got if option)
        print(sure, right, sum(option is not None for option, _ in got) - right)


asyncio.run(main())
