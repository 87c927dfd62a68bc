"""Connecting to a platform that cannot be reached yet."""

from collections.abc import Awaitable, Callable

from core.errors import ConfigurationError, PlatformError
from core.ports import Clock

LONGEST_PAUSE = 30.0
"""Seconds between two attempts."""


async def persist(
    connect: Callable[[], Awaitable[None]], clock: Clock, complain: Callable[[Exception], None]
) -> None:
    """Try `connect` until it works, first after a second, then after pauses that double.

    Args:
        complain: called with the reason of every failure.
    """
    pause = 1.0
    while True:
        await clock.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
        try:
            await connect()
        except (PlatformError, ConfigurationError) as error:
            complain(error)
        else:
            return
