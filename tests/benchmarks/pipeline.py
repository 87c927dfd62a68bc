"""What the pipeline itself costs: from an event handed in to its answer settled, with an instant model.

Closed loop for throughput; open loop for latency; then the same with a full database and with a
long conversation, to see what grows.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.perception import Perception
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.engine.types import Engine
from core.message import Attachment, Platform, Post, Reply
from core.policy import Policies, Policy
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import SqliteVault
from core.store.sqlite.store import open_store
from core.testing import FakeChannel, ScriptedEngine
from tests.samples import arrival, conversation, message

LOAD = 150
"""Turns a second at which latency is measured: half of the 300 that two cores are to bear at least."""
SECRET = "a secret of more than thirty-two characters"
POLICY = Policy(settle_seconds=0, person_budget=0, channel_budget=0)


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

    async def turn(
        self, channel: str, text: str = "what is the time in Berlin?", attachments: Sequence[Attachment] = ()
    ) -> float:
        """Seconds from handing a message in to its answer standing."""
        done = self.channel.done[channel] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        asked = replace(message(text, where=conversation(channel)), attachments=tuple(attachments))
        await self.reception.accept(arrival(asked))
        finished: float = await done
        return finished - started


@asynccontextmanager
async def open_bench(
    path: Path,
    secret: str = "",
    *,
    policy: Policy = POLICY,
    engine: Engine | None = None,
    perception: Perception | None = None,
) -> AsyncIterator[Bench]:
    """A core on the database, which encrypts where there is a secret.

    Args:
        engine: answers; by default one that takes no time.
        perception: hears and sees, where anything is to.
    """
    policies, channel, engine = Policies(assistant=policy), TimingChannel(), engine or ScriptedEngine()
    sealer = KeyedSealer(Keys(SqliteVault(path.with_suffix(".keys")), secret)) if secret else None
    async with open_store(path, SystemClock(), sealer) as store:
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=policies,
            admission=Admission(engine.load),
            clock=SystemClock(),
            perception=perception,
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


MESSAGE, RAW, ANSWER = b"m" * 300, b"r" * 1500, b"a" * 500
"""About what an event, the platform's own JSON and an answer take."""
_FILL = (
    """INSERT INTO conversations (key, platform, tenant, channel, thread, direct, began_at)
    SELECT 'terminal:t:' || :name || (value / :each) || ':', 'terminal', 't',
        :name || (value / :each), '', 1, 0
    FROM generate_series(0, :messages - 1, :each)""",
    """INSERT INTO inbox (key, conversation, sender, type, message_id, state, turn, event, raw, received_at)
    SELECT 'old' || :name || value, 'terminal:t:' || :name || (value / :each) || ':', 'terminal:t:anna',
        'message', 'm' || value, 'done', :name || value, :message, :raw, value
    FROM generate_series(0, :messages - 1)""",
    """INSERT INTO turns (id, conversation, state, began_at, ended_at, question, reply, prompt, evidence)
    SELECT :name || value, 'terminal:t:' || :name || (value / :each) || ':', 'answered', value, value,
        :message, :answer, :message, '{}' FROM generate_series(0, :messages - 1)""",
    """INSERT INTO outbox (
        id, turn, conversation, state, part, platform_id, recipient, body, created_at, sent_at)
    SELECT 'p' || :name || value, :name || value, 'terminal:t:' || :name || (value / :each) || ':', 'sent', 0,
        'x' || value, 'null', :answer, value, value FROM generate_series(0, :messages - 1)""",
)


def fill(path: Path, name: str, messages: int, each: int) -> None:
    """Store so many messages in finished turns, `each` to a conversation."""
    values = {"name": name, "messages": messages, "each": each}
    texts = {"message": MESSAGE, "raw": RAW, "answer": ANSWER}
    with closing(sqlite3.connect(path)) as connection:
        for statement in track(_FILL, description=f"storing {messages:,} messages"):
            series = statement.replace("generate_series(0, :messages - 1, :each)", _series(":each"))
            series = series.replace("generate_series(0, :messages - 1)", _series("1"))
            connection.execute(series, values | texts)
        connection.commit()


def _series(step: str) -> str:
    """SQLite has `generate_series` in its shell only."""
    return (
        f"(WITH RECURSIVE numbers(value) AS (SELECT 0 UNION ALL SELECT value + {step} FROM numbers "
        f"WHERE value + {step} < :messages) SELECT value FROM numbers)"
    )


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def main() -> None:
    """Measure and print the table."""
    table = Table("situation", "turns/s", "median ms", "p99 ms", title="The pipeline's own cost")
    with tempfile.TemporaryDirectory() as folder:
        for messages in (0, 10_000, 1_000_000):
            path = Path(folder) / f"{messages}.db"
            async with open_bench(path):
                pass  # makes the schema
            if messages:
                fill(path, "old", messages, each=20)
            async with open_bench(path) as bench:
                measured = await throughput(bench, 4000, 64)
                table.add_row(
                    f"{messages:,} messages stored", *_row(measured, await latencies(bench, 3000, LOAD))
                )
        await _encrypted(table, Path(folder))
        for turns in (10, 10_000):
            path = Path(folder) / f"long-{turns}.db"
            async with open_bench(path):
                pass
            fill(path, "long", turns, each=turns)
            async with open_bench(path) as bench:
                long = [1000 * await bench.turn("long0") for _ in range(300)]
                figures = f"{statistics.median(long):.1f}", f"{percentile(long, 0.99):.1f}"
                table.add_row(f"one conversation, {turns:,} turns long", "", *figures)
    table.caption = f"Latency at {LOAD} turns a second."
    Console().print(table)


async def _encrypted(table: Table, folder: Path) -> None:
    """With and without encryption in turns, so that whatever else the machine does meets both."""
    measured: dict[str, list[tuple[float, list[float]]]] = {"": [], SECRET: []}
    for number in range(3):
        for secret, results in measured.items():
            async with open_bench(folder / f"{'sealed' if secret else 'clear'}-{number}.db", secret) as bench:
                results.append((await throughput(bench, 2000, 64), await latencies(bench, 1500, LOAD)))
    for secret, results in measured.items():
        rate = statistics.median(each for each, _ in results)
        title = "encrypted" if secret else "in clear"
        table.add_row(f"0 messages stored, {title}", *_row(rate, [each for _, ms in results for each in ms]))


def _row(rate: float, values: list[float]) -> tuple[str, str, str]:
    return f"{rate:.0f}", f"{statistics.median(values):.1f}", f"{percentile(values, 0.99):.1f}"


if __name__ == "__main__":
    asyncio.run(main())
