"""The journal: every request and every delivery, with its time and body, to assert on."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, Literal

LENGTH = 50_000
"""Records kept; older ones are dropped."""

Direction = Literal["request", "delivery"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A call the app made, or an event that was sent to it."""

    number: int
    at: float
    """Seconds since the epoch, on the emulator's clock."""
    direction: Direction
    method: str
    """The API method called, or the kind of event delivered."""
    place: str = ""
    """Channel or chat, where there is one."""
    body: Any = None
    outcome: str = ""
    """`ok`, the platform's error, the HTTP status, or the fault that struck."""


@dataclass
class Journal:
    """Records in order of time."""

    now: Callable[[], float]
    _records: deque[Record] = field(default_factory=lambda: deque(maxlen=LENGTH))
    _count: int = 0

    def note(
        self, direction: Direction, method: str, *, place: str = "", body: Any = None, outcome: str = ""
    ) -> None:
        """Write one record."""
        self._count += 1
        self._records.append(
            Record(
                number=self._count,
                at=self.now(),
                direction=direction,
                method=method,
                place=place,
                body=body,
                outcome=outcome,
            )
        )

    def find(
        self, *, direction: str = "", method: str = "", place: str = "", outcome: str = "", after: int = 0
    ) -> list[dict[str, Any]]:
        """Records as plain data; an empty filter matches everything, `after` is a record's number.

        `method` and `outcome` are patterns (`send*`).
        """
        newest = islice(reversed(self._records), max(0, self._count - after))
        found = [
            dict(vars(each))
            for each in newest
            if direction in ("", each.direction)
            and place in ("", each.place)
            and fnmatchcase(each.method, method or "*")
            and fnmatchcase(each.outcome, outcome or "*")
        ]
        return found[::-1]

    def clear(self) -> None:
        """Forget all records; numbers go on."""
        self._records.clear()
