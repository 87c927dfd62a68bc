"""The scenario file, read and checked."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from core.errors import ConfigurationError

Place = Literal["direct", "group", "thread"] | Annotated[str, Field(pattern=r"^ticket [1-9]\d*$")]
"""Alone with the assistant; in a channel or group; in a thread of a channel or a topic of a forum; where
agents speak about a ticket of the help desk, by its number."""
Platform = Literal["slack", "telegram", "web"]
SEATS = 3
"""People that every platform's seed has."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One thing that a person does, or one that must be seen. Exactly one of the verbs is given."""

    who: str = ""
    """A name of the scenario's choice; the first one named takes the platform's first seat, and so on."""
    at: Annotated[Place, Field(alias="in")] = "direct"
    says: str | None = None
    to_the_assistant: bool = True
    """In a group: whether the message mentions the assistant."""
    edits: str | None = None
    """The new wording of this person's last message there."""
    sends: str | list[str] | None = None
    """The name of a file, or those of an album: what lies beside the scenario, else some text."""
    caption: str = ""
    """Words that go along with what is sent."""
    under: Literal["file"] | None = None
    """What is said answers this person's last file, where the platform has answers to messages."""
    deletes: Literal[True] | None = None
    """This person's last message there."""
    sees_it_begin: Literal[True] | None = None
    """Waits until an answer there has begun to show."""
    stops: Literal[True] | None = None
    """Presses Stop once the answer has begun to show."""
    rates: Literal["good", "bad"] | None = None
    """Presses a thumb under the newest answer there."""
    presses: str | None = None
    """The label of a button under the newest answer there."""
    hours_pass: Annotated[float, Field(gt=0, le=720)] | None = None
    """On this person's platform."""
    sees: str | None = None
    """Waits until the newest finished answer there, with its sources and files, contains this, in whatever
    case."""
    never_sees: str | None = None
    """No message of the assistant there contains this."""
    answers: Annotated[int, Field(ge=0)] | None = None
    """How many messages of the assistant stand there."""

    @property
    def verb(self) -> str:
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @model_validator(mode="after")
    def _whole(self) -> "Step":
        given = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a step has exactly one of {', '.join(VERBS)}; here: {', '.join(given) or 'none'}"
            )
        if not self.who and (given[0] not in SIGHTS or self.at == "direct"):
            raise ValueError(f"`who` is missing: whose `{given[0]}` is it?")
        return self


SIGHTS = ("sees", "never_sees", "answers")
VERBS = (
    "says",
    "sends",
    "edits",
    "deletes",
    "sees_it_begin",
    "stops",
    "rates",
    "presses",
    "hours_pass",
    *SIGHTS,
)


class Script(_Strict):
    """A scenario."""

    title: str
    cast: dict[str, Platform] = Field(default_factory=dict)
    """Who is on which platform; without it, everybody is on the one on which the scenario is played."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _at_home(self) -> "Script":
        for number, step in enumerate(self.steps, start=1):
            if self.cast and step.who not in self.cast:
                raise ValueError(f"step {number}: `cast` does not say where {step.who or 'nobody'} is")
            if is_ticket(step.at) and self.cast.get(step.who) != "slack":
                raise ValueError(f"step {number}: agents are in Slack, by `cast`")
        for platform in self.cast.values():
            if list(self.cast.values()).count(platform) > SEATS:
                raise ValueError(f"there are seats for {SEATS} people on a platform")
        return self

    @property
    def people(self) -> list[str]:
        """Their names, in the order in which they appear."""
        return list(dict.fromkeys(step.who for step in self.steps if step.who))


def is_ticket(place: Place) -> bool:
    """Whether agents speak about a ticket there."""
    return place.startswith("ticket ")


def load(path: Path) -> Script:
    """Read a scenario file.

    Raises:
        ConfigurationError: names the file, the step and what is wrong with it.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error


def parse(text: str, name: str) -> Script:
    """Read a scenario file's text; `name` is what errors call it.

    Raises:
        ConfigurationError: names the file, the step and what is wrong with it.
    """
    try:
        return Script.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name} is not YAML: {error}") from error
    except ValidationError as error:
        raise ConfigurationError("\n".join(f"{name}, {_sentence(each)}" for each in error.errors())) from None


def dump(script: Script) -> str:
    """The scenario as a file's text."""
    plain = script.model_dump(by_alias=True, exclude_unset=True)
    plain["steps"] = list(plain["steps"])
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110)


def _sentence(fault: ErrorDetails) -> str:
    where = [f"step {each + 1}" if isinstance(each, int) else f"`{each}`" for each in fault["loc"]]
    if len(where) > 1:
        where = [each for each in where if each != "`steps`"]
    return f"{', '.join(where) or 'file'}: {fault['msg'].removeprefix('Value error, ')}"
