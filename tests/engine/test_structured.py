"""The core decides and fills by the model, never by reading its prose."""

import json
from collections.abc import AsyncGenerator, Sequence

import pytest

from core.engine.local import LocalEngine
from core.engine.structured import (
    NO,
    NOTHING,
    WORDS,
    YES,
    Judge,
    Kind,
    Number,
    OneOf,
    Question,
    Text,
    Value,
    against,
    fill,
    mean,
)
from core.engine.types import ChatMessage, Choice, Delta, Options, Prompt, Role
from core.testing import ScriptedEngine
from tests.benchmarks.engine.structured import LABELLED

TOPIC = Question(
    task="Which topic?",
    options=("delivery", "refund"),
    examples=(("Where is it?", "delivery"),),
    neutral=("N/A",),
)
ASKED = [ChatMessage(role=Role.USER, text="A table for 12 on Friday")]


def choice(*probabilities: float) -> Choice:
    return Choice(options=("delivery", "refund"), probabilities=probabilities)


class Biased(ScriptedEngine):
    """Leans to the first option, less so when it is asked about a refund."""

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        self.prompts.append(prompt.text)
        share = 0.7 if prompt.text.endswith("money back") else 0.9
        return Choice(options=tuple(options), probabilities=(share, 1 - share))


async def test_examples_come_before_the_text() -> None:
    engine = ScriptedEngine()
    engine.chosen.append("refund")
    question = Question(task=TOPIC.task, options=TOPIC.options, examples=TOPIC.examples)
    assert (await Judge(engine).decide(question, "I want my money back")).best == "refund"
    assert engine.prompts[-1].splitlines() == [
        "system: Which topic?",
        "user: Where is it?",
        "assistant: delivery",
        "user: I want my money back",
    ]


async def test_what_the_model_says_of_nothing_is_divided_out() -> None:
    engine = Biased()
    judge = Judge(engine)
    assert (await judge.decide(TOPIC, "I want my money back")).best == "refund"
    assert (await judge.decide(TOPIC, "Where is it?")).probabilities == pytest.approx((0.5, 0.5))
    assert len(engine.prompts) == 3, "the neutral text is asked once"


async def test_yes_is_a_probability() -> None:
    engine = ScriptedEngine()
    engine.chosen.extend([YES, NO])
    question = Question(task="Is it?", options=(YES, NO))
    assert [await Judge(engine).says_yes(question, "x") for _ in range(2)] == [1.0, 0.0]


def test_corrections_keep_probabilities_probabilities() -> None:
    assert against(choice(0.5, 0.5), choice(0.9, 0.1)).probabilities == pytest.approx((0.1, 0.9))
    assert sum(against(choice(1.0, 0.0), choice(0.0, 1.0)).probabilities) == pytest.approx(1)
    assert mean([choice(1.0, 0.0), choice(0.0, 1.0)]) == choice(0.5, 0.5)


SLOTS: dict[str, Kind] = {
    "people": Number(),
    "day": OneOf(options=("Friday", "Fri")),
    "share": Number(whole=False),
    "name": Text(),
}


class Writes(ScriptedEngine):
    """Writes one JSON object: at every choice it takes the option that the object goes on with."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self._written = written
        self.limits: list[Options] = []

    def _rest(self, prompt: Prompt) -> str:
        begun = prompt.text.rsplit("assistant: ", 1)[-1]
        assert self._written.startswith(begun), begun
        return self._written[len(begun) :]

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        rest = self._rest(prompt)
        following = [option for option in options if rest.startswith(option)] or [","]
        return Choice(
            options=tuple(options),
            probabilities=tuple(float(option == following[0]) for option in options),
        )

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        self.limits.append(options)
        yield Delta(text=self._rest(prompt).partition('"')[0])


@pytest.mark.parametrize(
    "values",
    [
        {"people": 12, "day": "Friday", "share": 0.25, "name": "Ana María"},
        {"people": None, "day": "Fri", "share": -3, "name": None},
        {"people": 0, "day": None, "share": 10.05, "name": "x"},
        {"people": -70, "day": None, "share": None, "name": "日本"},
    ],
)
async def test_an_object_is_filled_as_the_model_writes_it(values: dict[str, Value]) -> None:
    engine = Writes(json.dumps(values, ensure_ascii=False))
    found = await fill(engine, ASKED, SLOTS)
    assert found == values
    assert list(found) == list(SLOTS)
    assert all(limits.max_tokens == WORDS and '"' in limits.stop for limits in engine.limits)


async def test_any_model_fills_the_form(tiny_engine: LocalEngine) -> None:
    """A model of random weights, which means nothing by what it says."""
    for text in ("Hello", "A table for two", "", "null", '{"people": "many"}'):
        found = await fill(tiny_engine, [ChatMessage(role=Role.USER, text=text)], SLOTS)
        assert list(found) == list(SLOTS)
        assert found["people"] is None or isinstance(found["people"], int)
        assert found["day"] in (None, "Friday", "Fri")
        assert found["share"] is None or isinstance(found["share"], int | float)
        assert found["name"] is None or isinstance(found["name"], str)
        assert json.loads(json.dumps(found)) == found


@pytest.mark.model
async def test_the_default_model_sorts_better_than_chance(default_engine: LocalEngine) -> None:
    """27 of all 40 when it was measured; one in five would be chance."""
    judge, question = Judge(default_engine), LABELLED.intents.question(NOTHING)
    cases = LABELLED.intents.cases[::2]
    right = [(await judge.decide(question, text)).best == label for text, label in cases]
    assert sum(right) >= len(cases) * 0.4
