"""The store of an installation, sealed where there is a secret."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from typing import TypeVar

from core.clock import SystemClock
from core.errors import ConfigurationError, FrontdeskError
from core.ports import Clock
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault, Vault
from core.settings import Settings
from core.store.connection import Connection
from core.store.examination import Examination
from core.store.ports import Store
from core.store.sealing import PlainSealer, Sealer
from core.store.sqlite.examination import examine, look
from core.store.sqlite.store import open_store

T = TypeVar("T")
DATABASE = "frontdesk.db"


@asynccontextmanager
async def opened_store(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Store]:
    """The store, for as long as the block runs.

    Args:
        clock: this machine's, unless a test brings its own.

    Raises:
        ConfigurationError: the secret is missing, or another one than what is kept was sealed with; or the
            address of the database is none.
        StoreError: it cannot be opened.
    """
    async with (
        opened_sealer(settings) as sealer,
        _opened(settings, clock or SystemClock(), sealer) as store,
    ):
        yield store


@asynccontextmanager
async def opened_sealer(settings: Settings) -> AsyncIterator[Sealer]:
    """What seals text and files, for as long as the block runs; without a secret they stay in clear.

    Raises:
        ConfigurationError, StoreError: as `opened_store` does.
    """
    keys = await asyncio.to_thread(opened_keys, settings)
    try:
        yield KeyedSealer(keys) if keys else PlainSealer()
    finally:
        if keys:
            keys.close()


def examined(settings: Settings) -> Examination | None:
    """What can be seen of the database from outside; None where there is none yet. Not for the event loop.

    Raises:
        ConfigurationError: the address of the database is none.
    """
    if settings.database_url is None:
        return examine(settings.home / DATABASE, time.monotonic())
    check_postgres()
    from core.store.postgres import examination  # noqa: PLC0415 - an extra

    return examination.examine(settings.database_url.get_secret_value())


def looked_into(settings: Settings, function: Callable[[Connection], T]) -> T:
    """What `function`, which must not write, finds in the database. Not for the event loop.

    Raises:
        ConfigurationError: the address of the database is none.
        StoreError: there is nothing yet, or it cannot be read.
    """
    if settings.database_url is None:
        return look(settings.home / DATABASE, function)
    check_postgres()
    from core.store.postgres import examination  # noqa: PLC0415 - an extra

    return examination.look(settings.database_url.get_secret_value(), function)


def check_postgres() -> None:
    """Raise ConfigurationError where the extra is missing that FRONTDESK_DATABASE_URL needs."""
    if find_spec("psycopg") is None:
        raise ConfigurationError(
            "FRONTDESK_DATABASE_URL needs the extra `postgres`: "
            "run `.venv/bin/pip install --editable '.[postgres]'` in Frontdesk's folder"
        )


def _opened(settings: Settings, clock: Clock, sealer: Sealer) -> AbstractAsyncContextManager[Store]:
    if settings.database_url is None:
        return open_store(settings.home / DATABASE, clock, sealer)
    check_postgres()
    from core.store.postgres import store  # noqa: PLC0415 - an extra

    return store.open_store(settings.database_url.get_secret_value(), clock, sealer)


def opened_keys(settings: Settings) -> Keys | None:
    """The keys; None where nothing is encrypted.

    Raises:
        ConfigurationError, StoreError: as `opened_store` does.
    """
    if settings.secret_key is None:
        if settings.keys_url is not None or (settings.home / FILE).exists():
            raise ConfigurationError(
                "FRONTDESK_SECRET_KEY is missing: what is kept here is sealed with it. Set the one with "
                "which this installation began."
            )
        return None
    vault = opened_vault(settings)
    try:
        return Keys(vault, settings.secret_key.get_secret_value())
    except FrontdeskError:
        vault.close()
        raise


def opened_vault(settings: Settings) -> Vault:
    """Where the keys lie: beside the database, or in the database of their own that all cores share.

    Raises:
        ConfigurationError, StoreError: as `opened_store` does.
    """
    if settings.keys_url is None:
        return SqliteVault(settings.home / FILE)
    check_postgres()
    from core.privacy.postgres_vault import PostgresVault  # noqa: PLC0415 - an extra

    return PostgresVault(settings.keys_url.get_secret_value())
