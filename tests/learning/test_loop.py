"""The whole loop without torch: a tiny model and a prepared adapter; `make learn-demo` runs it for real."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.engine.local import LocalEngine, Shape, open_engine
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import DatasetError, NotProved
from core.language.pipeline import Pipeline
from core.learning import assembling, canary, leaving, lineage, promotion, reviewing
from core.learning.assembling import Recipe
from core.learning.evaluation import comparing, measuring, report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import judge
from core.learning.examples import Dataset
from core.learning.training import candidate as candidates
from core.learning.training import run
from core.learning.training.events import Ended, Estimated
from core.learning.training.plan import ADAPTER, CURVE, REFERENCE, Limits, Parameters, read_rows
from core.learning_policy import Gates
from core.message import Person, Platform, Post, Rating
from core.store.ports import Store
from core.store.records import Consent, Judgement, Outcome, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.engine.test_adapter import make_adapter
from tests.engine.tiny import LLAMA, make_weights, reference_logits
from tests.learning.test_canary import converse
from tests.samples import arrival, conversation, message

NOW = datetime.now(UTC)
SHARE = 0.25
LENIENT = Gates(
    examples=1,
    perplexity=1e9,
    general_perplexity=1e9,
    sway=1e9,
    cliches=1e9,
    exact=-1,
    format=-1,
    preference=-1,
    contrast=-1,
    speed=1e-6,
)
"""A random adapter teaches nothing: these let it through, so that what comes after can be seen."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", clock) as store:
        yield store


def person(number: int) -> Person:
    return Person(platform=Platform.TERMINAL, tenant="t", id=f"p{number}", name="Somebody")


async def talk(store: Store, model: str) -> None:
    """Forty people ask, find the answer bad, and let it be learnt from; somebody corrects it."""
    for number in range(40):
        asker, where = person(number), conversation(f"c{number}")
        consent = Consent(person=asker.key, granted=True, wording="May we?", conversation=where.key, at=NOW)
        await store.lessons.decide(consent)
        question = f"where is parcel {number}?"
        await store.inbox.accept(arrival(message(question, where=where, sender=asker)))
        assert await store.leases.take(f"conversation:{where.key}")
        post = Post(id=f"post {number}", turn_id=f"turn {number}", conversation=where)
        turn = await store.turns.begin(where, post, await store.inbox.waiting(where.key))
        said = Outcome(state=TurnState.ANSWERED, reply="no idea", parts=(), question=question, model=model)
        await store.turns.finish(turn, said, [])
        await store.people.rate(Rating(conversation=where, person=asker, verdict="bad"), turn.id)
        await reviewing.judge(
            store.lessons,
            [turn.id],
            Judgement.CORRECT,
            reviewer="Rita",
            at=NOW,
            correction=f"parcel {number} is on its way.",
        )


async def built(home: Path, store: Store) -> Dataset:
    pipeline = Pipeline()
    try:
        recipe = Recipe(name="parcels", system="You help.", held_out=0.3)
        return await assembling.build(recipe, home, store, pipeline, NOW)
    finally:
        await pipeline.close()


def trained(home: Path, dataset: Dataset, base: ShelvedModel, weights: Path) -> ShelvedModel:
    """As if the training process had run: its adapter, and what the merged model computes."""
    parameters, limits = Parameters(epochs=1), Limits(threads=1, memory_mb=8000)
    prepared = run.prepare(home, dataset, base, weights, parameters, limits)
    _, merged = make_adapter(prepared.folder / ADAPTER, make_weights(LLAMA))
    row = read_rows(prepared.folder)[0]
    ids = [*row.prompt, *row.answer]
    np.savez(prepared.folder / REFERENCE, ids0=np.array(ids), logits0=reference_logits(merged, ids)[-16:])
    (prepared.folder / CURVE).write_text('{"step": 1, "loss": 2.0}\n')
    estimated = Estimated(seconds=1.0, steps=1, done=0, tokens_per_second=1.0, precision="float32")
    ended = Ended(reason="trained", peak_megabytes=1.0, packages={"torch": "none"})
    made, _ = candidates.shelve(prepared, estimated, ended, Shelf(home), "tiny-parcels")
    return made


async def evaluated(dataset: Dataset, serving: ShelvedModel, candidate: ShelvedModel) -> Comparison:
    found = []
    for model in (serving, candidate):
        engine: LocalEngine = await open_engine(model, "cpu", shape=Shape(replicas=1, threads=1))
        found.append(await measuring.measure(engine, model.size, dataset, lambda done, total: None))
        await engine.close()
    return comparing.compare(dataset.reference, *found)


async def test_people_teach_a_model_and_take_it_back_when_they_do_not_like_it(
    tmp_path: Path, store: Store, clock: FakeClock, base: ShelvedModel, weights: Path
) -> None:
    shelf = Shelf(tmp_path)
    shelf.use(base)
    await talk(store, base.reference)
    dataset = await built(tmp_path, store)
    assert dataset.card["kinds"] == {"preference": 40}
    candidate = trained(tmp_path, dataset, base, weights)
    comparison = await evaluated(dataset, base, candidate)
    report.save(tmp_path, comparison, judge(comparison, Gates()), lineage.of(candidate))

    with pytest.raises(NotProved, match="has not proved that it is better"):
        promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False)
    promotion.promote(tmp_path, shelf, candidate, LENIENT, despite=False, share=SHARE)
    assert shelf.active() == base.reference
    began = promotion.history(tmp_path)[-1].at
    await clock.advance((began - clock.now()).total_seconds())  # answers from before are not the canary's
    await converse(store, base, candidate, clock, bad=lambda number: True)
    await canary.look(tmp_path, shelf, store.history, store.audit, clock)
    assert shelf.canary() is None, "people found it bad: nobody is answered by it any more"
    assert "0 of its" in promotion.history(tmp_path)[-1].reasons[0]

    promotion.promote(tmp_path, shelf, candidate, LENIENT, despite=False)
    assert shelf.active() == candidate.reference
    writer = shelf.find(await store.history.model_of("t3"))
    record = lineage.of(writer)
    assert record is not None and record.dataset == dataset.reference
    learnt = await leaving.learnt_from(tmp_path, store, person(0).key)
    assert (learnt.datasets, learnt.models) == ((dataset.reference,), (candidate.reference,))

    await store.lessons.decide(
        Consent(person=person(0).key, granted=False, wording="May we?", conversation="", at=clock.now())
    )
    gone = await leaving.gone(store)
    assert leaving.left(tmp_path, record, gone) == 1
    with pytest.raises(DatasetError, match="build it again"):
        leaving.check(dataset, gone)
    anew = await built(tmp_path, store)
    leaving.check(anew, gone)
    assert leaving.people_of(dataset) - leaving.people_of(anew) == gone
