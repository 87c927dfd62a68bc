"""What the training process tells the one that started it: one JSON object a line."""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """How long it will take, from one step that was tried."""

    seconds: float
    steps: int
    """In all."""
    done: int
    """Steps that an earlier run did."""
    tokens_per_second: float
    precision: str
    event: Literal["estimated"] = "estimated"


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """One step of the optimiser."""

    step: int
    loss: float
    """Of the answers: nats per token."""
    preference: float | None = None
    """Share of the step's preferences that come out right; None where there were none."""
    seconds: float
    """Since this process began to train."""
    event: Literal["stepped"] = "stepped"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The last event."""

    reason: Literal["trained", "time", "estimated"]
    peak_megabytes: float
    packages: dict[str, str]
    event: Literal["ended"] = "ended"


Event = Estimated | Stepped | Ended
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def written(event: Event) -> str:
    """As a line, without its end."""
    return _EVENT.dump_json(event).decode()


def parsed(line: str) -> Event | None:
    """The event, or None where the line is something else that a library printed."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None
