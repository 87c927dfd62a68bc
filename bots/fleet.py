"""Models on other machines, where FRONTDESK_NATS_URL names a NATS server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from bots.beside import beside
from core.clock import SystemClock
from core.engine.catalogue import NONE
from core.engine.shelf import Shelf
from core.engine.types import Encoder, Engine
from core.errors import ConfigurationError
from core.health import Health
from core.settings import Settings, make_home

if TYPE_CHECKING:
    from core.engine.fleet.broker import Broker
    from core.engine.fleet.client import FleetEngine
    from core.media.elsewhere import Elsewhere

ENCODER = "fleet-encoder.json"
"""In FRONTDESK_HOME: which sentence encoder workers had."""


@asynccontextmanager
async def opened_fleet(settings: Settings, *, borrowed: bool = False) -> AsyncIterator["FleetEngine"]:
    """Workers that answer, for as long as the block runs.

    Args:
        settings: name the server.
        borrowed: they are not told what is chosen on this shelf, and answer with what they have.

    Raises:
        ConfigurationError: the extra `nats` is missing, or no NATS server lets us in.
        ModelError: it gives us no work queue.
    """
    make_home(settings)
    async with connected(settings, "core") as broker:
        from core.engine.fleet import client  # noqa: PLC0415 - an extra

        engine = await client.open_fleet(broker, SystemClock())
        async with _leading(settings, broker, borrowed=borrowed):
            await engine.met()
            yield engine


@asynccontextmanager
async def _leading(settings: Settings, broker: "Broker", *, borrowed: bool) -> AsyncIterator[None]:
    """What is chosen on this shelf is told to all workers while the block runs, unless they are borrowed."""
    if borrowed:
        yield
        return
    from core.engine.fleet import desired  # noqa: PLC0415 - an extra

    telling = desired.announce(Shelf(settings.home), broker, SystemClock())
    async with beside(telling, "tell what is to answer"):
        yield


@asynccontextmanager
async def connected(settings: Settings, role: Literal["core", "worker"]) -> AsyncIterator["Broker"]:
    """A connection to the configured NATS server, for as long as the block runs.

    Raises:
        ConfigurationError: none is configured, the extra `nats` is missing, or no server lets us in.
    """
    if settings.nats_url is None:
        raise ConfigurationError("FRONTDESK_NATS_URL is missing: workers get their work from a NATS server.")
    if find_spec("nats") is None:
        raise ConfigurationError(
            "FRONTDESK_NATS_URL needs the extra `nats`: "
            "run `.venv/bin/pip install --editable '.[nats]'` in Frontdesk's folder, or empty it."
        )
    from core.engine.fleet import broker  # noqa: PLC0415 - an extra

    async with broker.connected(
        settings.nats_servers, role=role, credentials=settings.nats_credentials
    ) as opened:
        yield opened


async def workers(settings: Settings) -> Health:
    """How the workers are now; starts nothing.

    Raises:
        ConfigurationError: as `connected` does.
    """
    async with connected(settings, "core") as broker:
        from core.engine.fleet.client import look_around  # noqa: PLC0415 - an extra

        return await look_around(broker, SystemClock())


async def encoder_of_fleet(settings: Settings, engine: Engine | None) -> Encoder | None:
    """The configured sentence encoder, where workers answer and one of them has it, which is waited for.

    Once known it is handed out even where no worker is there yet.
    """
    if settings.nats_url is None or settings.encoder == NONE:
        return None
    from core.engine.fleet.client import FleetEngine  # noqa: PLC0415 - an extra
    from core.engine.fleet.encoder import remember, remembered  # noqa: PLC0415 - as above

    if not isinstance(engine, FleetEngine):
        return None
    file = settings.home / ENCODER
    known = await asyncio.to_thread(remembered, settings.encoder, file)
    found = await engine.encoder(settings.encoder, known)
    if found is not None and found.described != known:
        await asyncio.to_thread(remember, found.described, file)
    return found


@asynccontextmanager
async def encoder_to_come(
    settings: Settings, engine: Engine, encoder: Encoder | None, has_come: Callable[[], None]
) -> AsyncIterator[None]:
    """Where workers answer and none has had the configured sentence encoder yet, tell once one has it.

    Args:
        has_come: called then, at most once, while the block runs.
    """
    if encoder is not None or settings.nats_url is None or settings.encoder == NONE:
        yield
        return
    from core.engine.fleet.client import FleetEngine  # noqa: PLC0415 - an extra

    async def meet() -> None:
        if isinstance(engine, FleetEngine):
            await engine.met_encoder()
            has_come()

    meeting = asyncio.create_task(meet(), name="meet the sentence encoder")
    try:
        yield
    finally:
        meeting.cancel()
        await asyncio.wait({meeting})


def recognition_of_fleet(engine: Engine) -> "Elsewhere | None":
    """Workers that hear recordings and read pictures, where workers answer."""
    if find_spec("nats") is None:
        return None
    from core.engine.fleet.client import FleetEngine  # noqa: PLC0415 - an extra
    from core.media.elsewhere import Elsewhere  # noqa: PLC0415 - as above

    return Elsewhere(engine.files) if isinstance(engine, FleetEngine) else None
