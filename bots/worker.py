"""`frontdesk worker`: writes what cores on other machines ask for."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from bots.beside import beside
from bots.egress import allowances
from bots.fleet import connected
from bots.media import open_listener, open_reader
from bots.run import opened_encoder, opened_models
from bots.service import stop_on_signals
from bots.worker_state import WorkerState, telling
from core.clock import SystemClock
from core.egress import wall
from core.engine.shelf import ACTIVE, Shelf
from core.media.recognition import Here
from core.policy import Policies
from core.settings import Settings, make_home

if TYPE_CHECKING:
    from core.engine.fleet.broker import Broker

GRACE = 30.0
"""Seconds that running answers get when the worker is told to leave; another goes on with those that take
longer."""
LOOK_SECONDS = 0.5
"""Between two looks whether the first model has come."""

_log = logging.getLogger(__name__)


async def work(settings: Settings, policies: Policies) -> None:
    """Write until SIGTERM or Ctrl-C.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    make_home(settings)
    leave = asyncio.Event()
    stop_on_signals(leave)
    with wall.raised(allowances(settings, policies)):
        async with connected(settings, "worker") as broker:
            state = WorkerState(broker)
            async with telling(settings, state), following(settings, broker, leave):
                if not leave.is_set():
                    await _serve(settings, broker, state, leave)


async def _serve(settings: Settings, broker: "Broker", state: WorkerState, leave: asyncio.Event) -> None:
    from core.engine.fleet.worker import Worker  # noqa: PLC0415 - an extra
    from core.media.elsewhere import handles  # noqa: PLC0415 - as above

    here = Here(open_listener(settings), open_reader())
    try:
        async with opened_models(settings) as models, opened_encoder(settings, models) as encoder:
            worker = Worker(broker, models, encoder, handles(here))
            state.models, state.worker = models, worker
            await worker.run(leave, GRACE)
    finally:
        await here.close()


async def _first_model(shelf: Shelf, leave: asyncio.Event) -> None:
    if shelf.active() is None:
        _log.info("there is no model here: waiting for the one that a core chooses")
    while shelf.active() is None and not leave.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await leave.wait()


@asynccontextmanager
async def following(settings: Settings, broker: "Broker", leave: asyncio.Event) -> AsyncIterator[None]:
    """Choose what the fleet is to answer with, now and whenever it changes while the block runs; not where
    FRONTDESK_MODEL names a model.

    A machine without models waits until there is a choice.
    """
    if settings.model != ACTIVE:
        yield
        return
    from core.engine.fleet import desired  # noqa: PLC0415 - an extra

    shelf = Shelf(settings.home)
    await desired.catch_up(shelf, broker)
    async with beside(desired.follow(shelf, broker, SystemClock()), "following the fleet"):
        await _first_model(shelf, leave)
        yield
