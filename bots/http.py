"""The one HTTP server for every surface, and what it says of the service's state."""

import errno
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.delivery.admission import Admission
from core.engine.types import Engine
from core.errors import ConfigurationError
from core.fairness.monitor import Compared, Watch
from core.health import Health
from core.knowledge.gaps import counted
from core.settings import Settings
from core.store.ports import Gaps

BODY_LIMIT = 1024 * 1024
LACKED = timedelta(days=30)
"""How far back questions without an answer are counted."""
GRACE = 5.0
"""Seconds that open requests get to end once no new ones are taken."""


class Part(Protocol):
    """Anything that knows how it is."""

    def health(self) -> Health: ...


@asynccontextmanager
async def listening(settings: Settings, routes: Sequence[web.RouteDef]) -> AsyncIterator[str]:
    """Serve the routes for as long as the block runs; yields the base URL.

    Raises:
        ConfigurationError: the address is taken.
    """
    app = web.Application(client_max_size=BODY_LIMIT)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(_unusable(settings, error)) from error
        yield f"http://{settings.host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _unusable(settings: Settings, error: OSError) -> str:
    """asyncio writes the address into the system's own words once more."""
    where = f"Port {settings.port} on {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use. Stop what uses it, or set FRONTDESK_PORT to another."
    reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
    return (
        f"{where} cannot be used: {reason}. Set FRONTDESK_HOST to an address of this machine, "
        "and FRONTDESK_PORT to 1024 or above."
    )


def state_routes(
    parts: Sequence[Part], engine: Engine, admission: Admission, gaps: Gaps, watch: Watch
) -> list[web.RouteDef]:
    """`/healthz`: the process lives. `/readyz`: every platform is connected. `/metrics`: for Prometheus."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        states = [part.health() for part in parts]
        ready = all(state.ok for state in states)
        body = {
            "ready": ready,
            "model": engine.card().reference,
            "parts": {state.part: {"ok": state.ok, "detail": state.detail} for state in states},
        }
        return web.json_response(body, status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        asked = counted(await gaps.since(datetime.now(UTC) - LACKED))
        figures = CollectorRegistry()
        figures.register(_Figures(engine, admission, asked, await watch.compared()))
        collected = generate_latest(REGISTRY) + generate_latest(figures)
        return web.Response(body=collected, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


class _Figures(Collector):
    """The queues, read when asked, what the documents lack, and how groups of people fare."""

    def __init__(
        self, engine: Engine, admission: Admission, asked: Mapping[str, int], fares: Sequence[Compared]
    ) -> None:
        self._engine = engine
        self._admission = admission
        self._asked = asked
        self._fares = fares

    def collect(self) -> list[GaugeMetricFamily]:
        load, admission = self._engine.load(), self._admission
        lacking = GaugeMetricFamily(
            "frontdesk_gaps",
            f"Questions of {LACKED.days} days that documents did not answer",
            labels=["topic"],
        )
        for topic, count in self._asked.items():
            lacking.add_metric([topic], count)
        return [
            lacking,
            *self._parity(),
            GaugeMetricFamily("frontdesk_turns_waiting", "Turns that wait for a place", admission.waiting),
            GaugeMetricFamily(
                "frontdesk_conversations_backlog", "Conversations not taken up yet", admission.backlog
            ),
            GaugeMetricFamily("frontdesk_engine_queued", "Requests that wait for the model", load.queued),
            GaugeMetricFamily("frontdesk_engine_active", "Requests being answered", load.active),
            GaugeMetricFamily("frontdesk_engine_capacity", "Answers written side by side", load.capacity),
            GaugeMetricFamily(
                "frontdesk_engine_wait_seconds",
                "Wait of a request that comes now",
                load.wait_seconds(load.queued + 1),
            ),
        ]

    def _parity(self) -> list[GaugeMetricFamily]:
        """Only of groups that nobody stands out in."""
        names = ["by", "group", "outcome"]
        share = GaugeMetricFamily(
            "frontdesk_people_share", "People of 30 days to whom it happened, as a share", labels=names
        )
        differs = GaugeMetricFamily(
            "frontdesk_people_differ", "1 where a group fares otherwise than all others", labels=names
        )
        for each in self._fares:
            labels = [each.by, each.group, each.outcome]
            share.add_metric(labels, each.share)
            differs.add_metric(labels, float(each.differs))
        return [share, differs]
