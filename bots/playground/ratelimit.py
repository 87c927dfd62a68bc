"""Rate limits as the platforms count them: so many calls per window, by key."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """At most `calls` under `key` in any window of `seconds`.

    `Limit(key, 5, 5)` lets a burst of five through and one a second after it.
    """

    key: str
    calls: int
    seconds: float


@dataclass
class RateLimiter:
    """Sliding windows on the emulator's clock."""

    now: Callable[[], float]
    scale: float = 1.0
    """Factor on every limit; 0 switches them off."""
    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def check(self, key: str, calls: int, seconds: float) -> float:
        """Count a call under `key`; return 0, or the seconds after which it would be let through.

        A refused call is not counted.
        """
        return self.check_all(Limit(key, calls, seconds))

    def check_all(self, *limits: Limit) -> float:
        """Count a call under all limits, or under none: then return the seconds until they let it through."""
        if self.scale == 0:
            return 0.0
        now = self.now()
        wait = max((self._wait(limit, now) for limit in limits), default=0.0)
        if wait == 0:
            for limit in limits:
                self._calls[limit.key].append(now)
        return wait

    def _wait(self, limit: Limit, now: float) -> float:
        window = self._calls.setdefault(limit.key, deque())
        while window and window[0] <= now - limit.seconds:
            window.popleft()
        room = max(1, int(limit.calls * self.scale))
        if len(window) < room:
            return 0.0
        return max(0.001, window[len(window) - room] + limit.seconds - now)

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
