"""The parts that both emulators share."""

import asyncio

import pytest

from bots.playground.changes import REMEMBERED, Changes
from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import Limit, RateLimiter


async def test_sleepers_wake_when_the_clock_is_pushed() -> None:
    clock = PlayClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3601)
    async with asyncio.timeout(60):
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


def test_a_burst_goes_through_and_then_one_a_second() -> None:
    now = [0.0]
    limiter = RateLimiter(now=lambda: now[0])
    assert [limiter.check("chat", 3, 3) for _ in range(3)] == [0, 0, 0]
    assert limiter.check("chat", 3, 3) == 3
    now[0] = 3.0
    assert limiter.check("chat", 3, 3) == 0


def test_a_call_refused_by_one_limit_counts_under_none() -> None:
    limiter = RateLimiter(now=lambda: 0.0)
    assert limiter.check("narrow", 1, 60) == 0
    assert limiter.check_all(Limit("wide", 1, 1), Limit("narrow", 1, 60)) == 60
    assert limiter.check("wide", 1, 1) == 0


def test_limits_scale() -> None:
    limiter = RateLimiter(now=lambda: 0.0, scale=2)
    assert [limiter.check("a", 1, 10) for _ in range(3)] == [0, 0, 10]


async def test_changes_reach_those_who_follow_and_those_who_resume() -> None:
    changes = Changes()
    changes.publish("message", {"text": "one"})
    follower = changes.follow(0)
    assert (await anext(follower)).body == {"text": "one"}
    waiting = asyncio.ensure_future(anext(follower))
    await asyncio.sleep(0)
    changes.publish("message", {"text": "two"})
    async with asyncio.timeout(60):
        assert (await waiting).seq == 2
    assert (await anext(changes.follow(1))).body == {"text": "two"}


async def test_those_who_follow_go_home_when_the_feed_closes() -> None:
    changes = Changes()
    changes.publish("message", {"text": "last"})
    changes.close()
    assert [each.body["text"] async for each in changes.follow(0)] == ["last"]


def test_a_watcher_who_was_away_too_long_is_told() -> None:
    changes = Changes()
    for _ in range(REMEMBERED + 10):
        changes.publish("tick", {})
    assert changes.remembers(10)
    assert not changes.remembers(9)
    assert not changes.remembers(changes.seq + 1)


def test_the_journal_finds_by_pattern() -> None:
    journal = Journal(now=lambda: 5.0)
    for method, outcome in (("sendMessage", "ok"), ("sendPhoto", "429"), ("getMe", "ok")):
        journal.note("request", method, outcome=outcome)
    assert [each["method"] for each in journal.find(method="send*", outcome="ok")] == ["sendMessage"]
