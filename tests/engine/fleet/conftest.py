"""A NATS server, and workers in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.engine.fleet.broker import connected
from core.engine.fleet.client import FleetEngine, open_fleet
from core.engine.fleet.worker import Models, Worker
from core.engine.types import Encoder
from tests.engine.fleet.server import Server

Work = Callable[..., AbstractAsyncContextManager[Worker]]
Open = Callable[[], AbstractAsyncContextManager[FleetEngine]]


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "nats")
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
def work(nats: Server) -> Work:
    """Lets an engine work in this process."""

    @asynccontextmanager
    async def working(
        engine: Models, encoder: Encoder | None = None, grace: float = 10.0
    ) -> AsyncIterator[Worker]:
        leave = asyncio.Event()
        async with connected([nats.url], role="worker") as broker:
            worker = Worker(broker, engine, encoder)
            running = asyncio.create_task(worker.run(leave, grace))
            try:
                yield worker
            finally:
                leave.set()
                await running

    return working


@pytest.fixture
def core(nats: Server) -> Open:
    """A core's engine."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[FleetEngine]:
        async with connected([nats.url], role="core") as broker:
            yield await open_fleet(broker, SystemClock())

    return opened
