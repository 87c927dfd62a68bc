"""Rate limits as the platforms count them: so many calls per window, by key."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


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
        if self.scale == 0:
            return 0.0
        window, now = self._calls.setdefault(key, deque()), self.now()
        while window and window[0] <= now - seconds:
            window.popleft()
        if len(window) >= calls * self.scale:
            return max(0.001, window[0] + seconds - now) if window else seconds
        window.append(now)
        return 0.0

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
