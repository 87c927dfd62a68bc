"""What the pipeline itself costs: from an event handed in to its answer settled, with an instant model.

Closed loop for throughput; open loop at half of it for latency; then the same with a full database and with a
long conversation, to see what grows.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.message import Platform, Post, Reply
from core.policy import Policies, Policy
from core.store.sqlite.store import open_store
from core.testing import FakeChannel, ScriptedEngine
from tests.samples import arrival, conversation, message

POLICY = Policy(settle_seconds=0)


class TimingChannel(FakeChannel):
    """Notes when each conversation's answer stood."""

    def __init__(self) -> None:
        super().__init__()
        self.done: dict[str, asyncio.Future[float]] = {}

    async def settle(self, post: Post, reply: Reply) -> None:
        self.visible.clear()
        waiting = self.done.pop(post.conversation.channel, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())


@dataclass
class Bench:
    """A running core to measure."""

    channel: TimingChannel
    reception: Reception

    async def turn(self, channel: str) -> float:
        """Seconds from handing a message in to its answer standing."""
        done = self.channel.done[channel] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        await self.reception.accept(
            arrival(message("what is the time in Berlin?", where=conversation(channel)))
        )
        finished: float = await done
        return finished - started


@asynccontextmanager
async def open_bench(path: Path) -> AsyncIterator[Bench]:
    policies, channel, engine = Policies(assistant=POLICY), TimingChannel(), ScriptedEngine()
    async with open_store(path, SystemClock()) as store:
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=policies,
            admission=Admission(engine.load),
            clock=SystemClock(),
        )
        dispatcher.connect(Platform.TERMINAL, channel)
        yield Bench(channel, Reception(store, policies, dispatcher.wake))
        await dispatcher.stop(grace=10)


async def throughput(bench: Bench, turns: int, at_once: int) -> float:
    """Durable turns a second with `at_once` conversations always waiting for an answer."""

    async def person(number: int) -> None:
        for _ in range(turns // at_once):
            await bench.turn(f"load-{number}")

    started = time.perf_counter()
    await asyncio.gather(*(person(number) for number in range(at_once)))
    return turns / (time.perf_counter() - started)


async def latencies(bench: Bench, turns: int, rate: float, channels: int = 200) -> list[float]:
    """Milliseconds per turn with `rate` turns a second arriving, whatever the answers take."""
    tasks = []
    started = time.perf_counter()
    for number in range(turns):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(bench.turn(f"open-{number % channels}-{number // channels}")))
    return [1000 * seconds for seconds in await asyncio.gather(*tasks)]


async def fill(path: Path, messages: int) -> None:
    """Store so many messages in finished turns."""
    async with open_bench(path) as bench:
        for start in track(range(0, messages, 500), description=f"storing {messages:,} messages"):
            await asyncio.gather(*(bench.turn(f"old-{start + n}") for n in range(min(500, messages - start))))


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def main() -> None:
    """Measure and print the table."""
    table = Table("situation", "turns/s", "median ms", "p99 ms", title="The pipeline's own cost")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.db"
        async with open_bench(empty) as bench:
            rate = await throughput(bench, 4000, 64)
            added = await latencies(bench, 2000, rate / 2)
            table.add_row("empty database", *_row(rate, added))
        full = Path(folder) / "full.db"
        await fill(full, 10_000)
        async with open_bench(full) as bench:
            table.add_row(
                "10,000 messages stored",
                *_row(await throughput(bench, 2000, 64), await latencies(bench, 2000, rate / 2)),
            )
        async with open_bench(full) as bench:
            for _ in track(range(1000), description="one long conversation"):
                await bench.turn("long")
            long = [1000 * await bench.turn("long") for _ in range(200)]
            table.add_row(
                "one conversation, 1,000 turns long",
                "",
                f"{statistics.median(long):.1f}",
                f"{percentile(long, 0.99):.1f}",
            )
    Console().print(table)


def _row(rate: float, values: list[float]) -> tuple[str, str, str]:
    return f"{rate:.0f}", f"{statistics.median(values):.1f}", f"{percentile(values, 0.99):.1f}"


if __name__ == "__main__":
    asyncio.run(main())
