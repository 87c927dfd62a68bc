"""What the emulators take: 500 people write at once, and a trivial bot answers them over the real protocols.

Both emulators run as processes of their own, and people act through their control APIs. The bot is a bare
aiohttp client (Socket Mode and chat.postMessage, long polling and sendMessage), so that no library and no
model stands in the way. In a closed loop everybody writes as soon as they are answered: that shows how much
the emulators take. In an open loop messages come at a given rate: that shows what they add to a benchmark.
"""

import asyncio
import os
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bots.playground.process import started
from tests.benchmarks.pipeline import percentile

PEOPLE = 500
CLOSED_SECONDS = 10.0
OPEN_SECONDS = 10.0
OPEN_RATE = 300.0
"""Questions a second in the open loop, on both platforms together."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Milliseconds until the platform had taken a question, the bot had it, and its answer stood."""

    action: float
    delivery: float
    answer: float


@dataclass(frozen=True)
class Person:
    """Somebody with a place to write to the bot."""

    id: Any
    place: Any


@dataclass
class Side(ABC):
    """One platform: its people and the bot."""

    greeting: Mapping[str, str]
    session: aiohttp.ClientSession
    people: list[Person] = field(default_factory=list)
    waiting: dict[str, "asyncio.Future[float]"] = field(default_factory=dict)
    """By question: when its answer stood."""
    had: dict[str, float] = field(default_factory=dict)
    """By question: when the bot had it."""
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self.greeting["url"]

    async def settle(self, people: int) -> None:
        """Create the people, without rate limits."""
        await self.control("limits", scale=0)
        for number in range(people):
            self.people.append(await self.newcomer(f"Person {number}"))

    async def control(self, path: str, **wish: Any) -> Any:
        """Ask something of the control API."""
        async with self.session.post(f"{self.url}/_control/{path}", json=wish) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def ask(self, person: Person, question: str) -> Sample:
        """One question with its answer."""
        stood = self.waiting[question] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self.write(person, question)
        written = time.perf_counter()
        answered = await stood
        had = self.had.pop(question)
        return Sample(
            action=1000 * (written - began), delivery=1000 * (had - began), answer=1000 * (answered - began)
        )

    def hear(self, place: Any, question: str) -> None:
        """The bot has a question, and answers it while it listens on."""
        self.had[question] = time.perf_counter()
        task = asyncio.create_task(self._reply(place, question))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _reply(self, place: Any, question: str) -> None:
        await self.answer(place, f"You said {question}")
        self.waiting.pop(question).set_result(time.perf_counter())

    @abstractmethod
    async def newcomer(self, name: str) -> Person:
        """Somebody new, with an open conversation."""

    @abstractmethod
    async def write(self, person: Person, text: str) -> None:
        """A person writes to the bot."""

    @abstractmethod
    async def listen(self) -> None:
        """The bot: hear questions until cancelled."""

    @abstractmethod
    async def answer(self, place: Any, text: str) -> None:
        """The bot writes."""


class Slack(Side):
    """Socket Mode."""

    async def newcomer(self, name: str) -> Person:
        user = (await self.control("act", action="create_person", name=name))["user"]
        return Person(user, (await self.control("act", action="open_dm", user=user))["channel"])

    async def write(self, person: Person, text: str) -> None:
        await self.control("act", action="send", user=person.id, channel=person.place, text=text)

    async def listen(self) -> None:
        opened = await self._call("apps.connections.open", self.greeting["app_token"])
        async with self.session.ws_connect(opened["url"]) as socket:
            async for frame in socket:
                envelope = frame.json()
                if "envelope_id" not in envelope:
                    continue
                await socket.send_json({"envelope_id": envelope["envelope_id"]})
                event = envelope["payload"]["event"]
                if event["type"] == "message" and "bot_id" not in event:
                    self.hear(event["channel"], event["text"])

    async def answer(self, place: Any, text: str) -> None:
        await self._call("chat.postMessage", self.greeting["bot_token"], channel=place, text=text)

    async def _call(self, method: str, token: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        address = f"{self.greeting['api_url']}{method}"
        async with self.session.post(address, json=arguments, headers=headers) as answer:
            body = await answer.json()
            assert body["ok"], body
            return body


class Telegram(Side):
    """Long polling."""

    async def newcomer(self, name: str) -> Person:
        number = (await self.control("act", action="create_person", name=name))["result"]["id"]
        return Person(number, number)

    async def write(self, person: Person, text: str) -> None:
        await self.control("act", action="send", person=person.id, chat=person.place, text=text)

    async def listen(self) -> None:
        offset = 0
        while True:
            for update in await self._call("getUpdates", offset=offset, timeout=30):
                offset = update["update_id"] + 1
                self.hear(update["message"]["chat"]["id"], update["message"]["text"])

    async def answer(self, place: Any, text: str) -> None:
        await self._call("sendMessage", chat_id=place, text=text)

    async def _call(self, method: str, **arguments: Any) -> Any:
        address = f"{self.url}/bot{self.greeting['bot_token']}/{method}"
        async with self.session.post(address, json=arguments) as answer:
            body = await answer.json()
            assert body["ok"], body
            return body["result"]


SIDES = {"bots.playground.slack": Slack, "bots.playground.telegram": Telegram}


@asynccontextmanager
async def opened(module: str, session: aiohttp.ClientSession, people: int) -> AsyncIterator[Side]:
    """An emulator with people, and the bot that listens."""
    async with started(module) as greeting:
        side = SIDES[module](greeting, session)
        await side.settle(people)
        bot = asyncio.create_task(side.listen())
        yield side
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)


async def closed_loop(sides: Sequence[Side], seconds: float) -> list[Sample]:
    """Everybody asks again as soon as they are answered."""
    end = time.perf_counter() + seconds

    async def talk(side: Side, person: Person) -> list[Sample]:
        samples: list[Sample] = []
        while time.perf_counter() < end:
            samples.append(await side.ask(person, f"{person.id} {len(samples)}"))
        return samples

    talks = [talk(side, person) for side in sides for person in side.people]
    return [sample for samples in await asyncio.gather(*talks) for sample in samples]


async def open_loop(sides: Sequence[Side], seconds: float, rate: float) -> list[Sample]:
    """So many questions a second, from one after the other, whatever the answers take."""
    turns = cycle([(side, person) for side in sides for person in side.people])
    tasks, began = [], time.perf_counter()
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        side, person = next(turns)
        tasks.append(asyncio.create_task(side.ask(person, f"open {person.id} {number}")))
    return list(await asyncio.gather(*tasks))


def cpu_seconds(side: Side) -> float:
    """Processor time that an emulator has used (proc(5), fields 14 and 15 of `stat`)."""
    fields = Path(f"/proc/{side.greeting['pid']}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def measure(table: Table, situation: str, sides: list[Side], rate: float | None = None) -> None:
    """Add a row to the table."""
    before, began = [cpu_seconds(each) for each in sides], time.perf_counter()
    samples = await (
        closed_loop(sides, CLOSED_SECONDS) if rate is None else open_loop(sides, OPEN_SECONDS, rate)
    )
    wall = time.perf_counter() - began
    used = [cpu_seconds(each) - then for each, then in zip(sides, before, strict=True)]
    columns = [[getattr(each, name) for each in samples] for name in ("action", "delivery", "answer")]
    table.add_row(
        situation,
        f"{len(samples) / wall:.0f}",
        *(f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}" for times in columns),
        " + ".join(f"{100 * each / wall:.0f} %" for each in used),
        f"{1000 * sum(used) / len(samples):.2f}",
    )


async def main() -> None:
    """Measure and print the table."""
    table = Table(
        "situation",
        "turns/s",
        "taken, p50 / p95 ms",
        "delivered",
        "answered",
        "CPU of a core",
        "CPU ms/turn",
        title=f"The emulators with {PEOPLE} people at once; a turn is a question and its answer",
    )
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for module in SIDES:
            async with opened(module, session, PEOPLE) as side:
                await measure(table, f"{type(side).__name__}, closed loop", [side])
        async with (
            opened("bots.playground.slack", session, PEOPLE // 2) as slack,
            opened("bots.playground.telegram", session, PEOPLE // 2) as telegram,
        ):
            await measure(table, "both, closed loop", [slack, telegram])
            await measure(table, f"both, {OPEN_RATE:.0f} a second", [slack, telegram], OPEN_RATE)
    Console(width=140).print(table)


if __name__ == "__main__":
    asyncio.run(main())
