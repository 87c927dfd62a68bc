"""The real clock."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux names each start of the machine there."""


class SystemClock:
    """Fills `core.ports.Clock` with this machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def boot() -> str:
    """Names the machine's start, from which monotonic time counts in all its processes; "" where unknown."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
