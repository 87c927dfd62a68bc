"""Cores and workers over a real NATS server: whole answers, whichever of the processes dies."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any

import pytest
from nats.js import JetStreamContext

from core.engine.fleet import asking, awaiting, client, wire
from core.engine.fleet.broker import Broker, Incoming, connected
from core.engine.fleet.client import FleetEngine
from core.engine.fleet.wire import Claim, Failure, Granted, Job, Piece, Stop, packed, unpacked
from core.engine.types import ChatMessage, Engine, Finish, Options, Prompt, Role, Usage
from core.errors import ModelError, ModelLeft, PromptTooLong
from tests.engine.fleet.conftest import Open, Work
from tests.engine.fleet.counting import CountingEngine, counted, counting
from tests.engine.fleet.server import Server

WHOLE = Options(max_tokens=10_000)


async def prompt(engine: Engine, number: int | str) -> Prompt:
    return await engine.prepare([ChatMessage(role=Role.USER, text=str(number))])


async def count(
    engine: Engine, number: int, options: Options = WHOLE
) -> tuple[str, Finish | None, Usage | None]:
    deltas = [delta async for delta in engine.stream(await prompt(engine, number), options)]
    return "".join(delta.text for delta in deltas), deltas[-1].finish, deltas[-1].usage


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_worker_does_all_that_an_engine_does(core: Open, work: Work) -> None:
    async with work(CountingEngine()), core() as engine:
        text, finish, usage = await count(engine, 20)
        assert (text, finish) == (counted(20), Finish.STOP)
        assert usage and usage.generated_tokens == 20 and usage.first_token_seconds
        assert await engine.count(["one two", "three"]) == [2, 1]
        asked = await prompt(engine, 3)
        assert (await engine.choose(asked, ["yes", "no"])).best == "yes"
        assert (await engine.extend(asked, " 1 2")).text == "3| 1 2"
        assert engine.card().reference == "counting@1"
        assert engine.load().capacity == 8


async def test_errors_arrive_as_they_were(core: Open, work: Work) -> None:
    async with work(CountingEngine()), core() as engine:
        with pytest.raises(PromptTooLong, match="too long"):
            await prompt(engine, "9" * 2000)
        with pytest.raises(ModelError, match=r"RuntimeError$"):  # and nobody's words
            await count(engine, "zero")  # type: ignore[arg-type]
        with pytest.raises(PromptTooLong, match="bytes"):
            await prompt(engine, "9" * 2_000_000)


@pytest.mark.parametrize("kind", [ValueError, KeyError, UnicodeError])
def test_words_of_libraries_stay_on_the_worker(kind: type[Exception]) -> None:
    travelling = unpacked(Failure, packed(Failure.of(kind("somebody's own words"))))
    assert str(travelling.error()) == f"The worker failed: {kind.__name__}"


async def test_a_limit_ends_an_answer(core: Open, work: Work) -> None:
    async with work(CountingEngine()), core() as engine:
        text, finish, _ = await count(engine, 20, Options(max_tokens=5))
        assert (text, finish) == (counted(5), Finish.LENGTH)


async def test_whoever_leaves_frees_the_place(core: Open, work: Work) -> None:
    counter = CountingEngine()
    async with work(counter) as worker, core() as engine:
        async with aclosing(engine.stream(await prompt(engine, 1_000_000), WHOLE)) as deltas:
            await anext(deltas)
        await until(lambda: not counter.active and not worker.writing)


async def test_a_job_that_nobody_waits_for_is_not_written(core: Open, work: Work) -> None:
    counter = CountingEngine(places=1)
    counter.hold.clear()
    async with work(counter), core() as engine:
        first = asyncio.create_task(count(engine, 3))
        await until(lambda: counter.active == 1)
        second = asyncio.create_task(count(engine, 3))
        await asyncio.sleep(0.1)
        second.cancel()
        counter.hold.set()
        assert (await first)[0] == counted(3)
        assert (await count(engine, 2))[0] == counted(2)
        await until(lambda: not counter.active)
        assert counter.finished == 2


async def test_a_worker_reads_while_it_asks_whether_it_is_to_write(nats: Server, work: Work) -> None:
    counter = CountingEngine()
    counter.hold.clear()
    asked: asyncio.Queue[Incoming] = asyncio.Queue()
    async with work(counter) as worker, connected([nats.url], role="core") as core:
        await core.open_queue()
        await core.listen(wire.core_subject("core"), asked.put_nowait)
        wanted = Prompt(text="5|", ids=(1,), model="counting@1")
        job = Job(id="job", core="core", prompt=wanted, options=WHOLE)
        await core.enqueue(wire.job_subject("counting@1", job.id), packed(job), job.id)
        async with asyncio.timeout(60):
            claim = await asked.get()
            assert claim.subject.endswith(".claim")
        await until(lambda: counter.active == 1)
        await core.publish(claim.reply, packed(Granted(claim=0)))
        await until(lambda: not counter.active and not worker.writing)
        assert asked.empty() and not counter.finished


async def test_a_worker_takes_no_more_than_it_has_places(core: Open, work: Work) -> None:
    counter = CountingEngine(places=2)
    counter.hold.clear()
    async with work(counter), core() as engine:
        writing = [asyncio.create_task(count(engine, 5)) for _ in range(9)]
        await until(lambda: counter.active == 2)
        counter.hold.set()
        assert {text for text, *_ in await asyncio.gather(*writing)} == {counted(5)}
    assert counter.most == 2


async def test_two_workers_share(core: Open, work: Work) -> None:
    one, two = CountingEngine(places=4), CountingEngine(places=4)
    one.hold.clear()
    two.hold.clear()
    async with work(one), work(two), core() as engine:
        await until(lambda: engine.load().capacity == 8)
        writing = [asyncio.create_task(count(engine, 5)) for _ in range(8)]
        await until(lambda: one.active == two.active == 4)
        one.hold.set()
        two.hold.set()
        assert {text for text, *_ in await asyncio.gather(*writing)} == {counted(5)}


async def test_two_cores_share(core: Open, work: Work) -> None:
    counter = CountingEngine(places=4)
    counter.hold.clear()
    async with work(counter), core() as engine, core() as other:
        elsewhere = [asyncio.create_task(count(other, 5)) for _ in range(3)]
        await until(lambda: engine.load().capacity == 1)
        assert other.load().capacity == 4
        counter.hold.set()
        await asyncio.gather(*elsewhere)
        await until(lambda: engine.load().capacity == 4)


async def test_an_answer_goes_on_where_a_killed_worker_left_off(core: Open, nats: Server) -> None:
    async with counting(nats.url, 0.02) as one, core() as engine:
        deltas = engine.stream(await prompt(engine, 2000), WHOLE)
        text = (await anext(deltas)).text + (await anext(deltas)).text
        async with counting(nats.url, 0.0):
            one.kill()
            text += "".join([delta.text async for delta in deltas])
    assert text == counted(2000)


async def test_nobody_writes_for_a_core_that_died(core: Open, work: Work) -> None:
    counter = CountingEngine(seconds=0.01)
    async with work(counter) as worker:
        async with core() as engine:
            deltas = engine.stream(await prompt(engine, 1_000_000), WHOLE)
            await anext(deltas)
        await until(lambda: not worker.writing and not counter.active)
        async with core() as engine:
            assert (await count(engine, 5))[0] == counted(5)


async def test_a_worker_that_was_paused_doubles_nothing(core: Open, nats: Server) -> None:
    async with counting(nats.url, 0.02) as one, core() as engine:
        deltas = engine.stream(await prompt(engine, 3000), WHOLE)
        text = (await anext(deltas)).text
        async with counting(nats.url, 0.002):
            os.kill(one.pid, signal.SIGSTOP)
            while " 2000" not in text:
                text += (await anext(deltas)).text
            os.kill(one.pid, signal.SIGCONT)
            text += "".join([delta.text async for delta in deltas])
    assert text == counted(3000)


async def test_only_the_newest_claim_writes_and_what_is_lost_is_written_again(
    core: Open, nats: Server
) -> None:
    async with core() as engine, connected([nats.url], role="worker") as worker:
        asked = Prompt(text="5|", ids=(1,), model="counting@1")
        writing = asyncio.create_task(anext(engine.stream(asked, WHOLE)))
        async with aclosing(worker.jobs("counting@1", _at_once)) as jobs:
            job = unpacked(Job, (await anext(jobs)).data)
            stopped: asyncio.Queue[bytes] = asyncio.Queue()
            await worker.listen(wire.worker_subject("one"), lambda message: stopped.put_nowait(message.data))
            await worker.listening()
            for number in (1, 2):
                claim = packed(Claim(worker="one"))
                granted = await worker.ask(wire.core_subject(job.core, f"{job.id}.claim"), claim, 30.0)
                assert unpacked(Granted, granted) == Granted(claim=number)
            await _put(worker, job, Piece(claim=1, number=0, text="of an older claim"))
            await _put(worker, job, Piece(claim=2, number=1, text="after one that was lost"))
            async with asyncio.timeout(60):
                assert unpacked(Stop, await stopped.get()) == Stop(job=job.id, claim=2, again=True)
            await _put(worker, job, Piece(claim=2, number=0, text="of a claim that is over"))
            await worker.ask(
                wire.core_subject(job.core, f"{job.id}.claim"), packed(Claim(worker="two")), 30.0
            )
            await _put(worker, job, Piece(claim=3, number=0, text="at last"))
            assert (await writing).text == "at last"


async def _at_once() -> None:
    """There is always a place."""


async def _put(worker: Broker, job: Job, piece: Piece) -> None:
    await worker.ask(wire.core_subject(job.core, f"{job.id}.piece"), packed(piece), 30.0)


async def test_losing_all_that_nats_keeps_loses_no_answer(core: Open, nats: Server, work: Work) -> None:
    counter = CountingEngine(places=2)
    async with work(counter), core() as engine:
        asked = [await prompt(engine, 30) for _ in range(5)]
        counter.hold.clear()

        async def written(each: Prompt) -> str:
            return "".join([delta.text async for delta in engine.stream(each, WHOLE)])

        writing = [asyncio.create_task(written(each)) for each in asked]
        await until(lambda: counter.active == 2)  # three wait in the queue
        await nats.wipe()
        counter.hold.set()
        async with asyncio.timeout(60):
            assert await asyncio.gather(*writing) == [counted(30)] * 5


async def test_a_worker_and_the_queue_die_together(core: Open, nats: Server) -> None:
    async with counting(nats.url, 0.02) as one, core() as engine:
        deltas = engine.stream(await prompt(engine, 2000), WHOLE)
        text = (await anext(deltas)).text
        async with counting(nats.url, 0.0):
            one.kill()
            await nats.wipe()
            text += "".join([delta.text async for delta in deltas])
    assert text == counted(2000)


async def test_a_leaving_worker_finishes_what_it_writes(core: Open, nats: Server) -> None:
    async with counting(nats.url, 0.01) as one, core() as engine:
        deltas = engine.stream(await prompt(engine, 100), WHOLE)
        text = (await anext(deltas)).text
        one.terminate()
        text += "".join([delta.text async for delta in deltas])
        assert text == counted(100)
        assert await one.wait() == 0


async def test_a_worker_in_a_hurry_hands_on_what_it_writes(core: Open, work: Work) -> None:
    slow, quick = CountingEngine(seconds=0.01), CountingEngine()
    async with core() as engine:
        async with work(slow, grace=0.0):
            deltas = engine.stream(await prompt(engine, 500), WHOLE)
            text = (await anext(deltas)).text
        async with work(quick):
            text += "".join([delta.text async for delta in deltas])
    assert text == counted(500)
    assert quick.begun == 1


async def test_what_ends_every_worker_is_given_up(
    core: Open, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "CLAIMS", 2)
    stuck = CountingEngine()
    stuck.hold.clear()
    async with core() as engine:
        async with work(stuck, grace=0.0):
            writing = asyncio.create_task(count(engine, 5))
            await until(lambda: stuck.active == 1 and not engine.load().queued)
        async with work(stuck, grace=0.0):
            await until(lambda: stuck.active == 1)
        async with work(stuck, grace=0.0):
            with pytest.raises(ModelError, match="broke off 2 times"):
                await writing


async def test_a_worker_leaves_though_the_library_swallows_that_it_is_told_to(
    work: Work, core: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `asyncio.wait_for` of Python 3.11 does now and then."""
    fetching = asyncio.Event()

    async def fetch(*_: object, **__: object) -> None:
        fetching.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise TimeoutError

    monkeypatch.setattr(JetStreamContext.PullSubscription, "fetch", fetch)
    async with asyncio.timeout(60), core(), work(CountingEngine()):
        await fetching.wait()


async def test_without_a_worker_there_is_an_error(
    core: Open, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (awaiting, asking):
        monkeypatch.setattr(module, "PATIENCE", 1.0)
    monkeypatch.setattr(awaiting, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(client, "GRACE", 0.1)
    async with core() as engine:
        with pytest.raises(ModelError, match="No model worker"):
            await prompt(engine, 5)
        assert not engine.health().ok
        assert "frontdesk worker" in engine.health().detail
        async with work(CountingEngine()):
            asked = await prompt(engine, 5)
            assert engine.health().ok
        with pytest.raises(ModelError, match="no worker had counting@1"):
            await anext(engine.stream(asked, WHOLE))


async def test_the_core_says_that_nats_is_out_of_reach(
    core: Open, nats: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "GRACE", 0.1)
    async with core() as engine:
        await nats.kill()
        await until(lambda: "NATS is out of reach" in engine.health().detail)


async def test_an_outage_of_nats_is_said_once(
    nats: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts, reach = 0, asyncio.open_connection

    async def counted(*where: Any, **how: Any) -> Any:
        nonlocal attempts
        attempts += 1
        return await reach(*where, **how)

    caplog.set_level(logging.INFO)
    async with connected([nats.url], role="worker"):
        monkeypatch.setattr("asyncio.open_connection", counted)
        await nats.kill()
        await until(lambda: attempts > 8)
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("NATS: ")]
    assert lines and len(lines) == len(set(lines))


async def test_that_there_is_no_queue_is_said_once(nats: Server, caplog: pytest.LogCaptureFixture) -> None:
    calls = 0

    async def place() -> None:
        nonlocal calls
        calls += 1

    caplog.set_level(logging.INFO)
    async with connected([nats.url], role="worker") as broker:
        pulling = asyncio.ensure_future(anext(broker.jobs("counting@1", place)))
        await until(lambda: calls > 4)
        pulling.cancel()
    assert len([record for record in caplog.records if "no work from NATS" in record.getMessage()]) == 1


async def test_a_job_is_taken_by_a_worker_that_has_its_model(core: Open, work: Work) -> None:
    old, new = CountingEngine(model="1"), CountingEngine(model="2")
    async with core() as engine, work(old):
        asked = await prompt(engine, 5)
        async with work(new):
            await until(lambda: _has(engine, 2))
            writing = [delta.text async for delta in engine.stream(asked, WHOLE)]
    assert "".join(writing) == counted(5)
    assert (old.begun, new.begun) == (1, 0)


async def test_a_job_whose_model_has_just_left_a_worker_is_given_back(
    core: Open, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Leaving(CountingEngine):
        models: Sequence[str] = ("counting@1",)

        def loaded(self) -> list[str]:
            return list(self.models)

    monkeypatch.setattr("core.engine.fleet.worker.TELL_SECONDS", 60.0)  # its pull stays open meanwhile
    one, two = Leaving(), CountingEngine()
    async with core() as engine, work(one):
        asked = await prompt(engine, 5)
        assert (await count(engine, 1))[0] == counted(1)
        one.models, one.begun = (), 0
        deltas = engine.stream(asked, WHOLE)
        writing = asyncio.ensure_future(anext(deltas))
        async with work(two):
            text = (await writing).text + "".join([delta.text async for delta in deltas])
    assert text == counted(5)
    assert (one.begun, two.begun) == (0, 1)


async def test_a_question_whose_model_left_every_worker_is_to_be_read_anew(
    core: Open, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(awaiting, "LEFT_SECONDS", 0.2)
    async with core() as engine:
        async with work(CountingEngine(model="1")):
            asked = await prompt(engine, 5)
        async with work(CountingEngine(model="2")):
            await until(lambda: "counting@2" in engine.health().detail)
            with pytest.raises(ModelLeft):
                await anext(engine.stream(asked, WHOLE))


def _has(engine: FleetEngine, workers: int) -> bool:
    return engine.health().detail.startswith(f"{workers} worker")
