"""Faults to inject: what a bad day on the platform looks like, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import count
from typing import Any


class FaultKind(StrEnum):
    DELAY = "delay"
    """Answer the request `seconds` late."""
    DROP_AFTER_COMMIT = "drop_after_commit"
    """Carry the request out, then close the connection without an answer."""
    SERVER_ERROR = "server_error"
    """Answer `status` (500) and do nothing."""
    TOO_MANY_REQUESTS = "too_many_requests"
    """Answer 429 with `retry_after` seconds and do nothing."""
    DUPLICATE_DELIVERY = "duplicate_delivery"
    """Deliver the event twice."""
    REORDER_DELIVERY = "reorder_delivery"
    """Hold the event back until the next one has been delivered."""
    DELAY_DELIVERY = "delay_delivery"
    """Deliver the event `seconds` late."""
    SOCKET_LOSS = "socket_loss"
    """Cut the connection on which events are delivered."""
    STREAM_EXPIRY = "stream_expiry"
    """Expire the stream that the request touches."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault and where it strikes."""

    id: int
    kind: FaultKind
    method: str = "*"
    """Pattern of API methods or event types (`chat.*`)."""
    remaining: int | None = None
    """Times it still strikes; None: until removed."""
    seconds: float = 0.0
    retry_after: int = 1
    status: int = 500


@dataclass
class Faults:
    """The faults in force."""

    _active: dict[int, Fault] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Put a fault in force.

        Raises:
            ValueError: there is no such fault, or a figure is wrong.
        """
        known = {
            name: wish[name]
            for name in ("method", "remaining", "seconds", "retry_after", "status")
            if name in wish
        }
        fault = Fault(id=next(self._numbers), kind=FaultKind(wish.get("kind", "")), **known)
        self._active[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> bool:
        """Take a fault out of force; False when it is gone already."""
        return self._active.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Take all faults out of force."""
        self._active.clear()

    def take(self, kind: FaultKind, method: str) -> Fault | None:
        """The fault of this kind that strikes `method` now, counted; None when none does."""
        for fault in self._active.values():
            if fault.kind is kind and fnmatchcase(method, fault.method):
                return self._strike(fault)
        return None

    def listing(self) -> list[dict[str, Any]]:
        """The faults in force, as plain data."""
        return [asdict(fault) for fault in self._active.values()]

    def _strike(self, fault: Fault) -> Fault:
        if fault.remaining is not None:
            if fault.remaining <= 1:
                del self._active[fault.id]
            else:
                changes = asdict(fault) | {"remaining": fault.remaining - 1}
                self._active[fault.id] = Fault(**changes)
        return fault
