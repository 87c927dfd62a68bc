"""What a voice turn takes beside the listening, and what ten voice notes at once do to those who write."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bots.media import open_listener
from bots.run import opened_engine
from core import settings
from core.engine.types import Engine
from core.media.listener import Listener, Speech
from core.media.senses import Senses
from core.message import Attachment
from core.testing import FakeFiles, ScriptedEngine
from tests.benchmarks.pipeline import POLICY, Bench, open_bench

NOTE = Path(__file__).parents[2] / "media" / "samples" / "number.ogg"
NOTES, REPEATS, ANSWERS = 10, 8, 6
FEW = 60
"""Tokens of an answer, so that it ends while the recordings are listened to."""


class _Timed:
    """A listener, and how long it listened last."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.seconds = 0.0

    async def listen(self, samples: bytes, tell: object) -> Speech:
        began = time.perf_counter()
        try:
            return await self._listener.listen(samples, lambda at, of: None)
        finally:
            self.seconds = time.perf_counter() - began

    async def close(self) -> None:
        await self._listener.close()


class _People:
    """People of whom each writes or speaks once, each in a conversation of their own."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._count = 0

    async def write(self) -> float:
        """Seconds until the answer to a written question stands."""
        return await self._turn("Tell me about the harbour of Hamburg.")

    async def speak(self) -> float:
        """Seconds until the answer to a voice note stands."""
        return await self._turn("", Attachment(id="note", kind="audio"))

    async def _turn(self, text: str, *attachments: Attachment) -> float:
        self._count += 1
        return await self._bench.turn(f"person {self._count}", text, attachments)


async def turns() -> None:
    """Measure, and print."""
    configured = settings.load()
    listener = open_listener(configured.model_copy(update={"speech": "whisper-base"}))
    if listener is None:
        raise SystemExit("run `frontdesk model pull whisper-base` first")
    timed, console = _Timed(listener), Console()
    senses = Senses(FakeFiles(note=NOTE.read_bytes()), timed, None)
    try:
        async with _serving(senses, ScriptedEngine()) as people:
            console.print(await _beside(people, timed))
        async with opened_engine(configured) as engine, _serving(senses, engine) as people:
            console.print(await _together(people))
        console.print(f"The process that listens took {_peak(str(listener.process_id))} MB at most,")
        console.print(f"the one that answers, with its model, {_peak('self')} MB")
    finally:
        await senses.close()


async def _beside(people: _People, listener: _Timed) -> str:
    """With a model that answers at once."""
    await people.speak()  # what happens only once
    wrote, beside = [], []
    for _ in range(REPEATS):
        wrote.append(await people.write())
        beside.append(await people.speak() - listener.seconds)
    return (
        f"Where the model answers at once, a turn takes {1000 * statistics.median(wrote):.0f} ms, "
        f"and one with a voice note {1000 * statistics.median(beside):.0f} ms beside the listening"
    )


async def _together(people: _People) -> Table:
    """Written questions, one after the other, alone and while voice notes wait to be listened to."""
    await people.write()  # what happens only once
    alone = [await people.write() for _ in range(ANSWERS)]
    speaking = [asyncio.create_task(people.speak()) for _ in range(NOTES)]
    together = []
    while not all(each.done() for each in speaking):
        together.append(await people.write())
    spoke = await asyncio.gather(*speaking)
    table = Table(
        "", "answers", "median s", "longest s", title=f"With and without {NOTES} voice notes at once"
    )
    rows = {"written, alone": alone, "written, beside them": together, "the voice notes": spoke}
    for name, taken in rows.items():
        table.add_row(name, str(len(taken)), f"{statistics.median(taken):.2f}", f"{max(taken):.2f}")
    return table


@asynccontextmanager
async def _serving(senses: Senses, engine: Engine) -> AsyncIterator[_People]:
    """The core with a database of its own."""
    policy = POLICY.model_copy(update={"max_tokens": FEW})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        async with open_bench(path, policy=policy, engine=engine, perception=senses) as bench:
            yield _People(bench)


def _peak(process: str) -> int:
    """Megabytes that a process held at most."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmHWM"))
