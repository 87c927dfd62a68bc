"""Pacing: how often a platform lets us call, per channel, per chat and per method."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from core.ports import Clock

T = TypeVar("T")
_KEYS_KEPT = 10_000
JITTER = 0.1
"""Seconds added to each window: by so much two calls may come closer together on their way."""


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
        seconds = rate.seconds + JITTER
        while window.calls and window.calls[0] <= now - seconds:
            window.calls.popleft()
        full = window.calls[0] + seconds - now if len(window.calls) >= rate.calls else 0.0
        return max(full, window.closed_until - now)

    def _window(self, key: str) -> _Window:
        return _kept(self._windows, key, _Window)


@dataclass
class _Spent:
    calls: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0


class Allowance:
    """Says at once whether one more call fits, where waiting makes no sense: there is another way."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._spent: OrderedDict[str, _Spent] = OrderedDict()

    def take(self, key: str) -> bool:
        """Count a call under `key` if the rate has room for it."""
        spent = self._current(key)
        if self._wait(spent) > 0:
            return False
        spent.calls.append(self._clock.monotonic())
        return True

    def wait(self, key: str) -> float:
        """Seconds until a call under `key` would fit; counts none."""
        return self._wait(self._current(key))

    def close(self, key: str, seconds: float) -> None:
        """Refuse everything under `key` for so long: the platform said so."""
        self._current(key).closed_until = self._clock.monotonic() + seconds

    def _wait(self, spent: _Spent) -> float:
        now = self._clock.monotonic()
        full = spent.calls[0] + self._rate.seconds - now if len(spent.calls) >= self._rate.calls else 0.0
        return max(0.0, full, spent.closed_until - now)

    def _current(self, key: str) -> _Spent:
        spent, now = _kept(self._spent, key, _Spent), self._clock.monotonic()
        while spent.calls and spent.calls[0] <= now - self._rate.seconds:
            spent.calls.popleft()
        return spent


def _kept(entries: OrderedDict[str, T], key: str, make: Callable[[], T]) -> T:
    """The entry under `key`, made where it is missing; the ones longest unused are forgotten."""
    if key not in entries:
        entries[key] = make()
    entries.move_to_end(key)
    while len(entries) > _KEYS_KEPT:
        entries.popitem(last=False)
    return entries[key]
