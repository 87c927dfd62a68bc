"""The parts that both emulators share."""

import asyncio

import pytest

from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter


async def test_sleepers_wake_when_the_clock_is_pushed() -> None:
    clock = PlayClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3601)
    async with asyncio.timeout(5):
        await sleeper


def test_a_fault_strikes_as_often_as_it_should_and_only_where() -> None:
    faults = Faults()
    faults.add({"kind": "server_error", "method": "chat.*", "remaining": 2})
    struck = [faults.take(FaultKind.SERVER_ERROR, "chat.postMessage") is not None for _ in range(3)]
    assert struck == [True, True, False]
    faults.add({"kind": "server_error", "method": "chat.*"})
    assert faults.take(FaultKind.SERVER_ERROR, "users.info") is None
    assert faults.take(FaultKind.DELAY, "chat.update") is None


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        Faults().add({"kind": "earthquake"})


def test_the_journal_finds_by_method_and_place() -> None:
    journal = Journal(now=lambda: 5.0)
    journal.note("request", "chat.postMessage", place="C1", body={"text": "hi"}, outcome="ok")
    journal.note("delivery", "message", place="C1")
    (record,) = journal.find(method="chat.postMessage")
    assert (record["at"], record["body"], record["outcome"]) == (5.0, {"text": "hi"}, "ok")
    assert [each["number"] for each in journal.find(place="C1", after=1)] == [2]


def test_limits_slide_with_the_clock_and_can_be_switched_off() -> None:
    now = [0.0]
    limiter = RateLimiter(now=lambda: now[0])
    assert [limiter.check("a", 2, 10), limiter.check("a", 2, 10)] == [0, 0]
    assert limiter.check("a", 2, 10) == 10
    assert limiter.check("b", 2, 10) == 0
    now[0] = 10.0
    assert limiter.check("a", 2, 10) == 0
    limiter.scale = 0
    assert all(limiter.check("a", 1, 10) == 0 for _ in range(10))
