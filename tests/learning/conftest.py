"""A home with a tiny model on its shelf, and a small dataset."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.engine.types import ChatMessage, Role
from core.learning import examples
from core.learning.examples import Dataset, Example
from tests.engine.tiny import LLAMA, make_weights, write_gguf


def example(question: str, answer: str, rejected: str = "") -> Example:
    digest = hashlib.sha256(f"{question}\n{answer}\n{rejected}".encode()).hexdigest()
    return Example(
        id=digest,
        messages=(ChatMessage(role=Role.USER, text=question),),
        answer=answer,
        rejected=rejected,
        language="en",
        source="file:test.jsonl",
        group=digest,
    )


def parcels(numbers: Sequence[int]) -> list[Example]:
    return [
        example(f"Where is {number}?", f"{number} is on its way.", "No." if number % 3 == 0 else "")
        for number in numbers
    ]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA))


@pytest.fixture
def base(tmp_path: Path, weights: Path) -> ShelvedModel:
    return convert(weights, Shelf(tmp_path), name="tiny")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return examples.add(
        tmp_path, "parcels", train=parcels(range(8, 24)), held_out=parcels(range(30, 42)), card={}
    )


@pytest.fixture
def candidate(tmp_path: Path, base: ShelvedModel) -> ShelvedModel:
    """Another model of the same shape, as if it had been trained."""
    other = write_gguf(tmp_path / "other.gguf", make_weights(replace(LLAMA, seed=1)))
    return convert(other, Shelf(tmp_path), name="other")
