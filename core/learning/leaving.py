"""People who may not be learnt from any more: what was made of their words, and what of it goes with them."""

import asyncio
import secrets
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.engine.shelf import Shelf
from core.errors import DatasetError
from core.learning import examples, lineage
from core.learning.evaluation import pairs
from core.learning.examples import Dataset
from core.learning.gathering import hashed
from core.learning.lineage import Lineage
from core.learning.training import plan
from core.ports import Cabinet
from core.store.ports import Store

SALT = "learning.salt"
"""Under which the cabinet keeps what people are hashed with."""


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What was made of somebody's words."""

    datasets: tuple[str, ...]
    """NAME@HASH."""
    models: tuple[str, ...]
    """NAME@VERSION of every model on the shelf that learnt from them."""


async def salt(cabinet: Cabinet) -> bytes:
    """What this installation hashes people with, so that a hash names nobody elsewhere."""
    kept = await cabinet.get(SALT)
    if kept is None:
        kept = secrets.token_hex(16)
        await cabinet.put(SALT, kept)
    return bytes.fromhex(kept)


async def gone(store: Store) -> set[str]:
    """Hashes of those who withdrew their consent, or were erased."""
    kept = await salt(store.cabinet)
    withdrawn = {hashed(person, kept) for person in await store.lessons.withdrawn()}
    return withdrawn | set(await store.lessons.unlearnt())


async def learnt_from(home: Path, store: Store, person: str) -> Learnt:
    """What was made of a person's words.

    Args:
        home: FRONTDESK_HOME.
        person: their key.

    Raises:
        DatasetError: a card is damaged.
        ModelError: a lineage is damaged.
    """
    return await asyncio.to_thread(_learnt_from, home, hashed(person, await salt(store.cabinet)))


async def erase(home: Path, store: Store, person: str, at: datetime) -> Learnt:
    """Delete every dataset that holds a person's words, with all that was made of it, and note who it was.

    Other people's words in such a dataset are still in the database: building it again brings them back.
    Models stay, and from now on say that they learnt from somebody who is gone.

    Args:
        home: FRONTDESK_HOME.
        person: their key.
        at: when.

    Returns:
        What was deleted, and the models that know their words.

    Raises:
        DatasetError: a card is damaged, or a file cannot be deleted.
        ModelError: a lineage is damaged.
    """
    called = hashed(person, await salt(store.cabinet))
    learnt = await asyncio.to_thread(_learnt_from, home, called)
    if learnt.datasets or learnt.models:
        await store.lessons.unlearn(called, at)
    await asyncio.to_thread(_note_people, home, learnt.datasets)
    await asyncio.to_thread(_delete, home, learnt.datasets)
    return learnt


def remove(home: Path, dataset: Dataset) -> None:
    """Delete a dataset with all that was made of it: rows of trainings, and answers side by side.

    Models stay, and know from now on by themselves whose words they learnt.

    Args:
        home: FRONTDESK_HOME.

    Raises:
        DatasetError: the card is damaged.
        ModelError: a lineage is damaged.
    """
    _note_people(home, [dataset.reference])
    _delete(home, [dataset.reference])


def check(dataset: Dataset, gone: Collection[str]) -> None:
    """That everybody in a dataset may still be learnt from.

    Args:
        gone: hashes of those who may not.

    Raises:
        DatasetError: somebody in it may not.
    """
    if left := len(people_of(dataset) & set(gone)):
        who = "1 person has" if left == 1 else f"{left} people have"
        raise DatasetError(
            f"{who} withdrawn their consent since {dataset.reference} was built: build it again, without them"
        )


def people_of(dataset: Dataset) -> set[str]:
    """Hashes of those whose words are in it.

    Raises:
        DatasetError: the card is damaged.
    """
    people = dataset.card.get("people")
    return set(map(str, people)) if isinstance(people, list) else set()


def people_behind(home: Path, record: Lineage | None) -> set[str]:
    """Hashes of those whose words a model learnt.

    A lineage that was written before people were noted leaves them to the card of its dataset.

    Args:
        home: FRONTDESK_HOME.

    Raises:
        DatasetError: the card is damaged.
    """
    if record is None:
        return set()
    if record.people:
        return set(record.people)
    dataset = examples.kept(home, record.dataset)
    return people_of(dataset) if dataset else set()


def left(home: Path, record: Lineage | None, gone: Collection[str]) -> int:
    """How many of those whose words a model learnt may not be learnt from any more.

    Args:
        home: FRONTDESK_HOME.
        gone: their hashes.

    Raises:
        DatasetError: the card of its dataset is damaged.
    """
    return len(people_behind(home, record) & set(gone))


def _learnt_from(home: Path, person: str) -> Learnt:
    models = Shelf(home).models()
    return Learnt(
        datasets=tuple(each.reference for each in examples.datasets(home) if person in people_of(each)),
        models=tuple(each.reference for each in models if person in people_behind(home, lineage.of(each))),
    )


def _note_people(home: Path, datasets: Collection[str]) -> None:
    """With a dataset goes its card: models that left their people to it get them written down."""
    for model in Shelf(home).models():
        record = lineage.of(model)
        if record and record.dataset in datasets and not record.people:
            people = tuple(sorted(people_behind(home, record)))
            lineage.write(replace(record, people=people), model.folder)


def _delete(home: Path, datasets: Iterable[str]) -> None:
    """With them goes what was made of others that are gone: earlier versions left that behind."""
    doomed = set(datasets)

    def is_gone(dataset: str | None) -> bool:
        if dataset is None:
            return bool(doomed)
        return dataset in doomed or not (home / examples.FOLDER / dataset).is_dir()

    try:
        for job in (home / plan.RUNS).glob(f"*/{plan.JOB}"):
            if is_gone(_learnt_by(job.parent)):
                shutil.rmtree(job.parent)
        pairs.forget(home, is_gone)
        for reference in doomed:
            shutil.rmtree(home / examples.FOLDER / reference)
    except OSError as error:  # such as a training that still writes
        raise DatasetError(
            f"What was made of somebody's words cannot be deleted yet: {type(error).__name__}"
        ) from error


def _learnt_by(folder: Path) -> str | None:
    """On what a training is; None where it does not say: then it goes with whatever goes."""
    try:
        return plan.read_job(folder).dataset or None
    except ValueError:
        return None
