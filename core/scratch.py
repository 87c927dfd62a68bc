"""Folders in FRONTDESK_HOME into which backups and restores copy, and what one that was killed left there."""

import fcntl
import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from core.errors import StoreError

PACKING, RESTORING = ".packing-", ".restoring-"
"""How their names begin."""


def alone(home: Path) -> ExitStack:
    """Be the only one that copies here, until what is returned is closed or the process ends.

    Removes first what somebody who was killed left, which may take a while: not for the event loop.

    Raises:
        StoreError: another process is at it.
        OSError: the folder cannot be used.
    """
    held = ExitStack()
    folder = os.open(home, os.O_RDONLY)
    held.callback(os.close, folder)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise StoreError(f"Another backup or restore is at work in {home}: wait for its end.") from None
    for each in home.iterdir():
        if each.name.startswith((PACKING, RESTORING)):
            shutil.rmtree(each, ignore_errors=True)
    return held


def tidy(home: Path) -> None:
    """Remove what somebody who was killed left, unless one is at work."""
    with suppress(StoreError, OSError):
        alone(home).close()
