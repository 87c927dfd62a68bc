"""What a flow's file may say, as pydantic models; the JSON schema is theirs."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from core.dialogue.flows import conditions, texts
from core.language.figures.units import UNITS

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,17}$")]
"""Short, since buttons carry it."""
Text = Annotated[str, Field(min_length=1, max_length=3000)]
MOST_OPTIONS = 10
"""Buttons under one question."""
VERBS = ("say", "ask", "choose", "branch", "call", "remember", "hand_over", "end")
_YAML_WORDS = {True: "yes", False: "no"}
END = "end"
"""As a target: the flow ends without a word."""


class Reason(StrEnum):
    """Why a person must take over; the help desk's reasons."""

    CUSTOMER_REQUEST = "customer_request"
    MISSING_KNOWLEDGE = "missing_knowledge"
    UNSUPPORTED_REQUEST = "unsupported_request"
    POLICY_RESTRICTION = "policy_restriction"
    TOOL_FAILURE = "tool_failure"
    PENDING_CLARIFICATION = "pending_clarification"
    USAGE_LIMIT = "usage_limit"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Option(Section):
    """One of the answers to a choice."""

    value: Name
    """What conditions compare with."""
    label: Annotated[str, Field(min_length=1, max_length=60)]
    """What people see and say."""
    words: tuple[str, ...] = ()
    """Other words for it."""


class Slot(Section):
    """Something to learn from the person."""

    type: Literal["text", "number", "date", "time", "email", "phone", "choice", "yes_no", "person"]
    ask: Text
    """The question."""
    hint: Annotated[str, Field(max_length=500)] = ""
    """What is said where an answer does not fit."""
    examples: tuple[str, ...] = ()
    """Answers that fit; shown where an answer does not, and checked when the file is read."""
    pattern: str = ""
    """A regular expression that a text must contain; the slot keeps what it matches."""
    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()
    """The answers to a choice."""
    least: float | None = None
    """The least number."""
    most: float | None = None
    """The greatest number."""
    unit: str = ""
    """What a number counts, as in "minutes": then "2 hours" is 120."""
    check: str = ""
    """A condition that the answer must meet, with the slot itself under its own name."""
    cues: tuple[str, ...] = ()
    """Words that tell this slot from others of its type: "until" before a date, "people" after a number."""
    optional: bool = False
    """Whether "skip" is an answer."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often it is asked again before the flow gives up on it."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return value

    @field_validator("check")
    @classmethod
    def _condition(cls, value: str) -> str:
        return conditions.checked(value) if value else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("`options` belong to a choice, and a choice needs them")
        if self.pattern and self.type != "text":
            raise ValueError("`pattern` belongs to a text")
        if (self.least is not None or self.most is not None) and self.type != "number":
            raise ValueError("`least` and `most` belong to a number")
        if self.unit and (self.type != "number" or self.unit not in UNITS):
            raise ValueError(f"`unit` belongs to a number, and {self.unit!r} may be none that is known")
        values = [each.value for each in self.options]
        if len(set(values)) < len(values):
            raise ValueError("two options have the same value")
        if broken := [each for each in self.examples if self.pattern and not re.search(self.pattern, each)]:
            raise ValueError(f"the example {broken[0]!r} does not match the pattern")
        return self

    @property
    def is_free(self) -> bool:
        """Whether any words are an answer."""
        return self.type == "text" and not self.pattern


class Step(Section):
    id: Name | Literal[""] = ""
    """By which other steps lead here."""

    def targets(self) -> Iterator[str]:
        """The steps it names."""
        yield from ()

    def expressions(self) -> Iterator[str]:
        """The conditions in it."""
        yield from ()

    def said(self) -> Iterator[str]:
        """The texts in it."""
        yield from ()


class Onward(Step):
    then: str = ""
    """The step that follows; the next one in the file where it is empty."""

    def targets(self) -> Iterator[str]:
        yield from (self.then,) if self.then else ()


class Say(Onward):
    """Says something."""

    say: Text

    def said(self) -> Iterator[str]:
        yield self.say


class Ask(Onward):
    """Asks for a slot, unless it is known."""

    ask: Name
    again: bool = False
    """Ask although it is known."""
    failed: str = ""
    """The step that follows where no answer fits; people take over where it is empty."""

    def targets(self) -> Iterator[str]:
        yield from super().targets()
        yield from (self.failed,) if self.failed else ()


class Choose(Step):
    """Asks for a choice or a yes or no each time it is reached; an answer may lead to a step of its own."""

    choose: Name
    text: Annotated[str, Field(max_length=3000)] = ""
    """The question, in the place of the slot's."""
    then: Mapping[str, str] = {}
    """Steps by answer; the next one in the file for others. `yes` and `no` answer a yes or no."""
    failed: str = ""

    @field_validator("then", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        """YAML takes a bare `yes` or `no` for true or false."""
        if not isinstance(value, Mapping):
            return value
        return {_YAML_WORDS.get(key, key) if isinstance(key, bool) else key: to for key, to in value.items()}

    def targets(self) -> Iterator[str]:
        yield from self.then.values()
        yield from (self.failed,) if self.failed else ()

    def said(self) -> Iterator[str]:
        yield self.text


class Case(Section):
    """One way on."""

    when: str
    then: str

    @field_validator("when")
    @classmethod
    def _condition(cls, value: str) -> str:
        return conditions.checked(value)


class Branch(Step):
    """Goes on where the first condition holds."""

    branch: Annotated[tuple[Case, ...], Field(min_length=1)]
    otherwise: str = ""
    """The step that follows where none holds; the next one in the file where it is empty."""

    def targets(self) -> Iterator[str]:
        yield from (case.then for case in self.branch)
        yield from (self.otherwise,) if self.otherwise else ()

    def expressions(self) -> Iterator[str]:
        yield from (case.when for case in self.branch)


class Call(Onward):
    """Has something done."""

    call: Name
    """The action, as frontdesk.yaml names it."""
    given: Annotated[Mapping[str, str], Field(alias="with")] = {}
    """What it is given: texts with slots in braces, by name. A slot alone keeps its type."""
    into: Mapping[Name, str] = {}
    """Slots to fill from what it gives back, by name there."""
    failed: str = ""
    """The step that follows where it fails; people take over where it is empty."""

    def targets(self) -> Iterator[str]:
        yield from super().targets()
        yield from (self.failed,) if self.failed else ()

    def said(self) -> Iterator[str]:
        yield from self.given.values()


class Remember(Onward):
    """Fills slots from conditions or values."""

    remember: Annotated[Mapping[Name, str], Field(min_length=1)]

    @field_validator("remember")
    @classmethod
    def _expressions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return {name: conditions.checked(each) for name, each in value.items()}

    def expressions(self) -> Iterator[str]:
        yield from self.remember.values()


class HandOver(Step):
    """Gives the conversation to people."""

    hand_over: Reason
    say: Annotated[str, Field(max_length=3000)] = ""

    def said(self) -> Iterator[str]:
        yield self.say


class End(Step):
    """Ends the flow."""

    end: Annotated[str, Field(max_length=3000)] = ""
    """The last words."""

    def said(self) -> Iterator[str]:
        yield self.end


def _verb(step: object) -> str | None:
    """Which kind of step it is: by the one verb in it. `say` goes along with `hand_over`."""
    if isinstance(step, Step):
        return next((verb for verb in reversed(VERBS) if hasattr(step, verb)), None)
    if not isinstance(step, Mapping):
        return None
    return next((verb for verb in reversed(VERBS) if verb in step), None)


AnyStep = Annotated[
    Annotated[Say, Tag("say")]
    | Annotated[Ask, Tag("ask")]
    | Annotated[Choose, Tag("choose")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Call, Tag("call")]
    | Annotated[Remember, Tag("remember")]
    | Annotated[HandOver, Tag("hand_over")]
    | Annotated[End, Tag("end")],
    Discriminator(
        _verb,
        custom_error_type="no_verb",
        custom_error_message=f"a step has one of {', '.join(VERBS)}",
    ),
]


class Start(Section):
    """How a flow begins, apart from its button under `help`."""

    commands: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")], ...] = ()
    examples: tuple[Annotated[str, Field(min_length=3, max_length=200)], ...] = ()
    """What people say who want it."""


class Flow(Section):
    """A task through which the assistant leads a person."""

    flow: Name
    title: Annotated[str, Field(min_length=1, max_length=60)]
    """On its button, and where it is spoken of."""
    about: Annotated[str, Field(max_length=200)] = ""
    """What it is for, in a sentence."""
    start: Start = Start()
    resume_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12
    """After so many hours of silence it is asked whether to go on."""
    cancelled: Annotated[str, Field(max_length=500)] = ""
    """What is said where the person gives up."""
    slots: Mapping[Name, Slot] = {}
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1, max_length=200)]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where the steps with an id stand."""
        return {step.id: at for at, step in enumerate(self.steps) if step.id}

    def place(self, target: str, after: int) -> int:
        """Where a target stands; the step after `after` for none, the end for `END`."""
        if target == END:
            return len(self.steps)
        return self.places[target] if target else after + 1

    def asks(self, name: str) -> int | None:
        """Where a slot is asked for first."""
        return next((at for at, step in enumerate(self.steps) if asked_by(step) == name), None)


def asked_by(step: Step) -> str:
    """The slot that a step asks for, or empty."""
    return step.ask if isinstance(step, Ask) else step.choose if isinstance(step, Choose) else ""


def faults(flow: Flow) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Names in a flow that lead nowhere, with where they stand."""
    ids = [step.id for step in flow.steps if step.id]
    known = {*flow.slots, *conditions.GIVEN}
    for step in flow.steps:
        if isinstance(step, Remember):
            known |= {*step.remember}
        if isinstance(step, Call):
            known |= {*step.into}
    for name, slot in flow.slots.items():
        if unknown := conditions.names(slot.check) - known if slot.check else set():
            yield ("slots", name, "check"), f"there is no slot {min(unknown)!r}"
    for at, step in enumerate(flow.steps):
        if step.id and ids.count(step.id) > 1:
            yield ("steps", at, "id"), f"two steps are called {step.id!r}"
        if (asked := asked_by(step)) and asked not in flow.slots:
            yield ("steps", at), f"there is no slot {asked!r}"
        elif isinstance(step, Choose) and (wrong := _wrong_answers(step, flow.slots[asked])):
            yield ("steps", at, "then" if step.then else "choose"), wrong
        for target in step.targets():
            if target not in ids and target != END:
                yield ("steps", at), f"there is no step {target!r}"
        wanted = {name for each in step.expressions() for name in conditions.names(each)}
        wanted |= {name for each in step.said() for name in texts.names(each)}
        if wanted - known:
            yield ("steps", at), f"there is no slot {min(wanted - known)!r}"


def _wrong_answers(step: Choose, slot: Slot) -> str:
    if slot.type not in ("choice", "yes_no"):
        return f"{step.choose!r} is no choice and no yes or no"
    answers = {each.value for each in slot.options} or {"yes", "no"}
    return f"{min(wrong)!r} is no answer to it" if (wrong := {*step.then} - answers) else ""
