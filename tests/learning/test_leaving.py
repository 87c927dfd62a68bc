"""Somebody withdraws or is erased: no later training knows them, and the models that do are named."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.engine.shelf import ShelvedModel
from core.errors import DatasetError
from core.language.pipeline import Pipeline
from core.learning import assembling, examples, leaving, lineage
from core.learning.assembling import Recipe
from core.learning.evaluation import pairs
from core.learning.evaluation.pairs import Match, Pair
from core.learning.examples import Dataset
from core.learning.leaving import Learnt
from core.learning.lineage import Fidelity, Lineage, Point
from core.learning.training import run
from core.learning.training.plan import JOB, RUNS, Limits, Parameters
from core.message import Person, Post
from core.store.ports import Store
from core.store.records import Consent, Judgement, Outcome, Review, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.samples import ANNA, BEN, arrival, conversation, message
from tests.trust.page import Note

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CANARY = "quinquagesima"
PEOPLE, LEAVING = 40, 5
ANSWERS = ((True,), (), (False,), (True, False))
"""What people say to whether may be learnt from them, one after the other."""
RECIPE = Recipe(name="style", system="You help.", held_out=0)
PARAMETERS, LIMITS = Parameters(), Limits(threads=1, memory_mb=8000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", FakeClock(NOW)) as store:
        for person, words in ((ANNA, f"what does {CANARY} mean?"), (BEN, "when do you open?")):
            await answered(store, person, words)
            await decided(store, person, granted=True)
        yield store


async def answered(store: Store, person: Person, question: str) -> None:
    """A question with an answer that a reviewer kept."""
    where = conversation(person.id)
    await store.inbox.accept(arrival(message(question, where=where, sender=person)))
    assert await store.leases.take(f"conversation:{where.key}")
    post = Post(id=f"post of {person.id}", turn_id=f"turn of {person.id}", conversation=where)
    turn = await store.turns.begin(where, post, await store.inbox.waiting(where.key))
    said = Outcome(state=TurnState.ANSWERED, reply="at seven", parts=(), question=question)
    await store.turns.finish(turn, said, [])
    await store.lessons.review(Review(turn_id=turn.id, judgement=Judgement.KEEP, reviewer="Rita", at=NOW))


async def decided(store: Store, person: Person, *, granted: bool) -> None:
    await store.lessons.decide(
        Consent(person=person.key, granted=granted, wording="May we?", conversation="", at=NOW)
    )


async def built(home: Path, store: Store) -> Dataset:
    pipeline = Pipeline()
    try:
        return await assembling.build(RECIPE, home, store, pipeline, NOW)
    finally:
        await pipeline.close()


def learns(model: ShelvedModel, dataset: Dataset, *, noted: bool = True) -> None:
    """The model is one that was trained on the dataset.

    Args:
        noted: its lineage says on whose words; old ones do not.
    """
    record = Lineage(
        model=model.reference,
        run="abc",
        dataset=dataset.reference,
        people=tuple(sorted(leaving.people_of(dataset))) if noted else (),
        examples=2,
        left_out=0,
        base="tiny@1",
        weights_sha256="0" * 64,
        parameters=PARAMETERS,
        threads=1,
        precision="float32",
        packages={},
        fidelity=Fidelity(divergence=0.0, agreement=1.0),
        curve=(Point(step=1, loss=1.0),),
        created=NOW,
    )
    lineage.write(record, model.folder)


def holds(folder: Path, needle: bytes) -> bool:
    """Whether any file below a folder has these bytes."""
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_who_withdraws_is_in_no_later_training_by_bytes_and_by_hash(
    tmp_path: Path, store: Store, base: ShelvedModel, weights: Path
) -> None:
    first = await built(tmp_path, store)
    before = run.prepare(tmp_path, first, base, weights, PARAMETERS, LIMITS)
    leaving.check(first, await leaving.gone(store))
    assert holds(first.folder, CANARY.encode()) and before.examples == 2
    await decided(store, ANNA, granted=False)
    with pytest.raises(DatasetError, match="1 person has withdrawn"):
        leaving.check(first, await leaving.gone(store))
    second = await built(tmp_path, store)
    after = run.prepare(tmp_path, second, base, weights, PARAMETERS, LIMITS)
    leaving.check(second, await leaving.gone(store))
    assert second.reference != first.reference
    assert not holds(second.folder, CANARY.encode()) and after.examples == 1
    rows = [(each.folder / "rows.jsonl").read_bytes() for each in (before, after)]
    (withheld,) = set(rows[0].splitlines()) - set(rows[1].splitlines())
    assert not holds(after.folder, withheld), "her row, as token ids"


async def test_nobody_is_learnt_from_without_their_own_yes(
    tmp_path: Path, store: Store, record_property: Note
) -> None:
    """Some agreed, some were never asked, some said no, some took their yes back: each has a word."""
    for number in range(PEOPLE):
        person = replace(ANNA, id=f"p{number}")
        await answered(store, person, f"what does {_word(number)} mean?")
        for granted in ANSWERS[number % len(ANSWERS)]:
            await decided(store, person, granted=granted)
    agreed = [number for number in range(PEOPLE) if ANSWERS[number % len(ANSWERS)] == (True,)]
    assert _learnt(await built(tmp_path, store)) == agreed
    for number in agreed[:LEAVING]:
        await decided(store, replace(ANNA, id=f"p{number}"), granted=False)
    assert _learnt(await built(tmp_path, store)) == agreed[LEAVING:]
    record_property(
        "P8",
        f"{PEOPLE} people with answers that reviewers kept: {len(agreed)} who agree are learnt from, 0 of "
        f"{PEOPLE - len(agreed)} others; when {LEAVING} withdraw, 0 of them in the next dataset",
    )


def _word(number: int) -> str:
    """Nobody else says it, and no mask takes it away."""
    return CANARY + "abcdefghij"[number // 10] + "abcdefghij"[number % 10]


def _learnt(dataset: Dataset) -> list[int]:
    """Whose words stand in any file of a dataset."""
    text = "".join(path.read_text(encoding="utf-8") for path in dataset.folder.iterdir())
    return [number for number in range(PEOPLE) if _word(number) in text]


async def test_the_models_that_learnt_from_somebody_are_named(
    tmp_path: Path, store: Store, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    dataset = await built(tmp_path, store)
    learns(candidate, dataset)
    nothing = Learnt(datasets=(), models=())
    everything = Learnt(datasets=(dataset.reference,), models=(candidate.reference,))
    assert await leaving.learnt_from(tmp_path, store, ANNA.key) == everything
    assert await leaving.learnt_from(tmp_path, store, replace(ANNA, id="nobody").key) == nothing


async def test_who_is_erased_leaves_no_dataset_behind_and_the_models_stay_marked(
    tmp_path: Path, store: Store, base: ShelvedModel, candidate: ShelvedModel, weights: Path
) -> None:
    dataset = await built(tmp_path, store)
    run.prepare(tmp_path, dataset, base, weights, PARAMETERS, LIMITS)
    learns(candidate, dataset)
    erased = await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert erased == Learnt(datasets=(dataset.reference,), models=(candidate.reference,))
    assert examples.datasets(tmp_path) == [] and list((tmp_path / RUNS).iterdir()) == []
    record = lineage.of(candidate)
    assert leaving.left(tmp_path, record, await leaving.gone(store)) == 1, "her consent is not looked at"
    again = await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert again == Learnt(datasets=(), models=(candidate.reference,))


@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_model_whose_lineage_names_nobody_learnt_from_the_people_of_its_dataset(
    tmp_path: Path, store: Store, base: ShelvedModel, candidate: ShelvedModel, by_hand: bool
) -> None:
    dataset = await built(tmp_path, store)
    learns(candidate, dataset, noted=False)
    learnt = await leaving.learnt_from(tmp_path, store, ANNA.key)
    assert learnt.models == (candidate.reference,)
    await decided(store, ANNA, granted=False)
    assert leaving.left(tmp_path, lineage.of(candidate), await leaving.gone(store)) == 1
    if by_hand:
        leaving.remove(tmp_path, dataset)
    else:
        await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert examples.datasets(tmp_path) == []
    for person in (ANNA, BEN):
        erased = await leaving.erase(tmp_path, store, person.key, NOW)
        assert erased.models == (candidate.reference,), "known without the dataset"
    assert leaving.left(tmp_path, lineage.of(candidate), await leaving.gone(store)) == 2


@pytest.mark.parametrize("job", [None, "{"])
async def test_a_training_that_says_not_on_what_goes_with_the_others(
    tmp_path: Path, store: Store, base: ShelvedModel, weights: Path, job: str | None
) -> None:
    """Such as one that was begun before that was noted."""
    dataset = await built(tmp_path, store)
    path = run.prepare(tmp_path, dataset, base, weights, PARAMETERS, LIMITS).folder / JOB
    told = json.loads(path.read_text())
    del told["dataset"]
    path.write_text(job or json.dumps(told))
    await leaving.erase(tmp_path, store, "web:shop.example:somebody-else", NOW)
    assert path.exists()
    await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert examples.datasets(tmp_path) == [] and list((tmp_path / RUNS).iterdir()) == []


async def test_what_was_made_of_a_dataset_that_is_gone_goes_with_whoever_is_erased(
    tmp_path: Path, store: Store, base: ShelvedModel, weights: Path
) -> None:
    """Earlier versions removed datasets alone."""
    dataset = await built(tmp_path, store)
    run.prepare(tmp_path, dataset, base, weights, PARAMETERS, LIMITS)
    pair = Pair(id="0" * 64, question=f"what does {CANARY} mean?", serving="Fifty.", candidate="Fifty days.")
    match = Match(candidate="house@1", serving="base@1", dataset=dataset.reference, pairs=(pair,))
    pairs.save(tmp_path, match)
    damaged = tmp_path / pairs.FOLDER / "0123456789ab.json"
    damaged.write_text(f'{{"question": "what does {CANARY} mean?"')
    await leaving.erase(tmp_path, store, "web:shop.example:somebody-else", NOW)
    assert pairs.matches(tmp_path) == [match], "the damaged one may be of any dataset"
    shutil.rmtree(dataset.folder)
    await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert list((tmp_path / RUNS).iterdir()) == []
    assert not holds(tmp_path / pairs.FOLDER, CANARY.encode())


async def test_of_whom_nothing_was_learnt_nothing_is_kept(tmp_path: Path, store: Store) -> None:
    await leaving.erase(tmp_path, store, ANNA.key, NOW)
    assert await store.lessons.unlearnt() == []
