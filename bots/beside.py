"""What runs beside everything else, and without which the process is of no use."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

_log = logging.getLogger(__name__)


@asynccontextmanager
async def beside(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Do it for as long as the block runs; once it breaks off, the process is told to end."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(end_with)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            await task


def end_with(task: asyncio.Task[None]) -> None:
    """Once a task broke off without which the process is of no use: to end and be started again is better."""
    if not task.cancelled():
        _log.critical("this process ends: %s broke off", task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
