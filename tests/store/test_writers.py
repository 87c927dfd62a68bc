"""What several writers at one Postgres owe: side by side, but one after another in each conversation."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from core.policy import Policy
from core.privacy.audit import Action, AuditEntry
from core.store.connection import Connection
from core.store.postgres.database import WRITERS, PostgresDatabase
from core.store.postgres.writer import number_of
from core.testing import FakeChannel
from tests.delivery.conftest import open_desk
from tests.places import PostgresPlace
from tests.samples import arrival, conversation, message

PATIENCE = 60.0
_WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
def place(postgres_url: str) -> PostgresPlace:
    return PostgresPlace(postgres_url)


@pytest.fixture
async def cores(place: PostgresPlace) -> AsyncIterator[tuple[PostgresDatabase, PostgresDatabase]]:
    """The database as two processes have it open."""
    one, two = PostgresDatabase(place.url), PostgresDatabase(place.url)
    yield one, two
    for each in (one, two):
        await each.close()


class Held:
    """A write that is under way until it is let go."""

    def __init__(self, order: list[str]) -> None:
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._over = threading.Event()
        self._order = order

    def __call__(self, db: Connection) -> None:
        self._loop.call_soon_threadsafe(self.begun.set)
        while not self._over.wait(0.5):
            db.execute("SELECT 1")  # else the server takes it for hanging
        self._order.append("held")

    def let_go(self) -> None:
        self._over.set()


@pytest.mark.parametrize("other", [0, 1], ids=["of the same process", "of another one"])
async def test_conversations_are_written_side_by_side(
    cores: tuple[PostgresDatabase, PostgresDatabase], other: int
) -> None:
    names, order = _of_each_writer(), list[str]()
    held = Held(order)
    holding = asyncio.create_task(cores[0].write(held, within=names[0]))
    async with asyncio.timeout(PATIENCE):
        await held.begun.wait()
        await cores[other].write(lambda db: order.append("beside"), within=names[1])
        held.let_go()
        await holding
    assert order == ["beside", "held"]


@pytest.mark.parametrize(
    "then",
    [{"within": "conversation:a"}, {"within": "conversation:b", "beyond": True}, {}],
    ids=["the same conversation", "beyond another one", "of none"],
)
async def test_what_must_not_go_beside_a_write_waits_for_it(
    cores: tuple[PostgresDatabase, PostgresDatabase], place: PostgresPlace, then: dict[str, Any]
) -> None:
    order: list[str] = []
    held = Held(order)
    holding = asyncio.create_task(cores[0].write(held, within="conversation:a"))
    async with asyncio.timeout(PATIENCE):
        await held.begun.wait()
        waiting = asyncio.create_task(cores[1].write(lambda db: order.append("waited"), **then))
        while not await _count(place, _WAITING):
            await asyncio.sleep(0.01)
        held.let_go()
        await asyncio.gather(holding, waiting)
    assert order == ["held", "waited"]


async def test_nothing_goes_beside_what_is_made_alone(
    cores: tuple[PostgresDatabase, PostgresDatabase], place: PostgresPlace
) -> None:
    order: list[str] = []
    held = Held(order)
    holding = asyncio.create_task(cores[0].write(held))
    async with asyncio.timeout(PATIENCE):
        await held.begun.wait()
        waiting = asyncio.gather(
            *(each.write(lambda db: order.append("waited"), within="conversation:a") for each in cores)
        )
        while await _count(place, _WAITING) < 1:
            await asyncio.sleep(0.01)
        held.let_go()
        await asyncio.gather(holding, waiting)
    assert order == ["held", "waited", "waited"]


async def test_a_process_writes_in_a_conversation_in_the_order_of_asking(
    cores: tuple[PostgresDatabase, PostgresDatabase],
) -> None:
    names, order = _of_each_writer(), dict[str, list[int]]()

    def noted(name: str, number: int) -> Callable[[Connection], None]:
        return lambda db: order.setdefault(name, []).append(number)

    await asyncio.gather(
        *(
            cores[0].write(noted(name, number), within=name, beyond=number % 3 == 0)
            for number in range(60)
            for name in names
        )
    )
    assert order == {name: list(range(60)) for name in names}


async def test_writes_that_wait_for_each_other_s_rows_are_both_made_in_the_end(
    cores: tuple[PostgresDatabase, PostgresDatabase], place: PostgresPlace
) -> None:
    place.ask("INSERT INTO numbers (name, last) VALUES ('x', 0), ('y', 0)")
    has = {"x": threading.Event(), "y": threading.Event()}

    def count(first: str, second: str) -> Callable[[Connection], None]:
        def write(db: Connection) -> None:
            db.execute("UPDATE numbers SET last = last + 1 WHERE name = ?", [first])
            has[first].set()
            while not has[second].wait(0.5):
                db.execute("SELECT 1")  # else the server takes it for hanging
            db.execute("UPDATE numbers SET last = last + 1 WHERE name = ?", [second])

        return write

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(
            cores[0].write(count("x", "y"), within="conversation:a"),
            cores[1].write(count("y", "x"), within="conversation:b"),
        )
    assert place.ask("SELECT name, last FROM numbers ORDER BY name") == [("x", 2), ("y", 2)]


CORES, TALKS, MESSAGES = 3, 6, 8


async def test_cores_that_take_in_each_other_s_messages_answer_each_of_them_once_and_in_order(
    place: PostgresPlace,
) -> None:
    """While others write what must be alone, and every event comes twice, to two cores at once."""
    channel, policy = FakeChannel(), Policy(settle_seconds=0, person_budget=0, channel_budget=0)
    async with AsyncExitStack() as stack:
        desks = [
            await stack.enter_async_context(open_desk(place, channel=channel, policy=policy))
            for _ in range(CORES)
        ]
        running = [asyncio.create_task(desk.dispatcher.run()) for desk in desks]
        over = asyncio.Event()

        async def talk(number: int) -> None:
            where = conversation(f"c{number}")
            for at in range(MESSAGES):
                event = arrival(message(f"{number}/{at}.", where=where), key=f"{number}/{at}")
                await asyncio.gather(
                    desks[at % CORES].accept(event), desks[(at + number + 1) % CORES].accept(event)
                )

        async def note() -> None:
            while not over.is_set():
                await desks[0].store.audit.record(AuditEntry(actor="test", action=Action.REVIEW))
                await desks[1].store.cabinet.put("a", "b")

        noting = asyncio.create_task(note())
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(talk(number) for number in range(TALKS)))
            while (await desks[0].store.work.left()).conversations or any(d.dispatcher.busy for d in desks):
                await asyncio.sleep(0.05)
            over.set()
            await noting
        for each in running:
            each.cancel()
        await asyncio.wait(running)
        assert not (await desks[0].store.audit.verify()).fault
    for number in range(TALKS):
        answered = " ".join(text for text in channel.visible.values() if f"{number}/" in text)
        asked = [f"{number}/{at}." for at in range(MESSAGES)]
        assert [word for word in answered.split() if word.startswith(f"{number}/")] == asked
    assert place.ask("SELECT count(*), count(DISTINCT message_id) FROM inbox") == [
        (TALKS * MESSAGES, TALKS * MESSAGES)
    ]
    assert place.ask("SELECT DISTINCT state FROM inbox") == [("done",)]
    assert place.ask("SELECT DISTINCT state FROM outbox") == [("sent",)]


def _of_each_writer() -> list[str]:
    """Leases, each of which another writer of a process has."""
    found = {number_of(name) % WRITERS: name for name in (f"conversation:{number}" for number in range(64))}
    assert len(found) == WRITERS
    return list(found.values())


async def _count(place: PostgresPlace, question: str) -> int:
    ((count,),) = await asyncio.to_thread(place.ask, question)
    return int(count)
