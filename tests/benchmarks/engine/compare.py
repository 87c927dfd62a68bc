"""The policy against one by one, first come and fixed windows: simulated on the cost model, and for real.

Run it on a quiet machine: `make bench-scheduler`. `--quick` leaves the large crowds to the simulation. Where
other programs run beside it, tokens per second of processor time waver less than those of the clock.
"""

import argparse
import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core import settings
from core.engine.device import load
from core.engine.local import Shape
from core.engine.scheduling.cost import CostModel
from core.engine.scheduling.policy import Ask, Limits, Running
from core.engine.scheduling.request import Request
from core.engine.scheduling.runner import BatchScheduler
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.engine.tokens import Vocabulary
from core.engine.types import Options
from core.engine.writer import Writer
from tests.benchmarks.engine.loads import Question, Workload, equal, mixed, paused, short
from tests.benchmarks.engine.measures import HEADINGS, Measures, Trace
from tests.benchmarks.engine.policies import Contender, FirstCome, Frontdesk, one_by_one
from tests.benchmarks.engine.simulation import Simulation

SYSTEM = 14
"""Tokens after which blanks go in: the default system text has as many."""
WINDOW = 0.2
POLL = 0.01


class Ragged(Writer):
    """Leaves prompts as they are: the rest of longer ones goes in step by step."""

    def _filled(self, request: Request, length: int) -> tuple[int, ...]:
        return request.ids


class Polled(BatchScheduler):
    """Looks again while a window is open."""

    async def poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            self._share_out()


def contenders(cost: CostModel, most: int) -> list[Contender]:
    return [
        one_by_one(),
        FirstCome(most=most),
        FirstCome(most=most, window=WINDOW, name="windows of 0.2 s"),
        Frontdesk(cost, Limits(batch=most)),
    ]


@asynccontextmanager
async def opened(model: ShelvedModel, shape: Shape, contender: Contender) -> AsyncIterator[Polled]:
    vocabulary = Vocabulary.load(model.folder)
    replicas = shape.replicas * contender.turns
    generator = load(model, "cpu", replicas=replicas, threads=shape.threads)
    writer = (Writer if contender.filled else Ragged)(generator, vocabulary)
    since: dict[int, float] = {}

    def choose(waiting: Sequence[Ask], free: int, cost: CostModel, limits: Limits) -> Sequence[Ask]:
        now = time.monotonic()
        waits = [now - since.setdefault(ask.number, now) for ask in waiting]
        return contender.choose(waiting, waits, [], free)

    def recall(
        waiting: Sequence[Ask], running: Sequence[Running], cost: CostModel, limits: Limits
    ) -> Running | None:
        return contender.recall(waiting, running)

    scheduler = Polled(
        writer,
        replicas,
        shape.replicas,
        shape.cost,
        Limits(batch=shape.batch),
        choose=choose,
        recall=recall,
    )
    polling = asyncio.create_task(scheduler.poll())
    try:
        yield scheduler
    finally:
        polling.cancel()
        await scheduler.close()
        generator.unload_model()


async def run_real(scheduler: BatchScheduler, workload: Workload, cost: CostModel) -> list[Trace]:
    """Every chat asks, reads to the end, pauses and asks again."""
    traces: list[Trace] = []
    chance = random.Random(1)

    async def chat(questions: Sequence[Question]) -> None:
        for question in questions:
            await asyncio.sleep(question.pause)
            load = scheduler.load()
            promised = load.wait_seconds(load.queued + 1) + cost.read(1, question.tokens)
            trace = Trace(asked=time.monotonic(), promised=promised)
            traces.append(trace)
            ids = tuple(chance.randrange(1000, 20000) for _ in range(question.tokens))
            request = Request(
                ids=ids, end_ids=(), max_tokens=question.answer, options=Options(), fill_at=SYSTEM
            )
            async with aclosing(scheduler.generate(request)) as arriving:
                async for got in arriving:
                    trace.times.extend([time.monotonic()] * len(got))

    await asyncio.gather(*(chat(questions) for questions in workload.chats))
    return traces


def report(
    title: str, run: Callable[[Contender, Workload], list[Trace]], loads: Sequence[Workload], shape: Shape
) -> None:
    """One table: every contender under every load."""
    table = Table("load", "policy", *HEADINGS, "", title=title, title_justify="left")
    for workload in loads:
        found = [
            (each.name, Measures.of(run(each, workload))) for each in contenders(shape.cost, shape.batch)
        ]
        most = max(measures.tokens_per_second for _, measures in found)
        for name, measures in found:
            bar = "█" * round(20 * measures.tokens_per_second / most)
            table.add_row(workload.name, name, *measures.row(), bar)
        table.add_section()
    Console(width=140).print(table)


def forecast_error(traces: Sequence[Trace]) -> str:
    """How far the foretold wait was from the real one until the first token."""
    errors = sorted(
        abs((trace.promised or 0.0) - (trace.times[0] - trace.asked)) for trace in traces if trace.times
    )
    return f"median {errors[len(errors) // 2]:.2f} s, p95 {errors[int(len(errors) * 0.95)]:.2f} s"


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", default=ACTIVE)
    arguments = parser.parse_args()
    model = Shelf(Path(settings.load().home)).find(arguments.model)
    shape = Shape.saved(model)

    def simulated(contender: Contender, workload: Workload) -> list[Trace]:
        return Simulation(contender=contender, cost=shape.cost, cores=shape.replicas).run(workload)

    def real(contender: Contender, workload: Workload) -> list[Trace]:
        async def run() -> list[Trace]:
            async with opened(model, shape, contender) as scheduler:
                return await run_real(scheduler, workload, shape.cost)

        before = time.process_time()
        traces = asyncio.run(run())
        worked = sum(len(trace.times) for trace in traces) / (time.process_time() - before)
        print(f"{workload.name}, {contender.name}: {worked:.0f} tokens per second of processor time")
        if contender.filled:
            print(f"{workload.name}: foretold first words missed by {forecast_error(traces)}")
        return traces

    crowds = [equal(n) for n in (1, 4, 16, 32, 64)] + [mixed(n) for n in (4, 16, 32, 64)]
    report("Simulated", simulated, [*crowds, short(64), paused(16), paused(32)], shape)
    few = [equal(1), equal(16, turns=1), mixed(16, turns=1)]
    report("Measured", real, few if arguments.quick else [*crowds, short(64), paused(16)], shape)


if __name__ == "__main__":
    main()
