"""What one Postgres bears of several cores: turns of the whole pipeline, with an instant model, a second.

`python -m tests.benchmarks.cores`: each core is a process of its own; SQLite stands beside it for comparison.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.message import Platform
from core.policy import Policies, Policy
from core.testing import ScriptedEngine
from tests.benchmarks.pipeline import TimingChannel
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import serving
from tests.samples import arrival, conversation, message

SECONDS, AT_ONCE = 10.0, 64
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

        sweeping = asyncio.create_task(dispatcher.run())
        await asyncio.gather(*(talk(number) for number in range(AT_ONCE)))
        sweeping.cancel()
        await dispatcher.stop(5)
    return count


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


async def measure(what: str, kind: str, where: str, cores: int) -> float:
    """Per second, of all cores together."""
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.cores", what, kind, where, f"core{number}"),
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(cores)
    ]
    outputs = [(await child.communicate())[0] for child in children]
    return sum(int(output) for output in outputs) / SECONDS


async def main() -> None:
    table = Table(
        "", *(f"{what}/s" for what in WORK), title=f"{AT_ONCE} conversations per core, {SECONDS:.0f} s"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "frontdesk.db")
        figures = [await measure(what, "sqlite", f"{path}-{what}", 1) for what in WORK]
        table.add_row("SQLite, 1 core", *(f"{each:,.0f}" for each in figures))
    with serving(hurried=False) as server:
        for cores in (1, 2):
            figures = [await measure(what, "postgres", server.fresh(), cores) for what in WORK]
            table.add_row(f"Postgres, {cores} core{'s' * (cores > 1)}", *(f"{each:,.0f}" for each in figures))
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _, what, kind, where, name = sys.argv
        place = SqlitePlace(Path(where)) if kind == "sqlite" else PostgresPlace(where)
        print(asyncio.run(WORK[what](place, name)))
    else:
        asyncio.run(main())
