"""Faults to inject: what a bad day on the platform looks like, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import count
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked


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
    """Cut the connection on which the event is delivered; at Telegram also that of a request, undone."""
    STREAM_EXPIRY = "stream_expiry"
    """Expire the stream, or the draft, that the request touches."""
    CLOCK_SKEW = "clock_skew"
    """Date the event `seconds` ahead of the app's clock (negative: behind it), its signature too."""
    WRONG_SIGNATURE = "wrong_signature"
    """Deliver the event over HTTP with a secret that is not the app's, as a forger would."""


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class Fault:
    """One fault and where it strikes."""

    id: int
    kind: FaultKind
    method: str = "*"
    """Pattern of API methods or event types (`chat.*`)."""
    remaining: Annotated[int, Field(ge=1)] | None = None
    """Times it still strikes; None: until removed."""
    seconds: FiniteFloat = 0.0
    retry_after: Annotated[int, Field(ge=1)] = 1
    status: Annotated[int, Field(ge=500, le=599)] = 500


_FAULT = TypeAdapter(Fault)


@dataclass
class Faults:
    """The faults in force."""

    changed: Callable[[], None] = lambda: None
    """Called whenever the listing is another one."""
    _active: dict[int, Fault] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Put a fault in force.

        Raises:
            ValueError: there is no such fault, or a figure is wrong.
        """
        if not isinstance(wish, Mapping):
            raise ValueError("a fault is an object with a `kind`")  # noqa: TRY004  # a wish from outside
        try:
            fault = _FAULT.validate_python({**wish, "id": next(self._numbers)})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ValueError(f"{first['loc'][0]}: {first['msg']}, not {first['input']!r}") from None
        self._active[fault.id] = fault
        self.changed()
        return fault

    def remove(self, fault_id: int) -> bool:
        """Take a fault out of force; False when it is gone already."""
        if self._active.pop(fault_id, None) is None:
            return False
        self.changed()
        return True

    def clear(self) -> None:
        """Take all faults out of force."""
        self._active.clear()
        self.changed()

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
                self._active[fault.id] = replace(fault, remaining=fault.remaining - 1)
            self.changed()
        return fault
