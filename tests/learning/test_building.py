"""From judged answers and files to a dataset: nothing of who said it, nothing twice, nobody in both parts."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.types import ChatMessage, Role
from core.errors import DatasetError
from core.language.pipeline import Pipeline
from core.learning import building, exporting, files, gathering
from core.learning.examples import Example, identity
from core.store.records import Exchange, Judgement, Lesson, Review

SYSTEM = "You help the customers of a bakery."
NOW = datetime(2026, 11, 27, tzinfo=UTC)
REVIEW = Review(turn_id="t1", judgement=Judgement.KEEP, reviewer="Ana", at=NOW)
LESSON = Lesson(
    turn_id="t1",
    people=("telegram:1:7",),
    earlier=(),
    question="Where is the order of Peter Miller, peter@example.com? Call +49 170 1234567.",
    answer="The Trail shoes cost 80 euros and come on Monday.",
    model="tiny@1",
    route="chat",
    answered_at=NOW,
    verdicts=(),
    stopped=False,
    review=REVIEW,
)
SALT = b"salt"


async def gathered(*lessons: Lesson) -> Sequence[Example]:
    pipeline = Pipeline()
    try:
        return await gathering.gather(lessons, SYSTEM, pipeline, SALT)
    finally:
        await pipeline.close()


async def test_an_example_tells_nothing_of_its_people_and_keeps_what_is_to_be_learnt() -> None:
    (made,) = await gathered(LESSON)
    asked = made.messages[-1].text
    assert all(each not in asked for each in ("Peter", "Miller", "example.com", "170"))
    assert made.answer == LESSON.answer
    assert (made.messages[0].text, made.source, made.kind) == (SYSTEM, "feedback", "answer")
    assert "telegram" not in made.group
    assert made.group == gathering.hashed("telegram:1:7", SALT) != gathering.hashed("telegram:1:7", b"other")


async def test_a_correction_is_preferred_to_what_was_said() -> None:
    correction = "They come on Tuesday."
    corrected = replace(REVIEW, judgement=Judgement.CORRECT, correction=correction)
    (made,) = await gathered(replace(LESSON, review=corrected))
    assert (made.kind, made.answer, made.rejected) == ("preference", correction, LESSON.answer)


async def test_only_what_a_reviewer_let_pass_is_learnt() -> None:
    discarded = replace(LESSON, review=replace(REVIEW, judgement=Judgement.DISCARD))
    assert await gathered(discarded, replace(LESSON, review=None)) == []


async def test_what_was_said_before_comes_along() -> None:
    before = Exchange(seq=1, turn_id="t0", question="Do you sell shoes?", reply="Yes, trail shoes.")
    (made,) = await gathered(replace(LESSON, earlier=(before,)))
    assert [each.role for each in made.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER]
    assert made.messages[2].text == "Yes, trail shoes."


def example(question: str, group: str) -> Example:
    messages = (ChatMessage(role=Role.USER, text=question),)
    return Example(
        id=identity(messages, "Yes."), messages=messages, answer="Yes.", source="feedback", group=group
    )


EXAMPLES = st.lists(st.builds(example, st.text(max_size=5), st.sampled_from("abcdef")), max_size=30)


@given(EXAMPLES, st.floats(0, 0.9), st.integers(1, 5))
def test_nobody_is_in_both_parts_nothing_is_there_twice_and_nobody_is_too_loud(
    given_examples: list[Example], share: float, loudest: int
) -> None:
    parts = building.part(given_examples, share, loudest)
    every = [*parts.train, *parts.held_out]
    assert not {each.group for each in parts.train} & {each.group for each in parts.held_out}
    assert len({each.id for each in every}) == len(every)
    assert all(sum(each.group == group for each in every) <= loudest for group in "abcdef")
    assert len(every) + parts.repeats + parts.too_many == len(given_examples)
    assert building.part(list(reversed(given_examples)), share, loudest) == parts


@given(EXAMPLES, EXAMPLES)
def test_who_was_held_out_once_is_held_out_for_ever(first: list[Example], more: list[Example]) -> None:
    before, after = building.part(first), building.part([*first, *more])
    assert not {each.group for each in before.held_out} & {each.group for each in after.train}


TURNS = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
SAID = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chats.jsonl", json.dumps({"messages": TURNS})),
        ("gpt.jsonl", json.dumps({"conversations": SAID})),
        ("pairs.jsonl", json.dumps({"instruction": "Q", "output": "A"})),
        ("pairs.csv", "Question,Answer\nQ,A\n"),
    ],
)
def test_chats_and_pairs_of_other_tools_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (made,) = files.load(tmp_path / name, SYSTEM)
    assert [(each.role, each.text) for each in made.messages] == [(Role.SYSTEM, SYSTEM), (Role.USER, "Q")]
    assert (made.answer, made.source) == ("A", f"file:{name}")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.jsonl", "secret", "row 1: is no JSON object"),
        (
            "a.jsonl",
            '{"messages": [{"role": "user", "content": "secret"}]}',
            "does not end with the",
        ),
        ("a.jsonl", '{"messages": [{"role": "robot", "content": "secret"}]}', "no role that is known"),
        ("a.csv", "question,answer\nsecret,\n", "row 2: has no question with an answer"),
        ("a.txt", "secret", "bring .jsonl or .csv"),
    ],
)
def test_what_is_no_example_is_refused_with_its_row_and_without_its_words(
    tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=complaint) as raised:
        files.load(tmp_path / name, SYSTEM)
    assert "secret" not in str(raised.value)


def test_what_is_exported_can_be_read_again(tmp_path: Path) -> None:
    messages = (ChatMessage(role=Role.SYSTEM, text=SYSTEM), ChatMessage(role=Role.USER, text="Q, or not?"))
    told = Example(
        id=identity(messages, "A", "B"), messages=messages, answer="A", rejected="B", source="x", group="g"
    )
    for form, name in (("preference", "p.jsonl"), ("csv", "p.csv")):
        (tmp_path / name).write_text(exporting.FORMS[form]([told]))
        (back,) = files.load(tmp_path / name, SYSTEM)
        assert (back.messages, back.answer, back.rejected) == (messages, "A", "B")
    for form in ("openai", "sharegpt"):
        (tmp_path / "c.jsonl").write_text(exporting.FORMS[form]([told]))
        (back,) = files.load(tmp_path / "c.jsonl", SYSTEM)
        assert (back.messages, back.answer) == (messages, "A")
    assert list(csv.reader(io.StringIO(exporting.FORMS["csv"]([told]))))[1][0] == "Q, or not?"
