"""Pacing: how often a platform lets us call, per channel, per chat and per method."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ports import Clock

_KEYS_KEPT = 10_000


@dataclass(frozen=True)
class Rate:
    """At most `calls` in any window of `seconds`."""

    calls: int
    seconds: float


@dataclass
class _Window:
    calls: deque[float] = field(default_factory=deque)
    """Monotonic times of the calls let through, oldest first."""
    closed_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Callers pass in the order in which they came."""


class Pacer:
    """Lets calls through at the rates their keys allow, first come, first served.

    A key names what the platform counts by, for example `chat.postMessage:T1:C1`. Sliding windows, since
    that is the strictest reading of "n per minute".
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    async def wait(self, rates: Mapping[str, Rate]) -> None:
        """Return when a call counted under all of these keys may be made, and count it."""
        for key, rate in rates.items():
            window = self._window(key)
            async with window.turn:
                await self._admit(window, rate)

    def hold(self, key: str, seconds: float) -> None:
        """Let nothing through under `key` for so long: the platform said so (Retry-After)."""
        window = self._window(key)
        window.closed_until = max(window.closed_until, self._clock.monotonic() + seconds)

    async def _admit(self, window: _Window, rate: Rate) -> None:
        while (delay := self._delay(window, rate)) > 0:
            await self._clock.sleep(delay)
        window.calls.append(self._clock.monotonic())

    def _delay(self, window: _Window, rate: Rate) -> float:
        now = self._clock.monotonic()
        while window.calls and window.calls[0] <= now - rate.seconds:
            window.calls.popleft()
        full = window.calls[0] + rate.seconds - now if len(window.calls) >= rate.calls else 0.0
        return max(full, window.closed_until - now)

    def _window(self, key: str) -> _Window:
        window = self._windows.setdefault(key, _Window())
        self._windows.move_to_end(key)
        while len(self._windows) > _KEYS_KEPT:
            self._windows.popitem(last=False)
        return window
