"""What one Postgres bears of several cores: turns of the whole pipeline, with an instant model, a second.

`python -m tests.benchmarks.cores`: each core is a process of its own; SQLite stands beside it for comparison,
and a server that is reached over a line as slow as a network.
"""

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import SWEEP_SECONDS, Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.message import Platform
from core.policy import Policies, Policy
from core.store.ports import Store
from core.store.postgres.connecting import connect
from core.testing import ScriptedEngine
from tests.benchmarks.distance import Line, line_to
from tests.benchmarks.pipeline import TimingChannel
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import serving
from tests.samples import arrival, conversation, message

SECONDS, AT_ONCE = 10.0, 64
AWAY = 0.000_25
"""Seconds each way of the line: between machines in one data centre a round trip takes about half a
millisecond."""
POLICY = Policy(settle_seconds=0, person_budget=0, channel_budget=0)


async def serve(place: Place, name: str) -> int:
    """Turns that a core finishes of messages that it takes itself, one after another in each conversation."""
    policies, engine, channel = Policies(assistant=POLICY), ScriptedEngine(), TimingChannel()
    async with place.open(SystemClock()) as store:
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=policies,
            admission=Admission(engine.load),
            clock=SystemClock(),
        )
        dispatcher.connect(Platform.TERMINAL, channel)
        reception = Reception(store, policies, dispatcher.wake)
        until, count = time.monotonic() + SECONDS, 0

        async def talk(number: int) -> None:
            nonlocal count
            where = conversation(f"{name}-{number}")
            while time.monotonic() < until:
                done = asyncio.get_running_loop().create_future()
                channel.done[where.channel] = done
                await reception.accept(arrival(message("hello", where=where), key=f"{name}-{number}-{count}"))
                await done
                count += 1

        # beats alone: a sweep may take up what another core has just taken in, and this one waits for
        beating = asyncio.create_task(beat(store))
        await asyncio.gather(*(talk(number) for number in range(AT_ONCE)))
        beating.cancel()
        await dispatcher.stop(5)
    return count


async def beat(store: Store) -> None:
    """Live."""
    while True:
        await store.work.beat()
        await asyncio.sleep(SWEEP_SECONDS)


async def write(place: Place, name: str) -> int:
    """Events that are written down, 64 at once."""
    async with place.open(SystemClock()) as store:
        until, count = time.monotonic() + SECONDS, 0

        async def accept(number: int) -> None:
            nonlocal count
            where = conversation(f"{name}-{number}")
            while time.monotonic() < until:
                count += 1
                await store.inbox.accept(arrival(message("hello", where=where), key=f"{name}-{count}"))

        await asyncio.gather(*(accept(number) for number in range(AT_ONCE)))
    return count


WORK = {"writes": write, "turns": serve}
ROWS = (
    ("sqlite", 1, 0.0),
    ("postgres", 1, 0.0),
    ("postgres", 2, 0.0),
    ("postgres", 1, AWAY),
    ("postgres", 2, AWAY),
)
"""Databases, cores, and how far away."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Of all cores together."""

    rate: float
    """Per second."""
    core: float
    """Milliseconds of processor time in the cores for each."""
    server: float = 0.0
    """The same in the server."""
    round_trip: float = 0.0
    """Milliseconds to the server and back."""


async def measure(what: str, kind: str, where: str, cores: int) -> Figure:
    """Let so many cores work for some time."""
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.cores", what, kind, where, f"core{number}"),
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(cores)
    ]
    outputs = await asyncio.gather(*(child.communicate() for child in children))
    done = [json.loads(output) for output, _ in outputs]
    count = sum(each["count"] for each in done)
    return Figure(rate=count / SECONDS, core=1000 * sum(each["processor"] for each in done) / count)


def measure_on_postgres(what: str, cores: int, away: float = 0.0) -> Figure:
    """On a server of its own, whose processor time is known once it has stopped.

    Args:
        away: seconds that everything takes longer on the way to it and back.
    """
    with serving(hurried=False, address="127.0.0.1") as server:
        name = server.fresh().rpartition("/")[2]
        before = _processor_seconds()
        with line_to(server.port, away) if away else nullcontext(Line(server.port)) as line:
            url = f"postgresql://{server.owner}@{server.address}:{line.port}/{name}"
            round_trip = _round_trip(url)
            figure = asyncio.run(measure(what, "postgres", url, cores))
    others = _processor_seconds() - before - line.processor
    count = figure.rate * SECONDS
    return replace(figure, server=1000 * others / count - figure.core, round_trip=round_trip)


def _round_trip(url: str) -> float:
    """Milliseconds from a question to its answer, at the median."""
    with closing(connect(url).raw) as connection:
        taken = []
        for _ in range(200):
            began = time.perf_counter()
            connection.execute("SELECT 1")
            taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def _processor_seconds() -> float:
    """Of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    title = (
        f"{AT_ONCE} conversations per core, {SECONDS:.0f} s; ms of processor time in the cores + the server"
    )
    table = Table("", "writes/s", "ms each", "turns/s", "ms each", "round trip", title=title)
    for kind, cores, away in ROWS:
        figures = []
        for what in WORK:
            if kind == "postgres":
                figures.append(measure_on_postgres(what, cores, away))
            else:
                with tempfile.TemporaryDirectory() as folder:
                    figures.append(asyncio.run(measure(what, kind, f"{folder}/frontdesk.db", cores)))
        cells = [
            cell for each in figures for cell in (f"{each.rate:,.0f}", f"{each.core:.2f} + {each.server:.2f}")
        ]
        where = f"{kind}, {cores} core{'s' * (cores > 1)}{', away' * (away > 0)}"
        table.add_row(where, *cells, f"{figures[-1].round_trip:.2f} ms")
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _, what, kind, where, name = sys.argv
        place: Place = SqlitePlace(Path(where)) if kind == "sqlite" else PostgresPlace(where)
        began = time.process_time()
        count = asyncio.run(WORK[what](place, name))
        print(json.dumps({"count": count, "processor": time.process_time() - began}))
    else:
        main()
