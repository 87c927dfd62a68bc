"""Frontdesk beside what somebody would pick instead, in the same Telegram and with the same model:
`python -m tests.benchmarks.beside --astrbot PYTHON`.

PYTHON is an interpreter that has AstrBot, which brings no engine: it asks another Frontdesk, through OpenAI's
interface at /v1, so that both answer with the same engine and weights. What differs is the bot.
"""

import asyncio
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
import click
from aiohttp.test_utils import unused_port
from rich.console import Console
from rich.table import Table

from bots.playground.process import started as emulator
from bots.playground.telegram.driver import State, TelegramDriver, replies, texts
from tests.benchmarks.beside import contenders
from tests.benchmarks.beside.contenders import Contender, end, started

ALONE = 10
"""Questions of one person, one after the other."""
CROWD = 16
"""People who ask at once."""
KILLED = 24
"""People who wait when the bot is killed, and as many who write while it is away."""
KILL_AFTER = 1.5
"""Seconds from the first of their questions on."""
AWAY = 3.0
"""Seconds until it is started again."""
PATIENCE = 300.0
"""Seconds for an answer."""
QUIET = 20.0
"""Seconds without anything new after which nothing more comes."""
LOOK = 0.05
SETTLED = 2.0
"""The same for an answer that somebody waits for alone."""
BLANK = ("", "…")
"""What stands where an answer will."""
QUESTIONS = (
    "What is the capital of France?",
    "Name three colours.",
    "How many days has a week?",
    "What is water made of?",
    "Who wrote Hamlet?",
)
console = Console()


@dataclass
class Answer:
    """What one person has seen since a question, in seconds since then."""

    asked: float
    seen: tuple[str, ...]
    """What stood there before."""
    first: float = 0.0
    """Until something showed."""
    whole: float = 0.0
    """Until nothing changed any more."""

    def look(self, shown: tuple[str, ...]) -> bool:
        """Note what is shown now; whether that is new."""
        if shown == self.seen:
            return False
        self.seen, self.whole = shown, time.monotonic() - self.asked
        self.first = self.first or self.whole
        return True


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one bot did."""

    ready: float
    """Seconds from its start until it had answered somebody who had written before."""
    megabytes: float
    """That it and its model held after the crowd."""
    alone: Sequence[Answer]
    crowd: Sequence[Answer]
    waiting: Mapping[int, int]
    """How many of those who waited when it was killed had so many answers."""
    away: Mapping[int, int]
    """The same of those who wrote while it was away."""


class People:
    """Who write to the bot in private chats.

    Args:
        driver: of the Telegram in which they are.
    """

    def __init__(self, driver: TelegramDriver) -> None:
        self._driver = driver
        self._asked = 0

    async def come(self, number: int) -> list[int]:
        """So many new ones."""
        made = [await self._driver.act("create_person", name=f"Person {n}") for n in range(number)]
        return [int(each["id"]) for each in made]

    async def ask(self, people: Sequence[int]) -> dict[int, Answer]:
        """Have each ask something, all at once."""
        before = await self._driver.state()
        asked = {}
        for person in people:
            self._asked += 1
            await self._driver.send(person, person, QUESTIONS[self._asked % len(QUESTIONS)])
            asked[person] = Answer(asked=time.monotonic(), seen=_shown(before, person))
        return asked

    async def watch(self, asked: Mapping[int, Answer], quiet: float) -> None:
        """Look on until everybody has seen something, and for so many seconds nothing new."""
        began = last = time.monotonic()
        while time.monotonic() - last < quiet or not all(each.first for each in asked.values()):
            if time.monotonic() - began > PATIENCE:
                return
            await asyncio.sleep(LOOK)
            state = await self._driver.state()
            news = [each.look(_shown(state, person)) for person, each in asked.items()]
            if any(news):
                last = time.monotonic()

    async def answers(self, people: Sequence[int]) -> dict[int, int]:
        """How many people have so many answers."""
        state = await self._driver.state()
        return dict(Counter(len(replies(state, person)) for person in people))


def _shown(state: State, person: int) -> tuple[str, ...]:
    drafts = [each["text"] for each in state["drafts"] if each["chat"] == person]
    return tuple(text for text in (*texts(state, person), *drafts) if text not in BLANK)


async def measure(contender: Contender, people: People) -> Found:
    """One bot from its start to its second start."""
    (early,) = await people.come(1)
    waiting = await people.ask([early])
    waiting[early].asked = time.monotonic()
    with started(contender) as process:
        await people.watch(waiting, SETTLED)
        ready = waiting[early].whole
        said = " ".join(waiting[early].seen)
        console.print(f"{contender.name}, ready after {ready:.1f} s: {said}", style="dim", markup=False)
        alone: list[Answer] = []
        for _ in range(ALONE):
            asked = await people.ask([early])
            await people.watch(asked, SETTLED)
            alone += asked.values()
        crowd = await people.ask(await people.come(CROWD))
        await people.watch(crowd, SETTLED)
        megabytes = contender.megabytes(process)
        caught = await people.come(KILLED)
        await people.ask(caught)
        await asyncio.sleep(KILL_AFTER)
        end(process, signal.SIGKILL)
    late = await people.come(KILLED)
    missed = await people.ask(late)
    await asyncio.sleep(AWAY)
    with started(contender):
        await people.watch(missed, QUIET)
        return Found(
            ready=ready,
            megabytes=megabytes,
            alone=alone,
            crowd=list(crowd.values()),
            waiting=await people.answers(caught),
            away=await people.answers(late),
        )


async def compare(python: str, folder: Path) -> dict[str, Found]:
    """Both, one after the other."""
    found = {}
    async with emulator("bots.playground.telegram") as telegram, TelegramDriver(telegram["url"]) as driver:
        await driver.set_limits(0)
        ours = contenders.frontdesk(folder / "frontdesk", telegram["url"], unused_port())
        found[ours.name] = await measure(ours, People(driver))
    port = unused_port()
    async with emulator("bots.playground.telegram") as telegram, TelegramDriver(telegram["url"]) as driver:
        await driver.set_limits(0)
        with contenders.model_server(folder / "model", port) as server:
            await _listening(port)
            theirs = contenders.astrbot(
                folder / "astrbot", telegram["url"], python, f"http://127.0.0.1:{port}/v1", server
            )
            found[theirs.name] = await measure(theirs, People(driver))
    return found


async def _listening(port: int) -> None:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/healthz"):
                    return
            await asyncio.sleep(LOOK)


def report(found: Mapping[str, Found]) -> Table:
    """All of it, side by side."""
    table = Table("", *found)
    for title, figure in ROWS.items():
        table.add_row(title, *(figure(each) for each in found.values()))
    return table


def _middle(of: Callable[[Answer], float]) -> Callable[[Sequence[Answer]], str]:
    return lambda answers: f"{median(of(each) for each in answers):.2f} s"


def _fate(counted: Mapping[int, int]) -> str:
    return f"{counted.get(0, 0)} / {counted.get(1, 0)} / {sum(n for k, n in counted.items() if k > 1)}"


_first, _whole = _middle(lambda each: each.first), _middle(lambda each: each.whole)
ROWS: Mapping[str, Callable[[Found], str]] = {
    "Started, until somebody who had written before was answered": lambda found: f"{found.ready:.1f} s",
    "Memory after all that, with the model": lambda found: f"{found.megabytes:.0f} MB",
    "One at a time, until something shows (median)": lambda found: _first(found.alone),
    "One at a time, until all of it does (median)": lambda found: _whole(found.alone),
    f"{CROWD} at once, until something shows (median)": lambda found: _first(found.crowd),
    f"{CROWD} at once, until the last has all of it": lambda found: (
        f"{max(each.whole for each in found.crowd):.1f} s"
    ),
    f"Killed while {KILLED} wait: answers none / one / more": lambda found: _fate(found.waiting),
    f"{KILLED} write while it is away: none / one / more": lambda found: _fate(found.away),
}


@click.command()
@click.option("--astrbot", required=True, help="An interpreter that has AstrBot.")
def beside(astrbot: str) -> None:
    """Measure both, and print what was found."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-beside-") as folder:
        console.print(report(asyncio.run(compare(str(Path(astrbot).absolute()), Path(folder)))))


if __name__ == "__main__":
    beside()
