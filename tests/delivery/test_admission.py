"""Who is answered next, who must wait, and what they are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.delivery.admission import Admission, Forecast
from core.engine.types import Load
from core.errors import Overloaded
from core.message import Conversation
from tests.samples import conversation

Told = list[Forecast]


class Crowd:
    """Turns that want a seat; each keeps it until it is sent away."""

    def __init__(self, capacity: int) -> None:
        self.load = Load(queued=0, active=capacity, capacity=capacity, seconds_per_answer=4.0)
        self.admission = Admission(lambda: self.load)
        self.seated: list[str] = []
        """Names, in the order in which they were let through."""
        self.told: dict[str, Told] = {}
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(
        self, name: str, where: Conversation, longest_wait: float = 60.0, person: str = ""
    ) -> asyncio.Task[None]:
        self._leave[name] = asyncio.Event()
        told = self.told[name] = []

        async def turn() -> None:
            async with self.admission.seat(where, person, longest_wait=longest_wait, tell=told.append):
                self.seated.append(name)
                await self._leave[name].wait()

        task = self._tasks[name] = asyncio.create_task(turn())
        await settle()
        return task

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await settle()

    async def leave_all(self) -> None:
        """One after the other, in the order in which they sat down."""
        for name in self.seated:
            await self.leave(name)

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await settle()

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@asynccontextmanager
async def crowd_of(capacity: int) -> AsyncIterator[Crowd]:
    crowd = Crowd(capacity)
    try:
        yield crowd
    finally:
        await crowd.close()


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    async with crowd_of(1) as crowd:
        yield crowd


async def test_no_more_are_let_through_than_the_engine_writes_well() -> None:
    async with crowd_of(2) as crowd:
        for name in ("one", "two", "three"):
            await crowd.ask(name, conversation(name))
        assert crowd.seated == ["one", "two"]
        await crowd.leave("one")
        assert crowd.seated == ["one", "two", "three"]


async def test_a_busy_channel_does_not_starve_the_others(crowd: Crowd) -> None:
    for number in range(4):
        await crowd.ask(f"busy {number}", conversation("busy", f"thread {number}"))
    await crowd.ask("quiet", conversation("quiet"))
    await crowd.leave_all()
    assert crowd.seated == ["busy 0", "busy 1", "quiet", "busy 2", "busy 3"]


async def test_one_person_leaves_half_of_the_seats_to_others_and_is_told_what_that_means() -> None:
    async with crowd_of(4) as crowd:
        for number in range(5):
            await crowd.ask(f"loud {number}", conversation("loud", f"t{number}"), person="loud")
        assert crowd.seated == ["loud 0", "loud 1"]
        for name in ("one", "two", "three"):
            await crowd.ask(name, conversation("loud", name), person=name)
        assert crowd.seated == ["loud 0", "loud 1", "one", "two"]
        await crowd.leave("one")
        assert crowd.seated[4:] == ["three"]
        await crowd.leave("loud 0")
        assert crowd.seated[5:] == ["loud 2"]
        assert [each[0].ahead for name, each in crowd.told.items() if each] == [2, 4, 3]


async def test_who_waits_is_told_the_place_and_the_time(crowd: Crowd) -> None:
    for name in ("one", "two", "three"):
        await crowd.ask(name, conversation(name))
    assert crowd.told["one"] == []
    assert crowd.told["two"] == [Forecast(ahead=0, seconds=4.0)]
    assert crowd.told["three"] == [Forecast(ahead=1, seconds=8.0)]


async def test_a_short_wait_is_not_worth_a_word(crowd: Crowd) -> None:
    crowd.load = Load(queued=0, active=1, capacity=1, seconds_per_answer=1.0)
    await crowd.ask("one", conversation("one"))
    await crowd.ask("two", conversation("two"))
    assert crowd.told["two"] == []


async def test_a_place_that_is_too_far_back_is_refused_at_once(crowd: Crowd) -> None:
    await crowd.ask("one", conversation("one"))
    await crowd.ask("two", conversation("two"))
    refused = await crowd.ask("three", conversation("three"), longest_wait=5.0)
    with pytest.raises(Overloaded) as refusal:
        await refused
    assert refusal.value.retry_after == 8.0
    assert crowd.admission.waiting == 1


async def test_a_backlog_counts(crowd: Crowd) -> None:
    await crowd.ask("one", conversation("one"))
    crowd.admission.backlog = 100
    refused = await crowd.ask("two", conversation("two"))
    with pytest.raises(Overloaded):
        await refused


async def test_who_gives_up_frees_the_place_in_the_queue(crowd: Crowd) -> None:
    for name in ("one", "two", "three"):
        await crowd.ask(name, conversation(name))
    await crowd.give_up("two")
    await crowd.leave("one")
    assert crowd.seated == ["one", "three"]
    assert crowd.admission.waiting == 0


async def test_who_is_let_through_and_gives_up_in_the_same_moment_frees_the_seat(crowd: Crowd) -> None:
    first = await crowd.ask("one", conversation("one"))
    second = await crowd.ask("two", conversation("two"))
    await crowd.ask("three", conversation("three"))
    first.cancel()
    second.cancel()
    await settle()
    assert crowd.seated == ["one", "three"]


async def test_room_that_the_engine_makes_is_used_though_nobody_leaves(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.admission.REFRESH_SECONDS", 0.01)
    await crowd.ask("first", conversation("a"))
    await crowd.ask("second", conversation("b"))
    crowd.load = Load(queued=0, active=1, capacity=2, seconds_per_answer=4.0)
    async with asyncio.timeout(60):
        while "second" not in crowd.seated:
            await asyncio.sleep(0.01)
