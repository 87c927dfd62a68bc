"""The store of an installation, sealed where there is a secret."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.clock import SystemClock
from core.errors import ConfigurationError
from core.ports import Clock
from core.privacy.keys import FILE, Keys
from core.privacy.sealing import KeyedSealer
from core.settings import Settings
from core.store.ports import Store
from core.store.sqlite.store import open_store

DATABASE = "frontdesk.db"


@asynccontextmanager
async def opened_store(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Store]:
    """The store, for as long as the block runs.

    Args:
        clock: this machine's, unless a test brings its own.

    Raises:
        ConfigurationError: the secret is missing, or another one than what is kept was sealed with.
        StoreError: it cannot be opened.
    """
    keys = opened_keys(settings)
    try:
        sealer = KeyedSealer(keys) if keys else None
        async with open_store(settings.home / DATABASE, clock or SystemClock(), sealer) as store:
            yield store
    finally:
        if keys:
            keys.close()


def opened_keys(settings: Settings) -> Keys | None:
    """The keys; None where nothing is encrypted.

    Raises:
        ConfigurationError, StoreError: as `opened_store` does.
    """
    path = settings.home / FILE
    if settings.secret_key is not None:
        return Keys(path, settings.secret_key.get_secret_value())
    if path.exists():
        raise ConfigurationError(
            "FRONTDESK_SECRET_KEY is missing: what is kept here is sealed with it. Set the one with which "
            "this installation began."
        )
    return None
