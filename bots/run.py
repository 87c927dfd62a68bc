"""`frontdesk run`: whatever the settings configure, in one process, until told to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots import telegram, workspace
from bots.service import Adapter, Core, open_core, serving, stop_on_signals
from core.engine.local import open_engine
from core.engine.shelf import Shelf
from core.engine.types import Engine
from core.policy import Policies
from core.settings import Settings


async def run(settings: Settings, policies: Policies) -> None:
    """Serve the configured platforms until SIGTERM or Ctrl-C.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with (
        opened_engine(settings) as engine,
        open_core(settings, policies, engine) as core,
        serving(core, build_adapters(core)),
    ):
        await stop.wait()


def build_adapters(core: Core) -> list[Adapter]:
    """One adapter for each platform that the settings configure."""
    adapters: list[Adapter] = []
    if core.settings.slack_configured:
        adapters.append(workspace.build(core))
    if core.settings.telegram_configured:
        adapters.append(telegram.build(core))
    return adapters


@asynccontextmanager
async def opened_engine(settings: Settings) -> AsyncIterator[Engine]:
    """The configured model, loaded for as long as the block runs.

    Raises:
        ModelError: it is not on the shelf, or cannot be loaded.
    """
    engine = await open_engine(Shelf(settings.home).find(settings.model), settings.device)
    try:
        yield engine
    finally:
        await engine.close()
