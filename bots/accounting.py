"""Accounting for what is done on the command line."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.store import opened_store
from core.privacy.audit import Action, AuditEntry, accounted
from core.settings import Settings


def login() -> str:
    """The name of the user who runs this process; their number where they have no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def done_here(action: Action, subject: str, *, whose: str = "", detail: str = "") -> AuditEntry:
    """An entry for whoever gave this command."""
    return AuditEntry(actor=login(), action=action, subject=subject, whose=whose, detail=detail)


@asynccontextmanager
async def accounting(settings: Settings, entry: AuditEntry) -> AsyncIterator[None]:
    """Write down what the block does, before it is done, where it opens no store of its own.

    Raises:
        ConfigurationError, StoreError: as `opened_store` does; the block is not entered.
    """
    async with opened_store(settings) as store, accounted(store.audit, entry):
        yield
