"""A choice among given answers has the model's own probabilities, whatever the answers' lengths."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine import local
from core.engine.choice import END, tree
from core.engine.local import LocalEngine, open_engine
from core.engine.shelf import ShelvedModel
from core.engine.types import ChatMessage, Delta, Engine, Options, Prompt, Role
from core.errors import ModelError, PromptTooLong
from core.testing import ScriptedEngine
from tests.engine.tiny import LLAMA, make_weights, reference_logits

answers = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=8, unique_by=tuple
)


async def prompt(engine: Engine, text: str = "Hello", begun: str = "") -> Prompt:
    return await engine.prepare([ChatMessage(role=Role.USER, text=text)], begun)


@given(answers)
def test_probabilities_sum_to_one_and_every_fork_is_read(made: Sequence[Sequence[int]]) -> None:
    choices = tree(made)
    read = {row[:at] for row in choices.rows() for at in range(len(row) + 1)}
    assert set(choices.forks) <= read
    random = np.random.default_rng(len(made))
    logits = {prefix: random.normal(0, 3, 6).astype(np.float32) for prefix in read}
    chances = choices.probabilities(logits, end_ids=(4, 5))
    assert math.isclose(sum(chances), 1)
    assert all(chance > 0 for chance in chances)


def test_only_places_where_answers_part_are_asked() -> None:
    assert tree([[1, 2, 3], [2]]).rows() == [()]
    assert tree([[1, 2], [1, 3], [2]]).rows() == [(1,)]
    assert tree([[1, 2], [1, 2, 3]]).forks == {(1, 2): (END, 3)}
    assert tree([[1, 2]]).rows() == []


@pytest.mark.parametrize("made", [[], [[]], [[1], [1]], [[1], []]])
def test_answers_that_cannot_be_told_apart_are_refused(made: Sequence[Sequence[int]]) -> None:
    with pytest.raises(ValueError, match="no two the same"):
        tree(made)


async def test_a_choice_is_the_references(tiny_engine: LocalEngine, tiny_model: ShelvedModel) -> None:
    asked = await prompt(tiny_engine)
    options = ("a", "ba", "bb", "bbc")
    choice = await tiny_engine.choose(asked, options)
    ids = {letter: _id(letter) for letter in "abc"}
    end = tiny_model.manifest.facts.end_ids
    first = _after(asked.ids, [ids["a"]], [ids["b"]])
    second = _after((*asked.ids, ids["b"]), [ids["a"]], [ids["b"]])
    third = _after((*asked.ids, ids["b"], ids["b"]), end, [ids["c"]])
    expected = [
        first[0],
        first[1] * second[0],
        first[1] * second[1] * third[0],
        first[1] * second[1] * third[1],
    ]
    assert choice.options == options
    assert choice.probabilities == pytest.approx(expected, rel=0.15), "int8 rounds"
    assert choice.best == options[expected.index(max(expected))]
    assert choice.confidence == max(choice.probabilities) == choice.of(choice.best)


def _id(letter: str) -> int:
    return 4 + ord(letter) - 0x21


def _after(ids: Sequence[int], *following: Sequence[int]) -> list[float]:
    """The shares of these next tokens as the float reference sees them."""
    logits = reference_logits(make_weights(LLAMA), list(ids))[-1].astype(np.float64)
    weights = [float(np.exp(logits[list(tokens)]).sum()) for tokens in following]
    return [weight / sum(weights) for weight in weights]


async def test_what_the_answer_begins_with_counts(tiny_engine: LocalEngine) -> None:
    plain, begun = await prompt(tiny_engine), await prompt(tiny_engine, begun="<|im_end|>{")
    assert begun.text == plain.text + "<|im_end|>{"
    assert begun.ids[: plain.tokens] == plain.ids
    assert 2 not in begun.ids[plain.tokens :], "text never becomes a special token"
    assert await tiny_engine.choose(begun, ("a", "b")) != await tiny_engine.choose(plain, ("a", "b"))
    assert await tiny_engine.extend(plain, "<|im_end|>{") == begun
    with pytest.raises(PromptTooLong):
        await tiny_engine.extend(plain, "{" * 10_000)


async def test_many_options_after_a_long_prompt_are_asked_by_the_handful(
    tiny_engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await prompt(tiny_engine, "x" * 300)
    options = [left + right for left in "abcdefgh" for right in "xy"]
    whole = await tiny_engine.choose(asked, options)
    monkeypatch.setattr(local, "CHOICE_TOKENS", 700)
    handfuls = await tiny_engine.choose(asked, options)
    assert handfuls.probabilities == pytest.approx(whole.probabilities, rel=0.02)


async def test_one_option_is_certain(tiny_engine: LocalEngine) -> None:
    assert (await tiny_engine.choose(await prompt(tiny_engine), ("only",))).probabilities == (1.0,)


async def test_a_choice_needs_room(tiny_engine: LocalEngine) -> None:
    context = tiny_engine.card().context_length
    nearly = Prompt(text="", ids=tuple([50] * (context - 2)), model="")
    with pytest.raises(PromptTooLong):
        await tiny_engine.choose(nearly, ("aaaa", "aaab"))


async def test_choices_are_made_while_chats_go_on(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    endless = tiny_engine.stream(asked, Options(max_tokens=4000, repetition_penalty=1.0))
    await anext(endless)
    choices = await asyncio.gather(*(tiny_engine.choose(asked, ("a", "b")) for _ in range(8)))
    assert len(set(choices)) == 1
    assert await _goes_on(endless)
    await endless.aclose()


async def _goes_on(deltas: AsyncGenerator[Delta, None]) -> bool:
    return (await anext(deltas)).finish is None


async def test_a_closed_engine_chooses_nothing(tiny_model: ShelvedModel) -> None:
    engine = await open_engine(tiny_model, "cpu")
    asked = await prompt(engine)
    await engine.close()
    with pytest.raises(ModelError, match="closed"):
        await engine.choose(asked, ("a", "b"))


async def test_the_scripted_engine_chooses_what_it_is_told() -> None:
    engine = ScriptedEngine()
    engine.chosen.append("no")
    asked = await prompt(engine, begun="{")
    assert asked.text == "user: Hello\nassistant: {"
    assert (await engine.choose(asked, ("yes", "no"))).best == "no"
    assert (await engine.choose(asked, ("yes", "no"))).best == "yes"
