"""The real clock."""

import asyncio
import ctypes
import os
import time
from datetime import UTC, datetime
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux names each start of the machine there."""
TIMESYNC = Path("/run/systemd/timesync")
"""There while systemd sets the clock, and in it `synchronized` once it has; systemd-timesyncd(8)."""
_UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""
_LARGEST_TIMEX = 512
"""Bytes that are more than the structure that it fills; empty, it changes nothing."""


def day_of(moment: datetime) -> datetime:
    """When its day began, as UTC has it."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


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


def is_set() -> bool:
    """Whether a time server has set the clock since the machine's start; true where nobody tells.

    Where systemd sets it, it says so; else the kernel knows, adjtimex(2), which anybody may ask but services
    of systemd: it may end them for that.
    """
    if TIMESYNC.is_dir():
        return (TIMESYNC / "synchronized").exists()
    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    if ask is None or "INVOCATION_ID" in os.environ:
        return True
    return bool(ask(ctypes.create_string_buffer(_LARGEST_TIMEX)) != _UNSYNCHRONISED)
