"""What travels between cores and workers, and on which subjects.

Fields may be added with a default, as both sides overlook what they do not know; none may go, or mean what it
did not. So cores and workers of neighbouring versions work together.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from core.engine.types import ChatMessage, Finish, Load, ModelCard, Options, Prompt, Usage
from core.errors import FrontdeskError, ModelError, PromptTooLong

HERE = "frontdesk.fleet.here"
"""Workers tell how they are."""
WHO = "frontdesk.fleet.who"
"""A core asks workers to tell at once."""
JOBS = "FRONTDESK_JOBS"
"""The stream that is the work queue."""
JOB_SUBJECTS = "frontdesk.jobs.>"
BUCKET = "frontdesk"
"""The key-value bucket."""
DONE, FAILED = b"+", b"-"
"""What the answer of a worker begins with."""
DESIRED, TELLING = "models", "telling"
"""The keys under which the bucket holds which models are to answer, and that a core is telling it."""

T = TypeVar("T")


def job_subject(model: str, job: str = "*") -> str:
    """Where jobs for a model are queued.

    Args:
        model: NAME@VERSION; or what is to be done with files, which has no `@`.
        job: id of one of them; all by default.
    """
    return f"frontdesk.jobs.{token(model)}.{job}"


def core_subject(core: str, rest: str = ">") -> str:
    """What a core listens to: JOB and one of `claim`, `held`, `part`, `told` and `piece`."""
    return f"frontdesk.core.{core}.{rest}"


def worker_subject(worker: str, verb: str = "*") -> str:
    """What a worker is asked to do at once."""
    return f"frontdesk.worker.{worker}.{verb}"


def token(model: str) -> str:
    """A model's reference as one token of a subject; no name of a model has `=`."""
    return model.replace(".", "=")


@dataclass(frozen=True, kw_only=True)
class AnyJob:
    """What every job says, of whatever version it is."""

    id: str
    core: str
    """Who asks."""


@dataclass(frozen=True, kw_only=True)
class Job(AnyJob):
    """An answer to write."""

    prompt: Prompt
    options: Options


@dataclass(frozen=True, kw_only=True)
class FileJob(AnyJob):
    """Something to be done with a file, which the worker fetches from the core."""

    kind: str
    """What is to be done: one token of a subject."""
    asked: str
    """How, as who does it reads it."""
    size: int
    """Bytes of the file."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A worker asks for what comes of a file from this byte on."""

    offset: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A worker tells how far it is with a file."""

    claim: int
    told: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker is about to work on a job."""

    worker: str


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What a core answers to a claim."""

    claim: int
    """Stands on every piece; what comes under an older one is overlooked. 0: nobody wants the answer any
    more."""
    begun: str = ""
    """What was written already of an answer."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error on the other side."""

    kind: str
    message: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Ours as it is, of others their type alone: libraries quote in their errors what they were given."""
        kind = type(error).__name__
        known = isinstance(error, FrontdeskError)
        return cls(kind=kind, message=str(error) if known else f"The worker failed: {kind}")

    def error(self) -> Exception:
        """The same error on this side."""
        return _ERRORS.get(self.kind, ModelError)(self.message)


_ERRORS: dict[str, type[Exception]] = {"PromptTooLong": PromptTooLong, "ValueError": ValueError}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of an answer; all that was made of a file is one."""

    claim: int
    number: int
    """From 0 within the claim, without gaps."""
    text: str = ""
    finish: Finish | None = None
    usage: Usage | None = None
    failure: Failure | None = None

    @property
    def last(self) -> bool:
        return self.finish is not None or self.failure is not None


@dataclass(frozen=True, kw_only=True)
class Held:
    """A worker asks whether its claim stands, and the core answers which one does: 0 where it wants none."""

    claim: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A core tells a worker to leave a job alone."""

    job: str
    claim: int
    again: bool
    """Something of it was lost: somebody is to go on with it."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What `Engine.prepare` takes."""

    messages: tuple[ChatMessage, ...]
    begun: str
    conversation: str
    """Whose question it is: decides whether a canary answers."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What `Engine.extend` takes."""

    prompt: Prompt
    begun: str


@dataclass(frozen=True, kw_only=True)
class Texts:
    """What `count` and `encode` take."""

    texts: tuple[str, ...]
    background: bool = False


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """What `Engine.choose` takes."""

    prompt: Prompt
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EncoderCard:
    """The sentence encoder that a worker has."""

    card: ModelCard
    dimensions: int


@dataclass(frozen=True, kw_only=True)
class Advertisement:
    """How a worker is."""

    worker: str
    machine: str
    card: ModelCard
    """The model that answers there."""
    models: tuple[str, ...]
    """References of all that are in memory."""
    load: Load
    tokens_per_second: float
    """Of one answer, measured over recent ones; 0 before there were any."""
    encoder: EncoderCard | None = None
    does: tuple[str, ...] = ()
    """What it does with files."""
    writing: Mapping[str, int] = field(default_factory=dict)
    """Answers that it writes, by the core that asked."""
    leaving: bool = False
    """It takes nothing new."""
    refused: str = ""
    """Why a model cannot take over there."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A model that answers a share of the conversations."""

    reference: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Desired:
    """Which models are to answer."""

    active: str
    canary: Trial | None = None


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def packed(value: object) -> bytes:
    """As it travels."""
    return _adapter(cast(Hashable, type(value))).dump_json(value)


def unpacked(kind: type[T], data: bytes) -> T:
    """What travelled.

    Raises:
        ModelError: it is something else.
    """
    try:
        value: T = _adapter(cast(Hashable, kind)).validate_json(data)
    except ValidationError as error:
        raise ModelError(
            f"What came over NATS is no {kind.__name__} ({error.error_count()} faults): "
            "are cores and workers of neighbouring versions?"
        ) from None
    return value
