"""Keeping no longer than `frontdesk.yaml` says, for as long as the service runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from adapters.web.files import WebFiles
from core.clock import boot, is_set
from core.policy import Policies
from core.ports import Clock
from core.privacy.retention import Retention
from core.settings import Settings
from core.store.ports import Store


def retention(settings: Settings, policies: Policies, store: Store, clock: Clock) -> Retention:
    """What deletes what is too old in this installation."""
    files = WebFiles(settings.home / "widget", store.sealer)
    return Retention(store, policies, files.expire, clock, boot(), is_set)


@asynccontextmanager
async def retaining(
    settings: Settings, policies: Policies, store: Store, clock: Clock
) -> AsyncIterator[Retention]:
    """What is too old is deleted for as long as the block runs."""
    kept = retention(settings, policies, store, clock)
    running = asyncio.create_task(kept.run(), name="retention")
    try:
        yield kept
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
