"""What a person in a chat notices while documents are read in: `python -m tests.benchmarks.kb.meanwhile`.

Questions are put one after another through the Slack emulator: with nothing else to do, while the service
itself reads the documents of packages in (a watched source), and while `frontdesk kb add` does in a process
beside it. The configured model and encoder answer.
"""

import asyncio
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bots.knowledge import KNOWLEDGE
from bots.playground.scenario.scene import Scene
from bots.playground.scenario.scenes import scene_of
from bots.playground.stage import opened
from bots.run import opened_engine
from core import settings
from core.engine.types import Engine
from core.policy import KnowledgeSection, Policies, Policy, SourceEntry
from core.settings import Settings
from tests.benchmarks.kb import corpus

QUESTIONS = 20
LONGEST_ANSWER = 40
"""Tokens."""
PATIENCE = 60.0
"""Seconds."""
Beside = Callable[[Path, Path], AbstractAsyncContextManager[None]]


async def main() -> None:
    """Print the table."""
    configured = settings.load()
    table = Table("meanwhile", "asked", "answered", "median", "slowest", "vectors made meanwhile")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "documents"
        for location, text in corpus.texts().items():
            (folder / location).parent.mkdir(parents=True, exist_ok=True)
            (folder / location).write_text(text, encoding="utf-8")
        source = SourceEntry(name="packages", location=str(folder))
        async with opened_engine(configured) as engine:
            for name, sources, beside in (
                ("nothing", (), _nothing),
                ("the service reads", (source,), _nothing),
                ("`kb add` reads", (), _adding),
            ):
                home = Path(tempfile.mkdtemp(dir=scratch))
                (home / "models").symlink_to((configured.home / "models").resolve())
                apart = configured.model_copy(update={"home": home, "host": "127.0.0.1", "port": 0})
                policies = Policies(
                    assistant=Policy(max_tokens=LONGEST_ANSWER, settle_seconds=0),
                    knowledge=KnowledgeSection(sources=sources),
                )
                table.add_row(name, *await _asked(apart, policies, engine, partial(beside, folder)))
    Console().print(table)


async def _asked(
    apart: Settings,
    policies: Policies,
    engine: Engine,
    beside: Callable[[Path], AbstractAsyncContextManager[None]],
) -> list[str]:
    seconds = []
    async with opened(apart, policies, engine) as stage, scene_of("slack", stage.slack_url) as scene:
        await _ask(scene, 0)
        async with beside(apart.home):
            before = _vectors(apart.home)
            for number in range(1, QUESTIONS + 1):
                started = time.perf_counter()
                await _ask(scene, number)
                seconds.append(time.perf_counter() - started)
            made = _vectors(apart.home) - before
    ordered = sorted(seconds)
    times = (f"{ordered[QUESTIONS // 2]:.1f} s", f"{ordered[-1]:.1f} s")
    return [str(QUESTIONS), str(len(seconds)), *times, str(made)]


async def _ask(scene: Scene, number: int) -> None:
    """A question, and all of its answer.

    Raises:
        TimeoutError: none came.
    """
    await scene.say(0, "direct", f"Tell me something nice about the number {number}.", to_the_assistant=True)
    async with asyncio.timeout(PATIENCE):
        while sum(post.finished for post in await scene.seen(0, "direct")) <= number:
            await scene.changed()


def _vectors(home: Path) -> int:
    with closing(sqlite3.connect(home / KNOWLEDGE)) as db:
        return int(db.execute("SELECT count(*) FROM vectors").fetchone()[0])


@asynccontextmanager
async def _nothing(folder: Path, home: Path) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _adding(folder: Path, home: Path) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bots.cli import main; main()", "kb", "add", str(folder), "--json"),
        env=os.environ | {"FRONTDESK_HOME": str(home)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main())
