"""What the widget bears: sizes, and rates per visitor and per address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from core.delivery.pacing import Allowance, Rate
from core.errors import RateLimited
from core.ports import Clock

TEXT = 4_000
"""Characters of a message."""
FRAME = 65_536
"""Bytes of what a browser sends through the socket at once; TEXT takes six times its length, escaped."""
FILES_PER_MESSAGE = 5
FILE = 10 * 1024 * 1024
"""Bytes of a file that a visitor sends."""
FILE_FROM_PEOPLE = 50 * 1024 * 1024
"""Bytes of a file that a visitor is sent."""
FILES_TOGETHER = 100 * 1024 * 1024
"""Bytes of all files of one visitor."""
UNSENT = 3 * 24 * 3600.0
"""Seconds for which a file is kept that is part of no message; a browser may have been away as long."""
HISTORY = 300
"""Messages shown to who comes back."""
CADENCE = 0.1
"""Seconds between two previews of a growing answer."""

_EVENTS_PER_VISITOR, _EVENTS_PER_ADDRESS = Rate(30, 60.0), Rate(120, 60.0)
"""Messages, presses and ratings. Several people may share an address."""
_FILES_PER_VISITOR = Rate(20, 600.0)
_CONNECTIONS = Rate(60, 60.0)
_OPEN_PER_VISITOR, _OPEN_PER_ADDRESS = 10, 100


class Limiter:
    """Counts what visitors and addresses do."""

    def __init__(self, clock: Clock) -> None:
        self._by_visitor = Allowance(_EVENTS_PER_VISITOR, clock)
        self._by_address = Allowance(_EVENTS_PER_ADDRESS, clock)
        self._files = Allowance(_FILES_PER_VISITOR, clock)
        self._connections = Allowance(_CONNECTIONS, clock)
        self._open: Counter[str] = Counter()

    def event(self, visitor: str, address: str) -> None:
        """Count one thing that a visitor did.

        Raises:
            RateLimited: it was one too many.
        """
        _take(self._by_visitor, visitor)
        _take(self._by_address, address)

    def file(self, visitor: str, address: str) -> None:
        """Count a file that a visitor sends.

        Raises:
            RateLimited: it was one too many.
        """
        _take(self._files, visitor)
        _take(self._by_address, address)

    def connection(self, address: str) -> None:
        """Count an attempt to connect.

        Raises:
            RateLimited: it was one too many.
        """
        _take(self._connections, address)

    @contextmanager
    def connected(self, visitor: str, address: str) -> Iterator[None]:
        """Count an open connection for as long as the block runs.

        Raises:
            RateLimited: there are too many already.
        """
        if self._open[visitor] >= _OPEN_PER_VISITOR or self._open[address] >= _OPEN_PER_ADDRESS:
            raise RateLimited("Too many windows are open.", retry_after=_CONNECTIONS.seconds)
        self._open.update((visitor, address))
        try:
            yield
        finally:
            self._open.subtract((visitor, address))
            self._open += Counter()  # forget those with nothing open


def _take(allowance: Allowance, key: str) -> None:
    if not allowance.take(key):
        raise RateLimited(retry_after=allowance.wait(key))
