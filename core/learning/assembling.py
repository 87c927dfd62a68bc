"""Datasets from what the store and the operator's files hold, and which of them people have left since."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import DatasetError
from core.language.analysis import LanguagePipeline
from core.learning import building, examples, files, gathering, leaving
from core.learning.examples import Dataset, Example
from core.store.ports import Store


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What goes into a dataset."""

    name: str
    system: str
    """The system prompt that the assistant answers with."""
    sources: Sequence[Path] = ()
    """Files of the operator."""
    licences: Sequence[str] = ()
    """Under which the files may be learnt from."""
    held_out: float = building.HELD_OUT
    """Share of the people on whom a model is tried."""
    with_feedback: bool = True
    """Whether reviewed answers go in."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A dataset in a list."""

    reference: str
    train: int
    held_out: int
    made_at: str
    withdrawn: int
    """People whose words are in it, and who have withdrawn their consent since, or were erased."""


async def build(
    recipe: Recipe, home: Path, store: Store, pipeline: LanguagePipeline, at: datetime
) -> Dataset:
    """Build a version of a dataset; the same examples give the one that is there.

    Args:
        home: FRONTDESK_HOME.
        at: when.

    Raises:
        DatasetError: the name is none, a file cannot be read, or there is nothing to learn from.
    """
    every = [
        each for path in recipe.sources for each in await asyncio.to_thread(files.load, path, recipe.system)
    ]
    people: set[str] = set()
    withheld = 0
    if recipe.with_feedback:
        feedback, people, withheld = await _feedback(store, recipe.system, pipeline)
        every += feedback
    if not every:
        raise DatasetError(
            "There is nothing to learn from: review answers with `frontdesk learn review`, or bring a file "
            "with --from."
        )
    parts = await asyncio.to_thread(building.part, every, recipe.held_out)
    made_at = at.isoformat(timespec="seconds")
    card = building.card(parts, people=people, licences=recipe.licences, withheld=withheld, made_at=made_at)
    return await asyncio.to_thread(
        examples.add, home, recipe.name, train=parts.train, held_out=parts.held_out, card=card
    )


async def listed(home: Path, store: Store) -> list[Listed]:
    """Every dataset, by name, oldest first."""
    return await asyncio.to_thread(_lines, home, await leaving.gone(store))


async def _feedback(
    store: Store, system: str, pipeline: LanguagePipeline
) -> tuple[list[Example], set[str], int]:
    """Examples of the reviewed answers, hashes of their people, and how many answers were withheld."""
    lessons = [each for each in await store.lessons.judged() if gathering.is_taught(each)]
    salt = await leaving.salt(store.cabinet)
    gathered = await gathering.gather(lessons, system, pipeline, salt)
    people = {gathering.hashed(person, salt) for each in lessons for person in each.everybody}
    return gathered, people, await store.lessons.withheld()


def _lines(home: Path, gone: set[str]) -> list[Listed]:
    return [_line(each, gone) for each in examples.datasets(home)]


def _line(found: Dataset, gone: set[str]) -> Listed:
    card = found.card
    counts = card.get("examples")
    counted = counts if isinstance(counts, dict) else {}
    return Listed(
        reference=found.reference,
        train=int(counted.get("train", 0)),
        held_out=int(counted.get("held_out", 0)),
        made_at=str(card.get("made_at", "")),
        withdrawn=len(gone & leaving.people_of(found)),
    )
