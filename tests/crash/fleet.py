"""A small fleet: two cores that share Postgres, two workers behind NATS; any may be killed or cut off."""

import asyncio
import logging
import multiprocessing
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from core.engine.fleet.broker import connected
from core.engine.fleet.worker import Worker
from tests import postgres
from tests.crash.network import HERE, Hub, Network, NoNetworkError, enter, open_network, slow_line
from tests.crash.service import WORD_SECONDS, EchoEngine, Setup, set_failpoint
from tests.crash.supervisor import Life
from tests.engine.fleet.server import Server

WORKERS = 2
"""Each on a machine of its own, the second one by a slow line."""
SLOW_SECONDS = 0.1
"""Each way."""
CUT_SECONDS = 4.0
AWAY_SECONDS = 12.0, 20.0
"""Others take a conversation up after ten to twelve."""
SKEW_SECONDS = 90.0
"""By which the other core's clock is ahead."""
_CONTEXT = multiprocessing.get_context("forkserver")


class Part(StrEnum):
    """What can be killed beside the core at its failpoints."""

    WORKER = "a worker"
    BROKER = "the broker"
    BROKER_EMPTIED = "the broker, emptied"
    """NATS is killed and loses everything that it kept."""
    DATABASE = "the database"
    TWIN = "the other core"
    LINK = "a worker's link"
    """Cut for a few seconds; the process lives on, and knows of nothing."""
    BROKER_LINK = "a core's link to the broker"
    """Cut for longer than either takes a silent connection for alive."""
    DATABASE_LINK = "a core's link to the database"
    """Cut for longer than its leases last, while it reaches people as ever."""
    MACHINE = "a core's machine"
    """All its links are cut, for as long."""
    PAUSE = "the other core, paused"
    """For longer than its leases last (SIGSTOP), as a machine that is moved; then it goes on (SIGCONT)."""


LINKS = (Part.LINK, Part.BROKER_LINK, Part.DATABASE_LINK, Part.MACHINE)
"""What is cut, and mended after a while, rather than killed."""


class Fleet:
    """What runs beside the core that dies at failpoints. Make one with `open_fleet`."""

    def __init__(
        self, database: postgres.Server, broker: Server, slow: str, network: Network | None, home: Path
    ) -> None:
        self._database = database
        self._network = network
        self._home = home
        self._broker = broker
        self._ways = (broker.url, slow)
        self._doors = AsyncExitStack()
        self._machines = [network.add_machine(Hub.BROKER) if network else HERE for _ in range(WORKERS)]
        self._workers = [self._worker(place) for place in range(WORKERS)]
        self._twin_setup: Setup | None = None
        self._twin: Life | None = None

    async def place(self, setup: Setup) -> Setup:
        """Give a core a machine of its own, from which it reaches platforms, and is reached, as before."""
        if self._network is None:
            return setup
        machine = self._network.add_machine(*Hub)
        for name in ("slack_api_url", "telegram_api_url"):
            port = urlsplit(str(setup.settings[name])).port or 0
            await self._doors.enter_async_context(self._network.door(machine, port, outwards=True))
        port = int(setup.settings["FRONTDESK_PORT"])
        await self._doors.enter_async_context(self._network.door(machine, port, outwards=False))
        return replace(setup, machine=machine)

    async def lose_a_worker(self, point: str, seconds: float) -> bool:
        """Let one more worker come, which dies at a failpoint; False where it was killed after so long.

        Args:
            point: the failpoint, and how often it is passed.
        """
        worker = self._worker(random.randrange(WORKERS), point)
        await asyncio.to_thread(worker.join, seconds)
        has_died = worker.exitcode is not None
        _kill(worker)
        return has_died

    async def join(self, setup: Setup) -> None:
        """Start the other core, whose clock is wrong."""
        self._twin_setup = await self.place(replace(setup, clock_ahead=SKEW_SECONDS))
        self._twin = Life(self._twin_setup)
        if not await self._twin.ready():
            raise RuntimeError("the other core does not start")

    async def kill(self, part: Part, core: str) -> None:
        """Kill a part and start it again at once; or cut it off for a while.

        Args:
            core: the machine of the core that is cut off.
        """
        match part:
            case Part.WORKER:
                place = random.randrange(WORKERS)
                _kill(self._workers[place])
                self._workers[place] = self._worker(place)
            case Part.BROKER:
                await self._broker.kill()
                await self._broker.start()
            case Part.BROKER_EMPTIED:
                await self._broker.wipe()
            case Part.DATABASE:
                await asyncio.to_thread(self._database.stop, signal.SIGQUIT)
                await asyncio.to_thread(self._database.start)
            case Part.TWIN:
                assert self._twin and self._twin_setup
                await self._twin.kill()
                self._twin = Life(self._twin_setup)
            case Part.LINK:
                await self._cut(CUT_SECONDS, random.choice(self._machines))
            case Part.BROKER_LINK:
                await self._cut(random.uniform(*AWAY_SECONDS), core, Hub.BROKER)
            case Part.DATABASE_LINK:
                await self._cut(random.uniform(*AWAY_SECONDS), core, Hub.DATABASE)
            case Part.MACHINE:
                await self._cut(random.uniform(*AWAY_SECONDS), core)
            case Part.PAUSE:
                assert self._twin
                self._twin.signal(signal.SIGSTOP)
                await asyncio.sleep(random.uniform(*AWAY_SECONDS))
                self._twin.signal(signal.SIGCONT)

    @property
    def twin_machine(self) -> str:
        """On which the other core is."""
        assert self._twin_setup
        return self._twin_setup.machine

    async def _cut(self, seconds: float, machine: str, *hubs: Hub) -> None:
        assert self._network is not None
        self._network.cut(machine, *hubs)
        await asyncio.sleep(seconds)
        self._network.mend(machine)

    async def end(self) -> None:
        """Kill everything that is a process of ours."""
        for worker in self._workers:
            _kill(worker)
        if self._twin is not None:
            await self._twin.kill()
        await self._doors.aclose()

    def _worker(self, place: int, kill_at: str = "") -> multiprocessing.process.BaseProcess:
        process = _CONTEXT.Process(
            target=work,
            args=(self._ways[place], self._machines[place], self._home / "workers.log", kill_at),
            daemon=True,
        )
        process.start()
        return process


@asynccontextmanager
async def open_fleet(home: Path, *, with_cuts: bool) -> AsyncIterator[tuple[Fleet, dict[str, str]]]:
    """The parts, and the two settings with which a core works with them.

    Args:
        with_cuts: whether links are to be cut.

    Raises:
        NoNetworkError: they are, and cannot be.
    """
    with (
        open_network() as network,
        postgres.serving(hurried=False, address=network.address(Hub.DATABASE) if network else "") as database,
    ):
        if with_cuts and network is None:
            raise NoNetworkError
        host = network.address(Hub.BROKER) if network else "127.0.0.1"
        broker = Server(home / "nats", host=host)
        await broker.start()
        async with slow_line(host, broker.port, SLOW_SECONDS) as port:
            fleet = Fleet(database, broker, f"nats://{host}:{port}", network, home)
            try:
                url = database.fresh()
                yield fleet, {"FRONTDESK_DATABASE_URL": url, "FRONTDESK_NATS_URL": broker.url}
            finally:
                await fleet.end()
                await broker.kill()


def work(url: str, machine: str, log: Path, kill_at: str) -> None:
    """A worker's process: everything is real but the model, which is `EchoEngine`."""
    if machine:
        enter(machine)
    set_failpoint(kill_at)
    logging.basicConfig(filename=log, level=logging.INFO, force=True)
    asyncio.run(_work(url))


async def _work(url: str) -> None:
    async with connected([url], role="worker") as broker:
        await Worker(broker, EchoEngine(WORD_SECONDS)).run(asyncio.Event(), grace=0)


def _kill(process: multiprocessing.process.BaseProcess) -> None:
    if process.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    process.join()
