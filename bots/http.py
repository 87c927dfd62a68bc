"""The one HTTP server for every surface, and what it says of the service's state."""

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bots.metrics import Metrics
from core.engine.types import Engine
from core.errors import ConfigurationError, StoreError
from core.health import Health
from core.store.ports import Work

BODY_LIMIT = 1024 * 1024
BACKLOG = 128
"""Connections that wait while nobody takes them, as while the configuration is read anew."""
WRITE_SECONDS = 2.0
"""Within which the database must take a write."""
LOOK_SECONDS = 1.0
"""Between two looks whether it does."""
_SERVICE, _DATABASE = "service", "database"
GRACE = 5.0
"""Seconds that open requests get to end once no new ones are taken."""


class Part(Protocol):
    """Anything that knows how it is."""

    def health(self) -> Health: ...


@contextmanager
def address(host: str, port: int, setting: str = "FRONTDESK_PORT") -> Iterator[socket.socket]:
    """The address, ours for as long as the block runs: who connects while nobody serves it waits.

    Args:
        setting: names the port.

    Raises:
        ConfigurationError: it is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(_unusable(f"Port {port} on {host}", setting, error)) from error
    with bound:
        yield bound


@asynccontextmanager
async def listening(bound: socket.socket, routes: Sequence[web.RouteDef]) -> AsyncIterator[str]:
    """Serve the routes for as long as the block runs; yields the base URL.

    Args:
        bound: from `address`; it stays open.
    """
    app = web.Application(client_max_size=BODY_LIMIT)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await web.SockSite(runner, bound.dup(), backlog=BACKLOG).start()
        host, port = bound.getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        await runner.cleanup()


def _unusable(where: str, setting: str, error: OSError) -> str:
    """asyncio writes the address into the system's own words once more."""
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use. Stop what uses it, or set {setting} to another."
    reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
    return (
        f"{where} cannot be used: {reason}. Set FRONTDESK_HOST to an address of this machine, "
        f"and {setting} to 1024 or above."
    )


def state_routes(parts: Sequence[Part], engine: Engine, work: Work, metrics: Metrics) -> list[web.RouteDef]:
    """What the service says of its state.

    It is ready while it can take messages in. A platform or a model that is away keeps nobody from writing,
    and other cores miss it as well.
    """
    disk = _Disk(work)

    async def states() -> list[Health]:
        return [*(part.health() for part in parts), await disk.health()]

    async def figures() -> bytes:
        return await metrics.render(await states())

    return routes(states, (_SERVICE, _DATABASE), lambda: engine.card().reference, figures)


def routes(
    states: Callable[[], Awaitable[Sequence[Health]]],
    needs: Collection[str],
    model: Callable[[], str],
    figures: Callable[[], Awaitable[bytes]],
) -> list[web.RouteDef]:
    """`/healthz`: the process lives. `/readyz`: it can do its work, and how each part is. `/metrics`: for
    Prometheus.

    Args:
        states: how each part is.
        needs: parts without which it is not ready.
        model: which one answers.
        figures: what Prometheus reads.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        found = await states()
        ready = all(state.ok for state in found if state.part in needs)
        body = {
            "ready": ready,
            "model": model(),
            "parts": {state.part: {"ok": state.ok, "detail": state.detail} for state in found},
        }
        return web.json_response(body, status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await figures(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


class Entrance:
    """Whether messages are let in: not before every platform was asked for a connection, nor once they are
    left."""

    def __init__(self) -> None:
        self._is_open = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """They are for as long as the block runs."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False

    def health(self) -> Health:
        detail = "Taking messages in." if self._is_open else "It is starting or stopping."
        return Health(part=_SERVICE, ok=self._is_open, detail=detail)


class _Disk:
    """Whether the database still takes what is written: that a disk is full shows nowhere else.

    Whoever asks again at once hears the same: each look waits for the disk.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._one_at_a_time = asyncio.Lock()
        self._known = Health(part=_DATABASE, ok=True)
        self._look_at = 0.0

    async def health(self) -> Health:
        async with self._one_at_a_time:
            if time.monotonic() >= self._look_at:
                self._known = await self._look()
                self._look_at = time.monotonic() + LOOK_SECONDS
            return self._known

    async def _look(self) -> Health:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._work.beat()
        except TimeoutError:
            return Health(part=_DATABASE, ok=False, detail=f"It took no write within {WRITE_SECONDS:.0f} s.")
        except StoreError as error:
            return Health(part=_DATABASE, ok=False, detail=str(error))
        return Health(part=_DATABASE, ok=True, detail="Writing.")
