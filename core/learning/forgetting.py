"""What learnt from a person: datasets with their words, trainings on these, and models that came of them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.engine.shelf import Shelf
from core.learning import examples, lineage
from core.learning.examples import Dataset
from core.learning.training.plan import ROWS, RUNS


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Where something of a person went."""

    datasets: tuple[str, ...]
    """NAME@HASH."""
    models: tuple[str, ...]
    """NAME@VERSION, of those that were trained on these."""


def learnt_from(home: Path, person: str) -> Learnt:
    """Datasets in which somebody's words are, and models that were trained on them.

    Args:
        home: FRONTDESK_HOME.
        person: what they are called in datasets, as `core.learning.gathering.hashed` makes it.
    """
    shelf, found = Shelf(home), _with(home, person)
    models = {made.model for each in found for made in lineage.trained_on(shelf, each.reference)}
    return Learnt(datasets=tuple(each.reference for each in found), models=tuple(sorted(models)))


def forget(home: Path, person: str) -> Learnt:
    """Delete these datasets, and the rows of trainings on them; models stay, and are named.

    Whose words stand in which example is not known, so that a version goes as a whole: built anew, it has all
    the others. A training that was broken off says nothing of its dataset: its rows go in any case, and are
    written again when it goes on.
    """
    found = learnt_from(home, person)
    for each in _with(home, person):
        shutil.rmtree(each.folder)
    if found.datasets:
        for rows in (home / RUNS).glob(f"*/{ROWS}"):
            if _dataset_of(rows.parent) in ("", *found.datasets):
                rows.unlink(missing_ok=True)
    return found


def _with(home: Path, person: str) -> list[Dataset]:
    return [each for each in examples.datasets(home) if person in _people(each)]


def _people(dataset: Dataset) -> list[object]:
    people = dataset.card.get("people")
    return people if isinstance(people, list) else []


def _dataset_of(run: Path) -> str:
    """NAME@HASH; empty where the training is not finished."""
    made = lineage.read(run)
    return made.dataset if made else ""
