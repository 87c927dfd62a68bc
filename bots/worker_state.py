"""What a worker says of its state over HTTP, where FRONTDESK_WORKER_PORT is set, in the service's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bots import http, metrics
from core.health import Health
from core.settings import Settings

if TYPE_CHECKING:
    from core.engine.fleet.broker import Broker
    from core.engine.fleet.worker import Worker
    from core.engine.registry import Registry


class WorkerState:
    """How it is now.

    Args:
        broker: where its jobs come from.
    """

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker
        self.models: Registry | None = None
        """What it writes with, once it is loaded."""
        self.worker: Worker | None = None
        """What works here, likewise."""

    async def parts(self) -> list[Health]:
        return [self._nats(), self.models.health() if self.models else _NO_MODEL]

    def model(self) -> str:
        return self.models.card().reference if self.models else ""

    async def figures(self) -> bytes:
        load = self.models.load() if self.models else None
        handling, speed = (self.worker.handling, self.worker.tokens_per_second) if self.worker else ({}, 0.0)
        return metrics.of_worker(await self.parts(), load, handling, speed)

    def _nats(self) -> Health:
        ok = self._broker.connected
        detail = "Connected." if ok else "NATS is out of reach, or lets nobody in with FRONTDESK_NATS_URL."
        return Health(part="nats", ok=ok, detail=detail)


_MODEL = "model"
"""Without one it is not ready. NATS that is away is away from every other worker, too."""
_NO_MODEL = Health(
    part=_MODEL,
    ok=False,
    detail="There is no model yet: a core that has one chosen sends it, which takes a while.",
)


@asynccontextmanager
async def telling(settings: Settings, state: WorkerState) -> AsyncIterator[None]:
    """Answer for as long as the block runs, if that is configured.

    Raises:
        ConfigurationError: the port cannot be used.
    """
    if settings.worker_port is None:
        yield
        return
    routes = http.routes(state.parts, (_MODEL,), state.model, state.figures)
    with http.address(settings.host, settings.worker_port, "FRONTDESK_WORKER_PORT") as bound:
        async with http.listening(bound, routes):
            yield
