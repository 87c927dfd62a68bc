"""What workers bring, and what the way to them costs: `python -m tests.benchmarks.fleet`.

A stub takes the place of the model: the real scheduler over a model that sleeps as long as the default one
computes on two cores (`core.engine.scheduling.cost.PLAIN`). So several workers can run on one small machine.
Every token carries the moment at which the model gave it out.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from bots.service import stop_on_signals
from core.clock import SystemClock
from core.engine.fleet.broker import connected
from core.engine.fleet.client import FleetEngine, open_fleet
from core.engine.fleet.worker import Worker
from core.engine.scheduling.cost import PLAIN
from core.engine.scheduling.policy import Limits
from core.engine.scheduling.request import Put, Request
from core.engine.scheduling.runner import BatchScheduler
from core.engine.types import ChatMessage, Delta, Engine, Finish, Load, Options, Prompt, Role, Usage
from core.testing import ScriptedEngine
from tests.engine.fleet.server import Server

CORES, BATCH = 2, 16
PROMPT_TOKENS, ANSWER_TOKENS = 120, 64
WORKERS = (1, 2, 3, 4)
ALONE = 40
"""Turns one after another, of each kind."""
ROUNDS = 4
"""Answers that everybody of a crowd asks for, one after another."""
START_SECONDS = 30.0


class SleepingEngine(ScriptedEngine):
    """The real scheduler over a model that sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self._scheduler = BatchScheduler(_sleep, CORES, CORES, PLAIN, Limits(batch=BATCH))

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        text = messages[-1].text
        return Prompt(text=text, ids=tuple(range(PROMPT_TOKENS)), model=self.card().reference)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        request = Request(ids=prompt.ids, end_ids=(), max_tokens=options.max_tokens, options=options)
        async for moments in self._scheduler.generate(request):
            yield Delta(text="".join(f"{moment} " for moment in moments))
        usage = Usage(
            prompt_tokens=prompt.tokens,
            generated_tokens=options.max_tokens,
            first_token_seconds=0.0,
            seconds=1.0,
        )
        yield Delta(text="", finish=Finish.LENGTH, usage=usage)

    def load(self) -> Load:
        return self._scheduler.load()

    async def close(self) -> None:
        await self._scheduler.close()


def _sleep(requests: Sequence[Request], length: int, put: Put) -> None:
    time.sleep(PLAIN.read(len(requests), length))
    writing, step = list(range(len(requests))), 0
    while writing:
        writing = [each for each in writing if not put(step, each, int(time.monotonic() * 1e6))]
        step += 1
        if writing:
            time.sleep(PLAIN.step(len(writing), length + step))


async def work(url: str) -> None:
    """A worker's process."""
    leave = asyncio.Event()
    stop_on_signals(leave)
    async with connected([url], role="worker") as broker:
        engine = SleepingEngine()
        sys.stdout.write(json.dumps({"ready": True}) + "\n")
        sys.stdout.flush()
        await Worker(broker, engine).run(leave, 5.0)
        await engine.close()


@asynccontextmanager
async def fleet(url: str, workers: int) -> AsyncIterator[FleetEngine]:
    """A core in this process, and so many workers in processes of their own."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(connected([url], role="core"))
        engine = await open_fleet(broker, SystemClock())
        for _ in range(workers):
            await stack.enter_async_context(_worker(url))
        async with asyncio.timeout(START_SECONDS):
            while not engine.health().detail.startswith(f"{workers} worker"):
                await asyncio.sleep(0.05)
        yield engine


@asynccontextmanager
async def _worker(url: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.fleet", url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def turn(engine: Engine, delays: list[float] | None = None) -> tuple[float, float]:
    """Seconds to the first token and to the last, of a turn as the dialogue takes it."""
    started = time.monotonic()
    await engine.count(["a few", "earlier messages"])
    prompt = await engine.prepare([ChatMessage(role=Role.USER, text="A question")])
    first = 0.0
    async for delta in engine.stream(prompt, Options(max_tokens=ANSWER_TOKENS)):
        now = time.monotonic()
        first = first or now - started
        if delays is not None:
            delays += [now - int(moment) / 1e6 for moment in delta.text.split()]
    return first, time.monotonic() - started


async def crowd(engine: Engine, people: int) -> tuple[float, list[float]]:
    """Tokens a second that so many people get, and how late each token was."""
    delays: list[float] = []

    async def person() -> None:
        for _ in range(ROUNDS):
            await turn(engine, delays)

    started = time.monotonic()
    await asyncio.gather(*(person() for _ in range(people)))
    return len(delays) / (time.monotonic() - started), delays


async def main() -> None:
    """Measure, and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        await server.start()
        try:
            await _alone(server.url)
            await _crowds(server.url)
        finally:
            await server.kill()


async def _alone(url: str) -> None:
    embedded = SleepingEngine()
    here, there = [], []
    async with fleet(url, 1) as engine:
        for _ in range(ALONE):  # in turns, so that what else the machine does falls on both
            here.append(await turn(embedded))
            there.append(await turn(engine))
    await embedded.close()
    table = Table("", "first token, ms", "whole answer, ms", title=f"One person, {ALONE} turns, median")
    for name, found in (("embedded", here), ("a worker", there)):
        table.add_row(name, *(f"{1000 * median(column):.1f}" for column in zip(*found, strict=True)))
    added = [
        1000 * (median(there_) - median(here_))
        for here_, there_ in zip(_columns(here), _columns(there), strict=True)
    ]
    table.add_row("added", *(f"{each:.1f}" for each in added))
    Console().print(table)


def _columns(rows: list[tuple[float, float]]) -> list[tuple[float, ...]]:
    return list(zip(*rows, strict=True))


async def _crowds(url: str) -> None:
    table = Table("Workers", "people", "tokens/s", "times", "token late, p50 ms", "p99 ms", title="A crowd")
    single = 0.0
    for workers in WORKERS:
        people = workers * CORES * BATCH
        async with fleet(url, workers) as engine:
            speed, delays = await crowd(engine, people)
        single = single or speed
        percentiles = quantiles(delays, n=100)
        table.add_row(
            str(workers),
            str(people),
            f"{speed:.0f}",
            f"{speed / single:.2f}",
            f"{1000 * percentiles[49]:.1f}",
            f"{1000 * percentiles[98]:.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]) if len(sys.argv) > 1 else main())
