"""The runner with a model that counts: every request gets its own tokens, whatever happens to the others."""

import asyncio
import random
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from core.engine.scheduling.cost import PLAIN
from core.engine.scheduling.policy import SLICE, Limits
from core.engine.scheduling.request import Put, Request
from core.engine.scheduling.runner import BatchScheduler
from core.engine.types import Options
from core.errors import ModelError

END = 0
WARM = Options(temperature=0.7)


def request(first: int, *, length: int = 5, max_tokens: int = 50, options: Options | None = None) -> Request:
    """Its answer is `first`, `first + 1` and so on, after a prompt of so many tokens."""
    return Request(
        ids=(*[1] * (length - 1), first),
        end_ids=(END,),
        max_tokens=max_tokens,
        options=options or Options(),
        fill_at=1,
    )


class Counting:
    """A model whose next token is the prompt's last plus one; it writes a step when `steps` allows one."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[list[Request]] = []
        self.lengths: list[int] = []
        self._held = held
        self._steps = threading.Semaphore(0)
        self.failure: Exception | None = None

    def allow(self, steps: int) -> None:
        self._steps.release(steps)

    def free(self) -> None:
        """Hold nothing from now on."""
        self._held = False
        self._steps.release(1000)

    def __call__(self, requests: Sequence[Request], length: int, put: Put) -> None:
        self.batches.append(list(requests))
        self.lengths.append(length)
        alive = {place: each.ids[-1] for place, each in enumerate(requests)}
        longest = max(each.max_tokens for each in requests)
        for step in range(longest):
            if self._held:
                self._steps.acquire()
            if self.failure:
                raise self.failure
            for place, last in list(alive.items()):
                alive[place] = last + 1
                if put(step, place, last + 1):
                    del alive[place]
            if not alive:
                return


@asynccontextmanager
async def scheduler(
    model: Counting, replicas: int = 1, cores: int | None = None
) -> AsyncIterator[BatchScheduler]:
    running = BatchScheduler(model, replicas, cores or replicas, PLAIN, Limits(batch=8), gather=0)
    try:
        yield running
    finally:
        model.free()
        await running.close()


async def collect(arriving: AsyncGenerator[Sequence[int], None]) -> list[int]:
    async with aclosing(arriving):
        return [token async for ids in arriving for token in ids]


async def until(condition: object) -> None:
    async with asyncio.timeout(60):
        while not condition():  # type: ignore[operator]  # a test's own lambda
            await asyncio.sleep(0.001)


async def test_each_gets_its_own_tokens_and_its_own_limit() -> None:
    model = Counting()
    async with scheduler(model) as running:
        wanted = [(10 * number, 1 + number % 7) for number in range(1, 30)]
        got = await asyncio.gather(
            *(collect(running.generate(request(first, max_tokens=limit))) for first, limit in wanted)
        )
    assert got == [list(range(first + 1, first + 1 + limit)) for first, limit in wanted]
    assert max(map(len, model.batches)) > 1


async def test_an_end_token_ends_one_answer_and_is_handed_over() -> None:
    async with scheduler(Counting()) as running:
        got = await asyncio.gather(
            *(collect(running.generate(request(first, max_tokens=9))) for first in (-3, 5))
        )
    assert got == [[-2, -1, END], list(range(6, 15))]


async def test_an_answer_that_the_model_ends_by_itself_holds_up_no_other() -> None:
    class Ending(Counting):
        """Gives the last place no second token."""

        def __call__(self, requests: Sequence[Request], length: int, put: Put) -> None:
            def pass_on(step: int, place: int, token_id: int) -> bool:
                return (step > 0 and place == len(requests) - 1) or put(step, place, token_id)

            super().__call__(requests, length, pass_on)

    model = Ending(held=True)
    async with scheduler(model) as running:
        first = running.generate(request(10))
        reading, other = (
            asyncio.ensure_future(anext(first)),
            asyncio.create_task(collect(running.generate(request(20)))),
        )
        await until(lambda: running.load().active == 2)
        model.allow(1)
        assert list(await reading) == [11]
        model.allow(2)
        async with asyncio.timeout(60):
            assert (await anext(first))[0] == 12
        model.free()
        await collect(first)
        assert await other == [21]


async def test_requests_that_differ_in_sampling_share_no_batch() -> None:
    model = Counting()
    async with scheduler(model) as running:
        await asyncio.gather(
            *(
                collect(running.generate(request(5, options=options)))
                for options in (Options(), WARM, Options(repetition_penalty=1.0), Options(), WARM)
                for _ in range(3)
            )
        )
    for batch in model.batches:
        assert len({(each.options.temperature, each.options.repetition_penalty) for each in batch}) == 1


async def test_a_burst_is_shared_evenly_among_the_replicas() -> None:
    model = Counting(held=True)
    running = BatchScheduler(model, 2, 2, PLAIN, Limits(batch=8))
    tasks = [asyncio.create_task(collect(running.generate(request(10 * n)))) for n in range(1, 13)]
    try:
        await until(lambda: len(model.batches) == 2)
        model.free()
        await asyncio.gather(*tasks)
    finally:
        model.free()
        await running.close()
    assert [len(batch) for batch in model.batches] == [6, 6]


async def test_a_long_answer_makes_room_and_goes_on_where_it_was() -> None:
    model = Counting(held=True)
    async with scheduler(model) as running:
        arriving = running.generate(request(100, max_tokens=5000))
        model.allow(1)
        assert await anext(arriving) == [101]
        short = [
            asyncio.create_task(collect(running.generate(request(10 * n, max_tokens=3)))) for n in (1, 2, 3)
        ]
        await until(lambda: running.load().queued == 3)
        model.free()
        assert await asyncio.gather(*short) == [[10 * n + 1, 10 * n + 2, 10 * n + 3] for n in (1, 2, 3)]
        assert await collect(arriving) == list(range(102, 5101))
    assert [len(batch) for batch in model.batches] == [1, 3, 1]
    assert len(model.batches[2][0].ids) == 5 + SLICE


async def test_who_comes_later_takes_turns_with_a_long_answer() -> None:
    model = Counting()
    async with scheduler(model, replicas=3, cores=1) as running:
        arriving = running.generate(request(1000, max_tokens=100_000))
        await anext(arriving)
        long = request(20, length=500, max_tokens=5)
        assert await collect(running.generate(long)) == list(range(21, 26))
        assert await collect(running.generate(long)) == list(range(21, 26))
        assert running.load().active == 1
        await arriving.aclose()
    assert [len(batch) for batch in model.batches] == [1, 1, 1]


async def test_where_company_is_likely_a_newcomer_waits_for_it_but_not_for_ever() -> None:
    model = Counting()
    async with scheduler(model, replicas=3, cores=1) as running:
        arriving = running.generate(request(1000, max_tokens=100_000))
        await anext(arriving)
        later = asyncio.create_task(collect(running.generate(request(10))))
        await until(lambda: running.load().queued == 1)
        company = asyncio.create_task(collect(running.generate(request(100))))
        assert (await later, await company) == (list(range(11, 61)), list(range(101, 151)))
        await arriving.aclose()
    assert [len(batch) for batch in model.batches] == [1, 2]


async def test_the_background_takes_no_turns_with_people() -> None:
    model = Counting()
    background = Options(background=True)
    async with scheduler(model, replicas=3, cores=1) as running:
        summary = asyncio.create_task(
            collect(running.generate(request(100, max_tokens=10**6, options=background)))
        )
        await until(lambda: running.load().active == 1)
        chat = running.generate(request(10, length=500, max_tokens=10**6))
        await anext(chat)
        assert len(await summary) < 10**6
        late = asyncio.create_task(collect(running.generate(request(10, max_tokens=3, options=background))))
        await until(lambda: running.load().queued == 1)
        assert len(model.batches) == 2
        await chat.aclose()
        assert await late == [11, 12, 13]


async def test_a_cancelled_request_leaves_at_the_next_token_and_its_neighbours_stay() -> None:
    model = Counting(held=True)
    async with scheduler(model) as running:
        tasks = [asyncio.create_task(collect(running.generate(request(10 * n)))) for n in (1, 2, 3, 4)]
        await until(lambda: running.load().active == 4)
        model.allow(1)
        tasks[2].cancel()
        await until(lambda: running.load().active == 3)
        model.free()
        got = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(got[2], asyncio.CancelledError)
    assert [got[n] for n in (0, 1, 3)] == [list(range(10 * n + 1, 10 * n + 51)) for n in (1, 2, 4)]


async def test_the_background_gives_way_at_once() -> None:
    model = Counting(held=True)
    async with scheduler(model) as running:
        summary = asyncio.create_task(
            collect(running.generate(request(100, options=Options(background=True))))
        )
        await until(lambda: len(model.batches) == 1)
        model.allow(3)
        chat = asyncio.create_task(collect(running.generate(request(10))))
        assert len(await summary) <= 3
        model.free()
        assert await chat == list(range(11, 61))


async def test_the_background_is_not_disturbed_while_a_replica_is_free() -> None:
    model = Counting(held=True)
    async with scheduler(model, replicas=2) as running:
        summary = asyncio.create_task(
            collect(running.generate(request(100, options=Options(background=True))))
        )
        await until(lambda: len(model.batches) == 1)
        chat = asyncio.create_task(collect(running.generate(request(10))))
        await until(lambda: len(model.batches) == 2)
        model.free()
        assert (len(await summary), len(await chat)) == (50, 50)


async def test_work_takes_its_turn_among_the_requests() -> None:
    model = Counting(held=True)
    async with scheduler(model) as running:
        answer = asyncio.create_task(collect(running.generate(request(10))))
        await until(lambda: len(model.batches) == 1)
        work = asyncio.create_task(running.run(lambda: 42))
        await until(lambda: running.load().queued == 1)
        model.free()
        assert (await work, len(await answer)) == (42, 50)
        with pytest.raises(ZeroDivisionError):
            await running.run(lambda: 1 // 0)


async def test_a_failing_model_fails_those_it_was_writing_for_and_nobody_else() -> None:
    model = Counting(held=True)
    model.failure = ModelError("The model failed: out of memory")
    async with scheduler(model) as running:
        failing = asyncio.create_task(collect(running.generate(request(10))))
        await until(lambda: len(model.batches) == 1)
        model.free()
        with pytest.raises(ModelError, match="memory"):
            await failing
        model.failure = None
        assert len(await collect(running.generate(request(20)))) == 50


async def test_closing_ends_what_runs_and_what_waits() -> None:
    model = Counting(held=True)
    running = BatchScheduler(model, 1, 1, PLAIN, Limits(batch=2), gather=0)
    tasks = [asyncio.create_task(collect(running.generate(request(10 * n)))) for n in (1, 2, 3, 4)]
    work = asyncio.create_task(running.run(lambda: 1))
    await until(lambda: (running.load().active, running.load().queued) == (2, 3))
    closing = asyncio.create_task(running.close())
    await asyncio.sleep(0)
    model.free()
    await closing
    assert all(len(tokens) <= 1 for tokens in await asyncio.gather(*tasks))
    with pytest.raises(ModelError, match="closed"):
        await work
    with pytest.raises(ModelError, match="closed"):
        await collect(running.generate(request(1)))


async def test_a_thousand_requests_that_leave_at_random_disturb_nobody() -> None:
    model, chance = Counting(), random.Random(7)
    async with scheduler(model, replicas=2) as running:

        async def one(number: int) -> list[int]:
            got: list[int] = []
            leave = chance.randrange(1, 60)
            options = replace(WARM, temperature=0.5) if number % 3 else Options()
            length = chance.choice((5, 9, 40))
            async with aclosing(
                running.generate(request(1000 * number, length=length, options=options))
            ) as arriving:
                async for ids in arriving:
                    got.extend(ids)
                    if len(got) >= leave:
                        break
            return got

        results = await asyncio.gather(*(one(number) for number in range(1, 1001)))
        await until(lambda: (running.load().queued, running.load().active) == (0, 0))
    for number, got in enumerate(results, 1):
        assert got == list(range(1000 * number + 1, 1000 * number + 1 + len(got)))
        assert got


async def test_the_load_tells_of_the_prompts_that_are_read_first() -> None:
    model = Counting(held=True)
    async with scheduler(model, replicas=4, cores=2) as running:
        tasks = [asyncio.create_task(collect(running.generate(request(10, length=400))))]
        await until(lambda: running.load().active == 1)
        assert running.load().wait_seconds(1) == 0, "a core is free"
        tasks.append(asyncio.create_task(collect(running.generate(request(10, length=400)))))
        await until(lambda: running.load().active == 2)
        assert running.load().wait_seconds(1) >= PLAIN.read(1, 400)
        model.free()
        await asyncio.gather(*tasks)


async def test_the_load_tells_when_the_next_can_begin() -> None:
    model = Counting(held=True)
    async with scheduler(model) as running:
        assert running.load().wait_seconds(1) == 0
        task = asyncio.create_task(collect(running.generate(request(10))))
        await until(lambda: running.load().active == 1)
        load = running.load()
        assert (load.capacity, load.together, load.wait_seconds(1) > 0) == (8, 1, True)
        model.free()
        await task
