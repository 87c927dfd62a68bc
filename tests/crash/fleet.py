"""A small fleet: two cores that share Postgres, two workers behind NATS, and any of them killed."""

import asyncio
import logging
import multiprocessing
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from core.engine.fleet.broker import connected
from core.engine.fleet.worker import Worker
from tests import postgres
from tests.crash.network import Network, enter, open_network, slow_line
from tests.crash.service import WORD_SECONDS, EchoEngine, Setup
from tests.crash.supervisor import Life
from tests.engine.fleet.server import Server

WORKERS = 2
"""Each on a machine of its own, the second one by a slow line."""
SLOW_SECONDS = 0.1
"""Each way."""
CUT_SECONDS = 4.0
PAUSE_SECONDS = 12.0, 20.0
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
    PAUSE = "the other core, paused"
    """For longer than its leases last (SIGSTOP), as a machine that is moved; then it goes on (SIGCONT)."""


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
        self._machines = [network.add_machine() if network else "" for _ in range(WORKERS)]
        self._workers = [self._worker(place) for place in range(WORKERS)]
        self._twin_setup: Setup | None = None
        self._twin: Life | None = None

    async def join(self, setup: Setup) -> None:
        """Start the other core, whose clock is wrong."""
        self._twin_setup = replace(setup, clock_ahead=SKEW_SECONDS)
        self._twin = Life(self._twin_setup)
        if not await self._twin.ready():
            raise RuntimeError("the other core does not start")

    async def kill(self, part: Part) -> None:
        """Kill a part and start it again at once."""
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
                await self._cut_a_link()
            case Part.PAUSE:
                assert self._twin
                self._twin.signal(signal.SIGSTOP)
                await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
                self._twin.signal(signal.SIGCONT)

    async def _cut_a_link(self) -> None:
        if self._network is None:  # this system gives us none
            return
        machine = random.choice(self._machines)
        self._network.cut(machine)
        await asyncio.sleep(CUT_SECONDS)
        self._network.mend(machine)

    async def end(self) -> None:
        """Kill everything that is a process of ours."""
        for worker in self._workers:
            _kill(worker)
        if self._twin is not None:
            await self._twin.kill()

    def _worker(self, place: int) -> multiprocessing.process.BaseProcess:
        process = _CONTEXT.Process(
            target=work,
            args=(self._ways[place], self._machines[place], self._home / "workers.log"),
            daemon=True,
        )
        process.start()
        return process


@asynccontextmanager
async def open_fleet(home: Path) -> AsyncIterator[tuple[Fleet, dict[str, str]]]:
    """The parts, and the two settings with which a core works with them."""
    with postgres.serving(hurried=False) as database, open_network() as network:
        host = network.address if network else "127.0.0.1"
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


def work(url: str, machine: str, log: Path) -> None:
    """A worker's process: everything is real but the model."""
    if machine:
        enter(machine)
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
