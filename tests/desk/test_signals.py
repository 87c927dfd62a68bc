"""After which answer people took over, for those who review answers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.desk import tickets
from core.desk.tickets import Reason
from core.message import Post
from core.store.ports import Store
from core.store.records import Consent, Outcome, Signal, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.desk.samples import DESK, OPENED, ticket
from tests.samples import ANNA, HERE, arrival, message


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", FakeClock(OPENED)) as store:
        await store.lessons.decide(
            Consent(person=ANNA.key, granted=True, wording="May we?", conversation="", at=OPENED)
        )
        yield store


async def answered(store: Store, turn_id: str, route: str) -> None:
    await store.inbox.accept(arrival(message("where is my parcel?")))
    assert await store.leases.take(f"conversation:{HERE.key}")
    post = Post(id=f"post of {turn_id}", turn_id=turn_id, conversation=HERE)
    turn = await store.turns.begin(HERE, post, await store.inbox.waiting(HERE.key))
    said = Outcome(state=TurnState.ANSWERED, reply="It left.", parts=(), question="where is it?", route=route)
    await store.turns.finish(turn, said, [])


async def signals(store: Store) -> dict[str, tuple[Signal, ...]]:
    return {each.turn_id: each.signals for each in await store.lessons.judged()}


async def test_the_answer_before_a_ticket_waits_for_a_review(store: Store) -> None:
    await answered(store, "answer", "chat")
    await answered(store, "wish", "hand_off")
    await store.tickets.change(ticket())
    assert await signals(store) == {"answer": (Signal.HANDED_OVER,)}


async def test_so_does_the_answer_before_a_ticket_is_opened_again(store: Store) -> None:
    await store.inbox.accept(arrival(message("what agents write", where=DESK)))
    await store.tickets.change(ticket())
    await answered(store, "answer", "chat")
    kept = await store.tickets.of_customer(HERE.key)
    assert kept is not None and await signals(store) == {}
    await store.tickets.change(tickets.resolved(kept, OPENED))
    kept = await store.tickets.of_customer(HERE.key)
    assert kept is not None
    await store.tickets.change(tickets.reopened(kept, Reason.CUSTOMER_REQUEST, OPENED))
    assert await signals(store) == {"answer": (Signal.HANDED_OVER,)}
