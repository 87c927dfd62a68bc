"""`frontdesk run`: whatever the settings configure, in one process, until told to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from bots import telegram, workspace
from bots.service import Adapter, Core, open_core, serving, stop_on_signals
from core.clock import SystemClock
from core.engine import memory
from core.engine.local import open_engine
from core.engine.registry import MEGABYTE, Registry, follow, open_registry
from core.engine.shelf import ACTIVE, Shelf
from core.policy import Policies
from core.settings import Settings, make_home


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
        serving(core, build_adapters(core), parts=[engine]),
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
async def opened_engine(settings: Settings) -> AsyncIterator[Registry]:
    """The configured model, loaded for as long as the block runs.

    Where the settings leave the choice to `frontdesk model use`, a new choice takes over while it runs.

    Raises:
        ConfigurationError: FRONTDESK_HOME cannot be used.
        ModelError: the model is not on the shelf, or cannot be loaded.
    """
    make_home(settings)
    shelf = Shelf(settings.home)
    budget = MEGABYTE * settings.model_memory_mb if settings.model_memory_mb else memory.machine() / 2
    opener = partial(open_engine, device=settings.device)
    registry = await open_registry(opener, budget, shelf.find(settings.model))
    following = None
    if settings.model == ACTIVE:
        following = asyncio.create_task(
            follow(shelf, registry, SystemClock()), name="follow the active model"
        )
    try:
        yield registry
    finally:
        if following:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        await registry.close()
