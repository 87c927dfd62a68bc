"""Tests of flows, written as dialogues: each turn with what must be seen, filled and done afterwards."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core import yaml_file
from core.delivery.responder import Answer
from core.dialogue.flows.actions import SampleActions
from core.dialogue.flows.conditions import Value
from core.dialogue.flows.library import TESTS
from core.dialogue.flows.route import FlowRoute
from core.dialogue.flows.state import State
from core.message import Addressing, Choice, Conversation, Message, Person, Platform, Press
from core.policy import FlowsSection, Policy
from core.ports import Clock
from core.store.ports import Flows
from core.store.records import FlowRun, Turn
from core.testing import FakeClock

PLACE = Conversation(platform=Platform.TERMINAL, tenant="test", channel="test", direct=True)
PERSON = Person(platform=Platform.TERMINAL, tenant="test", id="test", name="Test")
Aside = Callable[[str], Awaitable[Answer]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Exchange(_Strict):
    """What a person does, and what must be true afterwards."""

    says: str = ""
    """A leading slash makes it a command."""
    presses: str = ""
    """The label of a button that stands there."""
    waits_hours: Annotated[float, Field(ge=0)] = 0
    """Before that."""
    sees: tuple[str, ...] = ()
    """What the answer contains, whatever the case of its letters."""
    never_sees: tuple[str, ...] = ()
    buttons: tuple[str, ...] | None = None
    """The labels that stand there, all of them."""
    slots: Mapping[str, Value] = {}
    """What is filled, among others."""
    flow: str | None = None
    """The flow that the person is in; `none` for none."""
    done: tuple[str, ...] | None = None
    """The actions of this turn."""
    hand_off: str | None = None

    @field_validator("sees", "never_sees", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("slots", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        """YAML reads days as dates; slots hold texts."""
        if not isinstance(value, Mapping):
            return value
        return {
            name: each.isoformat() if hasattr(each, "isoformat") else each for name, each in value.items()
        }


class Talk(_Strict):
    """One dialogue."""

    name: str
    actions: Mapping[str, Mapping[str, Value] | None] = {}
    """What actions give back in it; null: they fail."""
    turns: Annotated[tuple[Exchange, ...], Field(min_length=1)]


class Rehearsal(_Strict):
    """A file of dialogues."""

    begins: datetime = datetime(2026, 11, 30, 9, tzinfo=UTC)
    """When they take place: a Monday, if nothing is said."""
    actions: Mapping[str, Mapping[str, Value] | None] = {}
    """What actions give back, where frontdesk.yaml says nothing or something else."""
    dialogues: Annotated[tuple[Talk, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a dialogue went."""

    file: str
    name: str
    faults: tuple[str, ...]
    """Empty where all went as it should."""
    turns: int


@dataclass(kw_only=True)
class MemoryFlows:
    """Fills `core.store.ports.Flows` in memory."""

    runs: dict[tuple[str, str], FlowRun] = field(default_factory=dict)

    async def running(self, conversation: str, person: str) -> FlowRun | None:
        return self.runs.get((conversation, person))


MakeRoute = Callable[[Flows, SampleActions, Clock], FlowRoute]


def load(path: Path) -> Rehearsal:
    """Read a file of dialogues.

    Raises:
        ConfigurationError: names the file, the line and what is wrong there.
    """
    return yaml_file.parse(yaml_file.read(path), str(path), Rehearsal.model_validate, "no `dialogues:`")


def files(folder: Path) -> Sequence[Path]:
    """The files of dialogues in a folder."""
    return sorted(folder.glob(f"*{TESTS}"))


async def play(
    path: Path, make_route: MakeRoute, section: FlowsSection, policy: Policy, aside: Aside
) -> list[Played]:
    """Play every dialogue of a file.

    Args:
        path: of the file.
        make_route: puts the route together, around a store, actions and a clock of the dialogue's own.
        section: names the actions with their samples.
        policy: of the place.
        aside: answers what is asked beside the flow.

    Raises:
        ConfigurationError: the file is wrong.
    """
    rehearsal = load(path)
    played = []
    for talk in rehearsal.dialogues:
        stage = _Stage(rehearsal, talk, make_route, section, policy, aside)
        faults = [fault async for fault in stage.play()]
        played.append(Played(file=path.name, name=talk.name, faults=tuple(faults), turns=len(talk.turns)))
    return played


class _Stage:
    """One dialogue, being played."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        talk: Talk,
        make_route: MakeRoute,
        section: FlowsSection,
        policy: Policy,
        aside: Aside,
    ) -> None:
        self._talk = talk
        self._policy = policy
        self._aside = aside
        self._clock = FakeClock(rehearsal.begins.replace(tzinfo=rehearsal.begins.tzinfo or UTC))
        self._flows = MemoryFlows()
        self._actions = SampleActions(section, {**rehearsal.actions, **talk.actions})
        self._route = make_route(self._flows, self._actions, self._clock)
        self._choices: tuple[Choice, ...] = ()
        self._turn_id = ""

    async def play(self) -> AsyncIterator[str]:
        for number, exchange in enumerate(self._talk.turns, 1):
            await self._clock.advance(exchange.waits_hours * 3600)
            message = self._message(exchange)
            if message is None:
                yield f"turn {number}: no button says {exchange.presses!r}; {self._labels()}"
                return
            before = len(self._actions.done)
            answer = await self._answer(message)
            for fault in self._faults(
                exchange, answer, [each.action for each in self._actions.done[before:]]
            ):
                yield f"turn {number} ({exchange.says or exchange.presses}): {fault}"

    async def _answer(self, message: Message) -> Answer:
        self._turn_id = uuid.uuid4().hex
        turn = Turn(id=self._turn_id, conversation=PLACE, attempt=1, messages=(message,), posts=())
        answer = await self._route.answer(turn, self._policy, lambda: self._aside(message.text))
        if answer is None:
            answer = await self._aside(message.text)
        if answer.flow is not None:
            self._flows.runs[answer.flow.conversation, answer.flow.person] = answer.flow
        self._choices = answer.choices
        return answer

    def _message(self, exchange: Exchange) -> Message | None:
        press, text, command = None, exchange.says, ""
        if exchange.presses:
            choice = next((each for each in self._choices if each.label == exchange.presses), None)
            if choice is None:
                return None
            press, text = Press(turn_id=self._turn_id, choice=choice.id), choice.said
        elif text.startswith("/"):
            command, _, text = text[1:].partition(" ")
        return Message(
            id=uuid.uuid4().hex,
            conversation=PLACE,
            sender=PERSON,
            text=text,
            addressed=Addressing.COMMAND if command else Addressing.DIRECT,
            sent_at=self._clock.now(),
            command=command,
            press=press,
        )

    def _faults(self, exchange: Exchange, answer: Answer, done: Sequence[str]) -> Iterator[str]:
        text = answer.text.casefold()
        for each in exchange.sees:
            if each.casefold() not in text:
                yield f"{each!r} is not in {answer.text!r}"
        for each in exchange.never_sees:
            if each.casefold() in text:
                yield f"{each!r} is in {answer.text!r}"
        if exchange.buttons is not None and list(exchange.buttons) != [each.label for each in self._choices]:
            yield self._labels()
        state = self._state()
        for name, value in exchange.slots.items():
            if state is None or name not in state.slots or state.slots[name] != value:
                yield f"{name} is {state.slots.get(name) if state else 'nowhere'!r}, not {value!r}"
        if exchange.flow is not None and exchange.flow != (state.flow if state else "none"):
            yield f"the flow is {state.flow if state else 'none'}, not {exchange.flow}"
        if exchange.done is not None and list(exchange.done) != list(done):
            yield f"done was {', '.join(done) or 'nothing'}, not {', '.join(exchange.done) or 'nothing'}"
        if exchange.hand_off is not None and exchange.hand_off != answer.hand_off:
            yield f"the hand-off is {answer.hand_off!r}, not {exchange.hand_off!r}"

    def _state(self) -> State | None:
        run = self._flows.runs.get((PLACE.key, PERSON.key))
        return State.model_validate_json(run.state) if run and run.state else None

    def _labels(self) -> str:
        return f"the buttons are {', '.join(each.label for each in self._choices) or 'none'}"
