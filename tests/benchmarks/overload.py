"""Ten times the load that the machine can answer: `python -m tests.benchmarks.overload`, or `make overload`.

The service is a real process whose model answers no faster than it is told to. Both emulators deliver over
HTTP from this process, where the time until each acknowledgement is taken. Questions come at a fixed rate,
whatever becomes of them, from hundreds of people, each in conversations of their own.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from aiohttp import web
from aiohttp.test_utils import unused_port
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bots.playground.slack import app as slack_app
from bots.playground.slack.driver import SlackDriver, replies, shown
from bots.playground.slack.poster import Poster
from bots.playground.slack.seed import BOT_TOKEN, SIGNING_SECRET, TEAM
from bots.playground.slack.state import User
from bots.playground.telegram import app as telegram_app
from bots.playground.telegram.driver import TelegramDriver, chat_of
from bots.playground.telegram.seed import TOKEN
from bots.playground.telegram.webhook import Webhook
from bots.store import DATABASE
from tests.process import PACED, PLACES, SECONDS, Service, running

PEOPLE = 300
"""On each platform."""
SECRET = "secret-of-the-overload"
PATIENCE = 10.0
"""Seconds within which a normal service answers somebody who asks alone."""
DRAIN_SECONDS = 300.0
PLACEHOLDER = "…"
T = TypeVar("T")


@dataclass
class Measured:
    """What was seen."""

    acks: list[float] = field(default_factory=list)
    """Seconds from handing an event over to its acknowledgement."""
    failed: int = 0
    """Deliveries that were not acknowledged."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, and the service's resident megabytes."""


def timed(measured: Measured, method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Any]:
    """The same method, its durations noted."""

    @wraps(method)
    async def call(*arguments: Any, **named: Any) -> T:
        started = time.perf_counter()
        try:
            return await method(*arguments, **named)
        finally:
            measured.acks.append(time.perf_counter() - started)

    return call


@dataclass(frozen=True, kw_only=True)
class World:
    """Both platforms, and everybody on them."""

    slack: SlackDriver
    telegram: TelegramDriver
    channels: list[tuple[str, str]]
    """Slack people and their direct conversation with the app."""
    chats: list[int]
    """Telegram people."""
    urls: dict[str, str]

    async def ask(self, number: int) -> None:
        """The next question, on either platform in turn."""
        text = f"please answer question number {number} in full"
        if number % 2:
            await self.telegram.send(self.chats[number // 2 % PEOPLE], self.chats[number // 2 % PEOPLE], text)
        else:
            user, channel = self.channels[number // 2 % PEOPLE]
            await self.slack.send(user, channel, text)


@asynccontextmanager
async def opened(measured: Measured, *, limits: bool) -> AsyncIterator[World]:
    """The platforms, with their people."""
    Poster.send = timed(measured, Poster.send)  # type: ignore[method-assign]  # this process only measures
    Webhook._post = timed(measured, Webhook._post)  # type: ignore[method-assign]  # to time it
    async with AsyncExitStack() as stack:
        emulator = slack_app.build()
        for number in range(PEOPLE):
            user = User(id=f"U1PERSON{number}", team_id=TEAM, name=f"person{number}", real_name="A Person")
            emulator.platform.world.users[user.id] = user
        urls = {
            "slack": await _serve(stack, emulator.application()),
            "telegram": await _serve(stack, telegram_app.build_app()),
        }
        slack = await stack.enter_async_context(SlackDriver(urls["slack"]))
        telegram = await stack.enter_async_context(TelegramDriver(urls["telegram"]))
        if not limits:
            await slack.set_limits(0)
            await telegram.set_limits(0)
        channels = [(f"U1PERSON{n}", await slack.open_dm(f"U1PERSON{n}")) for n in range(PEOPLE)]
        chats = [int((await telegram.act("create_person", name=f"Person {n}"))["id"]) for n in range(PEOPLE)]
        yield World(slack=slack, telegram=telegram, channels=channels, chats=chats, urls=urls)


async def _serve(stack: AsyncExitStack, app: web.Application) -> str:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


def settings(
    world: World, home: Path, port: int, *, places: int, seconds: float, limits: bool
) -> dict[str, str]:
    """What the service is started with."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{world.urls['slack']}/api/",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": world.urls["telegram"],
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram/webhook",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "FRONTDESK_HOME": str(home),
        "FRONTDESK_PORT": str(port),
        PLACES: str(places),
        SECONDS: str(seconds),
        PACED: "1" if limits else "",
    }


async def load(world: World, rate: float, seconds: float) -> int:
    """Let people ask, `rate` questions a second; returns how many."""
    tasks: set[asyncio.Task[None]] = set()
    started, number = time.perf_counter(), 0
    for number in track(range(int(rate * seconds)), description="overload"):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        task = asyncio.create_task(world.ask(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return number + 1


async def watch(measured: Measured, service: Service) -> None:
    """Note the service's memory, once a second."""
    started = time.perf_counter()
    status = Path(f"/proc/{service.process.pid}/status")
    while True:
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS"):
                measured.memory.append((time.perf_counter() - started, int(line.split()[1]) / 1024))
        await asyncio.sleep(1)


async def recover(world: World, newcomers: list[int]) -> float:
    """Seconds until somebody new is answered as on any other day."""
    started = time.perf_counter()
    for person in newcomers:
        asked = time.perf_counter()
        await world.telegram.send(person, person, "are you well again?")
        try:
            await world.telegram.wait_for_text(person, "echo: are you well again?", timeout=PATIENCE)
        except TimeoutError:
            continue
        return asked - started
    return float("inf")


async def drained(home: Path) -> float:
    """Seconds until nothing is open any more."""
    started = time.perf_counter()
    while time.perf_counter() - started < DRAIN_SECONDS:
        if not query(home, _OPEN)[0][0]:
            return time.perf_counter() - started
        await asyncio.sleep(1)
    return float("inf")


_OPEN = """
SELECT (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'adopted'))
    + (SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'failed', 'withdrawn'))
"""
_OUTCOMES = """
SELECT t.state || CASE t.reason WHEN '' THEN '' ELSE ': ' || t.reason END, count(*)
FROM inbox i LEFT JOIN turns t ON t.id = i.turn WHERE i.type = 'message' GROUP BY 1 ORDER BY 2 DESC
"""


def query(home: Path, question: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(home / DATABASE)
    try:
        return database.execute(question).fetchall()
    finally:
        database.close()


async def unheard(world: World) -> int:
    """Conversations in which the last word is a person's, or a bare placeholder."""
    state = await world.slack.state()
    silent = 0
    for _, channel in world.channels:
        answered = {
            each["thread_ts"]
            for each in replies(state, channel)
            if not each["streaming"] and shown(each) not in ("", PLACEHOLDER)
        }
        asked = next(each for each in state["channels"] if each["id"] == channel)["messages"]
        silent += sum(each["user"] != state["bot"]["user"] and each["ts"] not in answered for each in asked)
    state = await world.telegram.state()
    for chat in world.chats:
        messages = chat_of(state, chat)["messages"]
        last = next((each for each in reversed(messages) if each["text"] != PLACEHOLDER), None)
        silent += last is not None and last["sender"] == chat
    return silent


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(*, minutes: float, places: int, seconds: float, factor: float, limits: bool) -> bool:
    """Run it all and print what was found; False where a promise was broken."""
    measured, console = Measured(), Console()
    rate = factor * places / seconds
    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), unused_port()
        async with opened(measured, limits=limits) as world:
            environment = settings(world, home, port, places=places, seconds=seconds, limits=limits)
            async with running(environment) as service:
                await world.slack.set_request_url(f"{service.url}/slack/events")
                newcomers = [
                    int((await world.telegram.act("create_person", name=f"New {n}"))["id"]) for n in range(60)
                ]
                watching = asyncio.create_task(watch(measured, service))
                asked = await load(world, rate, minutes * 60)
                acks = list(measured.acks)
                normal = await recover(world, newcomers)
                rest = await drained(home)
                watching.cancel()
                silent = await unheard(world)
                failed = [
                    each
                    for each in await world.slack.journal(direction="delivery")
                    if each["outcome"] not in ("ok", "")
                ]
        outcomes = Counter(dict(query(home, _OUTCOMES)))
    peaks = _by_minute(measured.memory)
    table = Table(
        "what", "figure", title=f"{factor:g} times the load: {rate:g} questions a second, {minutes:g} min"
    )
    table.add_row("questions", f"{asked:,}")
    table.add_row("acknowledgements: median, p99, longest", _times(acks))
    table.add_row("deliveries not acknowledged by Slack's clock", str(len(failed)))
    table.add_row("resident memory, peak of each minute (MB)", " ".join(f"{each:.0f}" for each in peaks))
    for outcome, number in outcomes.most_common():
        table.add_row(f"questions {outcome}", f"{number:,}")
    table.add_row("questions without any word", str(silent))
    table.add_row("normal again after", f"{normal:.0f} s")
    table.add_row("nothing left to do after", f"{rest:.0f} s")
    console.print(table)
    return percentile(acks, 0.99) < 1.0 and silent == 0 and normal <= 60 and not failed


def _by_minute(memory: list[tuple[float, float]]) -> list[float]:
    minutes: dict[int, float] = {}
    for at, size in memory:
        minutes[int(at // 60)] = max(size, minutes.get(int(at // 60), 0.0))
    return list(minutes.values())


def _times(values: list[float]) -> str:
    found = (percentile(values, 0.5), percentile(values, 0.99), max(values))
    return ", ".join(f"{1000 * each:.0f} ms" for each in found)


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long people ask.")
@click.option("--places", default=4, show_default=True, help="Answers that the model writes side by side.")
@click.option("--seconds", default=2.0, show_default=True, help="What the model takes for each.")
@click.option("--factor", default=10.0, show_default=True, help="Times the load that it could answer.")
@click.option("--limits/--no-limits", default=False, help="Whether the platforms' rate limits hold.")
def main(minutes: float, places: int, seconds: float, factor: float, limits: bool) -> None:
    """Overload the service and see what becomes of it."""
    kept = asyncio.run(measure(minutes=minutes, places=places, seconds=seconds, factor=factor, limits=limits))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
