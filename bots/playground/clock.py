"""A clock that tests may push forward or skew; whoever waits on it wakes when it moves."""

import asyncio
import time
from contextlib import suppress


class PlayClock:
    """Real time plus an offset."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock; negative sets it back."""
        self._offset += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    def reset(self) -> None:
        """Show the real time again."""
        self.advance(-self._offset)

    async def sleep(self, seconds: float) -> None:
        """Wait until so much of this clock's time has passed."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, moment: float) -> None:
        """Wait until this clock shows `moment`."""
        while (left := moment - self.now()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()
