"""Questions that are asked once more, in other words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.dialogue.reasking import Reasking
from core.message import Conversation, Post
from core.store.ports import Store
from core.store.records import Consent, Lesson, Outcome, Signal, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeClock, WordEncoder
from tests.samples import ANNA, HERE, arrival, message

GROUP = replace(HERE, channel="group", direct=False)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    clock = FakeClock()
    async with open_store(tmp_path / "frontdesk.db", clock) as store:
        await store.lessons.decide(
            Consent(person=ANNA.key, granted=True, wording="May we?", conversation="", at=clock.now())
        )
        yield store


async def asked(store: Store, *questions: str, where: Conversation = HERE) -> None:
    """Questions that were answered."""
    for number, question in enumerate(questions):
        await store.inbox.accept(arrival(message(question, where=where)))
        assert await store.leases.take(f"conversation:{where.key}")
        post = Post(id=f"p{number}", turn_id=f"t{number}", conversation=where)
        turn = await store.turns.begin(where, post, await store.inbox.waiting(where.key))
        said = Outcome(state=TurnState.ANSWERED, reply="At seven.", parts=(), question=question)
        await store.turns.finish(turn, said, [])


async def noted(store: Store, *, with_encoder: bool, where: Conversation = HERE) -> list[Lesson]:
    await Reasking(store, WordEncoder() if with_encoder else None).note(where)
    return list(await store.lessons.judged())


@pytest.mark.parametrize("with_encoder", [True, False])
async def test_the_same_once_more_waits_for_a_review(store: Store, with_encoder: bool) -> None:
    await asked(store, "when do you open on saturday", "please, when do you open on saturday?")
    (lesson,) = await noted(store, with_encoder=with_encoder)
    assert (lesson.turn_id, lesson.signals) == ("t0", (Signal.REASKED,))
    assert len(await noted(store, with_encoder=with_encoder)) == 1, "noted once"


@pytest.mark.parametrize(
    "second", ["when do you open on sunday", "thanks", "?!", "what does a return cost me"]
)
@pytest.mark.parametrize("with_encoder", [True, False])
async def test_another_question_is_none(store: Store, second: str, with_encoder: bool) -> None:
    await asked(store, "when do you open on saturday", second)
    assert await noted(store, with_encoder=with_encoder) == []


async def test_in_a_group_nobody_is_taken_for_somebody_else(store: Store) -> None:
    await asked(store, "when do you open?", "when do you open?", where=GROUP)
    assert await noted(store, with_encoder=True, where=GROUP) == []
