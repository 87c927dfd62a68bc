"""Datasets on disk: written once, read as they were written, refused when they are not that any more."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.types import ChatMessage, Role
from core.errors import DatasetError
from core.learning import examples
from core.learning.examples import Example

HI = Example(
    id=hashlib.sha256(b"hi").hexdigest(),
    messages=(
        ChatMessage(role=Role.SYSTEM, text="Be brief."),
        ChatMessage(role=Role.USER, text="Where is my parcel?"),
    ),
    answer="On its way.",
    language="en",
    source="file:chats.jsonl",
    group="g1",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
EXAMPLES = st.builds(
    lambda words, answer, rejected: replace(
        HI, messages=(ChatMessage(role=Role.USER, text=words),), answer=answer, rejected=rejected
    ),
    TEXT,
    TEXT.filter(bool),
    TEXT,
)


@given(st.lists(EXAMPLES, max_size=3))
def test_examples_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[Example]
) -> None:
    path = tmp_path_factory.mktemp("examples") / "train.jsonl"
    examples.write(path, written)
    assert examples.read(path) == written


def test_the_lines_are_those_of_the_contract(tmp_path: Path) -> None:
    examples.write(tmp_path / "train.jsonl", [replace(HI, rejected="No idea.")])
    assert json.loads((tmp_path / "train.jsonl").read_text()) == {
        "id": HI.id,
        "kind": "preference",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Where is my parcel?"},
        ],
        "answer": "On its way.",
        "rejected": "No idea.",
        "language": "en",
        "source": "file:chats.jsonl",
        "group": "g1",
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "1"}, "id: "),
        ({"kind": "preference"}, "a preference, and nothing else, has a rejected answer"),
        ({"messages": []}, "messages: "),
        ({"messages": [{"role": "system", "content": "x"}]}, "must end with the user's"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role: "),
        ({"answer": ""}, "answer: "),
        ({"anwser": "x"}, "anwser: "),
    ],
)
def test_a_damaged_line_is_named_and_not_quoted(
    change: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "train.jsonl"
    examples.write(path, [HI])
    line = json.loads(path.read_text())
    path.write_text(path.read_text() + json.dumps(line | change) + "\n")
    with pytest.raises(DatasetError, match="line 2") as refused:
        examples.read(path)
    assert complaint in str(refused.value)
    assert "parcel" not in str(refused.value)


def test_a_dataset_is_found_by_the_hash_of_its_content(tmp_path: Path) -> None:
    first = examples.add(tmp_path, "style", train=[HI], held_out=[], card={"made": 1})
    same = examples.add(tmp_path, "style", train=[HI], held_out=[], card={"made": 2})
    other = examples.add(tmp_path, "style", train=[HI, HI], held_out=[HI], card={"made": 3})
    assert (same.reference, same.card) == (first.reference, {"made": 1})
    assert first.reference.startswith("style@") and len(first.reference) == len("style@") + 12
    assert examples.datasets(tmp_path) == [first, other]
    assert examples.find(tmp_path, "style") == other
    assert examples.find(tmp_path, first.reference[:-4]) == first
    assert (other.train(), other.held_out()) == ([HI, HI], [HI])


def test_a_dataset_that_was_changed_is_refused(tmp_path: Path) -> None:
    dataset = examples.add(tmp_path, "style", train=[HI], held_out=[HI], card={})
    examples.write(dataset.folder / examples.TRAIN, [HI, HI])
    with pytest.raises(DatasetError, match="was changed after it was made"):
        examples.find(tmp_path, "style")


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there: none"):
        examples.find(tmp_path, "style")
    dataset = examples.add(tmp_path, "style", train=[HI], held_out=[HI], card={})
    with pytest.raises(DatasetError, match=dataset.reference):
        examples.find(tmp_path, "sty")
    with pytest.raises(DatasetError, match="cannot name a dataset"):
        examples.add(tmp_path, "../up", train=[], held_out=[], card={})
