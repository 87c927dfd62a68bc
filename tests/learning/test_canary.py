"""A candidate that answers a share of the conversations, and is taken back when it does worse there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from core.engine.asking import asking
from core.engine.local import Shape, open_engine
from core.engine.registry import LOOK_SECONDS, Registry, follow, open_registry
from core.engine.shelf import Canary, Shelf, ShelvedModel, check_name
from core.engine.types import ChatMessage, Role
from core.errors import ModelError, NotProved
from core.learning import canary, promotion
from core.learning_policy import Gates
from core.message import Post, Rating, Reply
from core.privacy.audit import ASSISTANT, Action
from core.store.ports import Store
from core.store.records import Outcome, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.learning.test_promotion import evaluated
from tests.samples import ANNA, HERE, arrival, message

SHARE = 0.25
PLENTY = 1e12
open_tiny = partial(open_engine, device="cpu", shape=Shape(replicas=1, threads=1))


@pytest.fixture
def shelf(tmp_path: Path, base: ShelvedModel, candidate: ShelvedModel) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def registry(base: ShelvedModel) -> AsyncIterator[Registry]:
    opened = await open_registry(open_tiny, PLENTY, base)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", clock) as store:
        yield store


async def answering(registry: Registry, conversation: str) -> str:
    with asking(conversation):
        return (await registry.prepare([ChatMessage(role=Role.USER, text="Hi")])).model


async def test_a_conversation_keeps_to_its_model_and_the_share_is_as_asked_for(
    registry: Registry, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    await registry.try_out(candidate, SHARE)
    names = [f"slack:T1:C{number}" for number in range(200)]
    first = [await answering(registry, name) for name in names]
    assert [await answering(registry, name) for name in names] == first
    assert 30 <= first.count(candidate.reference) <= 70
    assert set(first) == {base.reference, candidate.reference}
    assert f"{candidate.reference} answers 25%" in registry.health().detail


async def test_what_is_asked_for_nobody_is_never_tried_on(
    registry: Registry, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    await registry.try_out(candidate, 1.0)
    assert (await registry.prepare([ChatMessage(role=Role.USER, text="Hi")])).model == base.reference
    assert await answering(registry, "slack:T1:C1") == candidate.reference


async def test_a_canary_that_ended_leaves_and_everybody_has_the_same_model(
    registry: Registry, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    await registry.try_out(candidate, 1.0)
    await registry.try_out(None)
    assert await answering(registry, "slack:T1:C1") == base.reference
    await until(lambda: registry.loaded() == [base.reference])


async def test_a_running_service_follows_the_shelf(
    registry: Registry, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel, clock: FakeClock
) -> None:
    following = asyncio.create_task(follow(shelf, registry, clock))
    shelf.try_out(Canary(reference=candidate.reference, share=SHARE))
    await until(lambda: candidate.reference in registry.loaded(), clock)
    shelf.try_out(None)
    await until(lambda: registry.loaded() == [base.reference], clock)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def test_only_a_model_that_is_there_can_be_tried(shelf: Shelf) -> None:
    with pytest.raises(ModelError, match="no model 'nothing'"):
        shelf.try_out(Canary(reference="nothing", share=SHARE))
    assert shelf.canary() is None
    with pytest.raises(ModelError, match="cannot name a model"):
        check_name("canary")


async def test_a_canary_that_does_worse_with_people_is_taken_back_by_itself(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel, store: Store, clock: FakeClock
) -> None:
    """It passed every gate: only people find out."""
    evaluated(tmp_path, base, candidate, nats=10.0)
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False, share=SHARE)
    await converse(store, base, candidate, clock, bad=lambda number: number % 3 > 0)
    evidence = await canary.look(tmp_path, shelf, store.history, store.audit, clock)
    assert evidence is not None and evidence.against >= canary.ENOUGH
    assert shelf.canary() is None
    assert shelf.active() == base.reference
    last = promotion.history(tmp_path)[-1]
    assert (last.action, last.before, last.model) == ("rollback", candidate.reference, base.reference)
    assert "10 of its 30 answers were good, and 90 of 90" in last.reasons[0]
    (noted,) = await store.audit.records(9, actor=ASSISTANT)
    assert (noted.entry.action, noted.entry.subject) == (Action.ROLL_BACK, f"model:{candidate.reference}")
    assert noted.entry.detail == last.reasons[0]


async def test_a_canary_that_does_as_well_stays(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel, store: Store, clock: FakeClock
) -> None:
    evaluated(tmp_path, base, candidate, nats=10.0)
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False, share=SHARE)
    await converse(store, base, candidate, clock, bad=lambda number: False)
    evidence = await canary.look(tmp_path, shelf, store.history, store.audit, clock)
    assert evidence is not None and evidence.against == 1.0
    assert evidence.canary.all == 30
    assert shelf.canary() == Canary(reference=candidate.reference, share=SHARE)


async def test_an_answer_counts_only_once_people_had_time_to_judge_it(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel, store: Store, clock: FakeClock
) -> None:
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=True, share=SHARE)
    await clock.advance(5)
    await answer(store, candidate.reference, 0, bad=True)
    before = await canary.look(tmp_path, shelf, store.history, store.audit, clock)
    await clock.advance(canary.SETTLED.total_seconds())
    after = await canary.look(tmp_path, shelf, store.history, store.audit, clock)
    assert before is not None and after is not None
    assert (before.canary.all, after.canary.all) == (0, 1)


def test_a_canary_must_pass_the_gates_too_and_ends_with_its_promotion_or_its_rollback(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    with pytest.raises(NotProved):
        promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False, share=SHARE)
    evaluated(tmp_path, base, candidate, nats=10.0)
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False, share=SHARE)
    assert (shelf.active(), promotion.rollback(tmp_path, shelf).before) == (
        base.reference,
        candidate.reference,
    )
    assert shelf.canary() is None
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False, share=SHARE)
    promotion.promote(tmp_path, shelf, candidate, Gates(), despite=False)
    assert (shelf.active(), shelf.canary()) == (candidate.reference, None)


async def converse(
    store: Store,
    base: ShelvedModel,
    candidate: ShelvedModel,
    clock: FakeClock,
    *,
    bad: Callable[[int], bool],
) -> None:
    """Thirty answers of the canary, three times as many of the model beside it, which are all good."""
    await clock.advance(5)
    for number in range(120):
        of_canary = number % 4 == 3
        model = candidate.reference if of_canary else base.reference
        await answer(store, model, number, bad=of_canary and bad(number // 4))
    await clock.advance(canary.SETTLED.total_seconds())


async def answer(store: Store, model: str, number: int, *, bad: bool) -> None:
    turn_id = f"t{number}"
    await store.leases.take(f"conversation:{HERE.key}")
    await store.inbox.accept(arrival(message("hello")))
    post = Post(id=f"post of {turn_id}", turn_id=turn_id, conversation=HERE)
    turn = await store.turns.begin(HERE, post, await store.inbox.waiting(HERE.key))
    outcome = Outcome(
        state=TurnState.ANSWERED, reply="hi", parts=(Reply(text="hi"),), question="hello", model=model
    )
    await store.turns.finish(turn, outcome, turn.posts)
    verdict = Rating(conversation=HERE, person=ANNA, turn_id=turn_id, verdict="bad" if bad else "good")
    await store.people.rate(verdict, turn_id=turn_id)


async def until(condition: Callable[[], bool], clock: FakeClock | None = None) -> None:
    async with asyncio.timeout(60):
        while not condition():
            if clock:
                await clock.advance(LOOK_SECONDS)
            await asyncio.sleep(0.005)
