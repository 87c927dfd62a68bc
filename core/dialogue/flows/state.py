"""Where a person stands in a flow, what a message says to it, and what it answers: frozen data."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from core.dialogue.flows.conditions import Value
from core.message import Choice


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Result(_Data):
    """What became of an action."""

    given: str
    """Digest of what it was given: given the same again, it is not done again."""
    ok: bool
    back: Mapping[str, Value] = {}


class State(_Data):
    """One person in one flow."""

    flow: str
    version: str
    """Digest of the flow's text: it is finished with this version."""
    run: str
    """The turn that began it."""
    at: int = 0
    """The step that waits for an answer."""
    slots: Mapping[str, Value] = {}
    order: tuple[str, ...] = ()
    """The slots that the person filled, in the order in which they did."""
    said: Mapping[int, str] = {}
    """What the steps said, so that going back over them does not repeat it."""
    done: Mapping[int, Result] = {}
    """What became of the actions, by step."""
    tries: int = 0
    """Answers to the present question that did not fit."""
    returning: bool = False
    """Whether it was asked if the flow is to go on."""
    touched_at: AwareDatetime
    under: "State | None" = None
    """The flow that this one was begun in the middle of."""


class Command(StrEnum):
    """What a message wants of the flow, beside or instead of filling slots."""

    NONE = ""
    CANCEL = "cancel"
    RESUME = "resume"
    """Yes, go on after a pause."""
    RETURN = "return"
    """It comes after a long pause: ask whether to go on."""


class Reading(_Data):
    """What a message says, read once."""

    answers: Mapping[str, Value] = {}
    """Slots that it fills."""
    corrections: Mapping[str, Value] = {}
    """Slots that were filled with something else."""
    problem: str = ""
    """Why it is no answer to the question."""
    guessed: bool = False
    """A model decided what it means: so say what was understood."""
    command: Command = Command.NONE
    asks: bool = False
    """It also asks something of its own: that is answered, and the flow's question asked again."""
    read_at: AwareDatetime


class Question(_Data):
    """What is asked, with buttons."""

    text: str
    choices: tuple[Choice, ...] = ()


class Pending(_Data):
    """An action that is to be done before the flow goes on."""

    step: int
    action: str
    given: Mapping[str, Value]
    digest: str


class Close(StrEnum):
    """How a flow ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    HANDED_OVER = "handed_over"


class Move(_Data):
    """What follows from a reading."""

    state: State
    says: tuple[str, ...] = ()
    question: Question | None = None
    """Waits for an answer."""
    pending: Pending | None = None
    """Waits for an action."""
    close: Close | None = None
    """Waits for nothing any more."""
    hand_off: str = ""
    aside: bool = False
    """Something else was asked; to be answered before the question is asked again."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def begun(flow: str, version: str, run: str, now: datetime, under: State | None = None) -> State:
    """The state before the first step."""
    return State(flow=flow, version=version, run=run, touched_at=now, under=under)
