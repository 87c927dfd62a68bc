"""One step through a flow: `(flow, state, reading) -> move`. Pure: no clock, store, model or action."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core import words
from core.dialogue.flows import conditions, texts
from core.dialogue.flows.conditions import Value
from core.dialogue.flows.definition import (
    Ask,
    Branch,
    Call,
    Choose,
    End,
    Flow,
    HandOver,
    Reason,
    Remember,
    Say,
    Slot,
    Step,
    asked_by,
)
from core.dialogue.flows.reading import SKIP
from core.dialogue.flows.state import Close, Command, Move, Pending, Question, Reading, Result, State
from core.message import Choice

MOST_STEPS = 500
"""Steps without a question in between: a flow that goes round in circles is handed to people."""


def step(flow: Flow, state: State, reading: Reading) -> Move:
    """What follows from a message."""
    state = state.model_copy(update={"touched_at": reading.read_at})
    if reading.command is Command.CANCEL:
        told = texts.filled(flow.cancelled, _shown(flow, state)) or words.flow_cancelled(flow.title)
        return Move(state=state, says=(told,), close=Close.CANCELLED)
    if reading.command is Command.RETURN:
        state = state.model_copy(update={"returning": True})
        return Move(state=state, question=_whether_to_go_on(flow, state), aside=reading.asks)
    state = state.model_copy(update={"returning": False})
    if reading.command is Command.RESUME:
        return Move(state=state, question=question(flow, state))
    walk = _Walk(flow=flow, state=state, now=reading.read_at)
    if reading.answers or reading.corrections:
        move = walk.answered(reading)
    elif reading.problem:
        move = walk.misunderstood(reading)
    else:
        move = Move(state=state, question=question(flow, state))
    if reading.asks and move.question is not None:
        move = move.model_copy(update={"aside": True})
    return move


def begin(flow: Flow, state: State, reading: Reading) -> Move:
    """The first step, with what the message that began the flow says already."""
    walk = _Walk(flow=flow, state=state, now=reading.read_at)
    walk.fill(reading.answers)
    return walk.on(0)


def resume(flow: Flow, state: State, pending: Pending, result: Result, now: datetime) -> Move:
    """What follows from an action."""
    walk = _Walk(flow=flow, state=state, now=now)
    return walk.after(pending.step, result)


def question(flow: Flow, state: State) -> Question:
    """What the flow waits for, asked anew."""
    if state.returning:
        return _whether_to_go_on(flow, state)
    return _question(flow, state, flow.steps[state.at])


def is_overdue(flow: Flow, state: State, now: datetime) -> bool:
    """Whether the person was silent for so long that they may have forgotten."""
    return now - state.touched_at > timedelta(hours=flow.resume_hours)


@dataclass
class _Walk:
    """From step to step, until something must be waited for."""

    flow: Flow
    state: State
    now: datetime
    says: list[str] = field(default_factory=list)
    behind: int = -1
    """Steps before this one were gone through already: what they said and did is not repeated."""

    def answered(self, reading: Reading) -> Move:
        asked = asked_by(self.flow.steps[self.state.at])
        rejected = self.fill({**reading.answers, **reading.corrections})
        if asked in rejected:
            return self._again(self._hint(asked))
        for name in reading.corrections:
            if name not in rejected:
                self.says.append(words.flow_noted(self._label(name), self._spoken(name)))
        if reading.guessed and asked in reading.answers:
            self.says.append(words.flow_understood(self._spoken(asked)))
        changed = [self.flow.asks(name) for name in (*reading.corrections, *self._unfit())]
        back = [at for at in changed if at is not None and at < self.state.at]
        if back:
            self.behind = self.state.at
            return self.on(min(back))
        if asked in reading.answers:
            return self.on(self._after_answer(self.flow.steps[self.state.at], self.state.at))
        if reading.answers:
            self.says += [words.flow_noted(self._label(each), self._spoken(each)) for each in reading.answers]
        return self._wait(self.state.at)

    def misunderstood(self, reading: Reading) -> Move:
        asked = asked_by(self.flow.steps[self.state.at])
        return self._again(self._hint(asked) if reading.problem else "")

    def fill(self, found: Mapping[str, Value]) -> set[str]:
        """Take values in; returns the slots whose values do not meet their checks."""
        slots = {**self.state.slots, **found}
        rejected = {
            name
            for name in found
            if (check := self.flow.slots[name].check)
            and found[name] is not None
            and not conditions.holds(check, slots, self.now.date())
        }
        kept = {name: value for name, value in found.items() if name not in rejected}
        order = (*(each for each in self.state.order if each not in kept), *kept)
        self._change(slots={**self.state.slots, **kept}, order=order)
        return rejected

    def after(self, at: int, result: Result) -> Move:
        call = self.flow.steps[at]
        if not isinstance(call, Call):
            raise TypeError(f"step {at + 1} calls nothing")
        self._change(done={**self.state.done, at: result})
        if not result.ok:
            if call.failed:
                return self.on(self.flow.place(call.failed, at))
            return self._hand_over(Reason.TOOL_FAILURE, words.flow_action_failed())
        back = {slot: result.back.get(name) for name, slot in call.into.items()}
        self._change(slots={**self.state.slots, **back})
        return self.on(self.flow.place(call.then, at))

    def on(self, at: int) -> Move:
        for _ in range(MOST_STEPS):
            if at >= len(self.flow.steps):
                return self._close(Close.DONE)
            current = self.flow.steps[at]
            match current:
                case Say():
                    self._say(at, current.say)
                    at = self.flow.place(current.then, at)
                case Ask():
                    if current.ask not in self.state.slots or (current.again and at >= self.behind):
                        return self._wait(at)
                    at = self.flow.place(current.then, at)
                case Choose():
                    return self._wait(at)
                case Branch():
                    at = self._branch(current, at)
                case Remember():
                    self._remember(current)
                    at = self.flow.place(current.then, at)
                case Call():
                    given = self._given(current)
                    done = self.state.done.get(at)
                    if at < self.behind and done and done.ok and done.given == _digest(given):
                        at = self.flow.place(current.then, at)
                    else:
                        return self._pend(current, at, given)
                case HandOver():
                    return self._hand_over(current.hand_over, current.say)
                case End():
                    self._say(at, current.end)
                    return self._close(Close.DONE)
        return self._hand_over(Reason.TOOL_FAILURE, words.flow_action_failed())

    def _wait(self, at: int) -> Move:
        self._change(at=at, tries=self.state.tries if at == self.state.at else 0)
        asked = _question(self.flow, self.state, self.flow.steps[at])
        return Move(state=self.state, says=tuple(self.says), question=asked)

    def _again(self, hint: str) -> Move:
        """The question once more, or another way where it was asked often enough."""
        current = self.flow.steps[self.state.at]
        slot = self.flow.slots[asked_by(current)]
        self._change(tries=self.state.tries + 1)
        if self.state.tries <= slot.retries:
            self.says.append(hint)
            return self._wait(self.state.at)
        self._change(tries=0)
        failed = current.failed if isinstance(current, Ask | Choose) else ""
        if failed:
            return self.on(self.flow.place(failed, self.state.at))
        return self._hand_over(Reason.PENDING_CLARIFICATION, words.flow_not_understood())

    def _after_answer(self, current: Step, at: int) -> int:
        self._change(tries=0)
        if isinstance(current, Choose):
            return self.flow.place(current.then.get(_as_answer(self.state.slots[current.choose]), ""), at)
        return self.flow.place(current.then, at) if isinstance(current, Ask) else at

    def _branch(self, current: Branch, at: int) -> int:
        for case in current.branch:
            if conditions.holds(case.when, self.state.slots, self.now.date()):
                return self.flow.place(case.then, at)
        return self.flow.place(current.otherwise, at)

    def _remember(self, current: Remember) -> None:
        found = {
            name: conditions.value(each, self.state.slots, self.now.date())
            for name, each in current.remember.items()
        }
        self._change(slots={**self.state.slots, **found})

    def _given(self, current: Call) -> dict[str, Value]:
        slots = self.state.slots
        return {
            name: slots.get(only)
            if (only := texts.only_slot(each))
            else texts.filled(each, lambda slot: texts.spoken(slots.get(slot)))
            for name, each in current.given.items()
        }

    def _pend(self, current: Call, at: int, given: Mapping[str, Value]) -> Move:
        self._change(at=at)
        pending = Pending(step=at, action=current.call, given=given, digest=_digest(given))
        return Move(state=self.state, says=tuple(self.says), pending=pending)

    def _say(self, at: int, text: str) -> None:
        told = texts.filled(text, _shown(self.flow, self.state))
        if told and not (at < self.behind and self.state.said.get(at) == told):
            self.says.append(told)
        self._change(said={**self.state.said, at: told})

    def _hand_over(self, reason: Reason, text: str) -> Move:
        told = texts.filled(text, _shown(self.flow, self.state))
        says = (*self.says, *((told,) if told else ()))
        return Move(state=self.state, says=says, close=Close.HANDED_OVER, hand_off=reason)

    def _close(self, how: Close) -> Move:
        return Move(state=self.state, says=tuple(self.says), close=how)

    def _unfit(self) -> list[str]:
        """Empty every slot whose check no longer holds, since another was corrected."""
        unfit = [
            name
            for name, value in self.state.slots.items()
            if value is not None
            and (slot := self.flow.slots.get(name))
            and slot.check
            and not conditions.holds(slot.check, self.state.slots, self.now.date())
        ]
        kept = {name: value for name, value in self.state.slots.items() if name not in unfit}
        self._change(slots=kept, order=tuple(each for each in self.state.order if each in kept))
        return unfit

    def _hint(self, name: str) -> str:
        slot = self.flow.slots[name]
        return texts.filled(slot.hint, _shown(self.flow, self.state)) or words.flow_hint(
            slot.type, slot.examples
        )

    def _label(self, name: str) -> str:
        return name.replace("_", " ")

    def _spoken(self, name: str) -> str:
        return _shown(self.flow, self.state)(name)

    def _change(self, **changes: object) -> None:
        self.state = self.state.model_copy(update=changes)


def _shown(flow: Flow, state: State) -> Callable[[str], str]:
    """How a slot's value is said: a choice by its label."""

    def shown(name: str) -> str:
        value, slot = state.slots.get(name), flow.slots.get(name)
        label = next((each.label for each in slot.options if each.value == value), "") if slot else ""
        return label or texts.spoken(value)

    return shown


def _question(flow: Flow, state: State, current: Step) -> Question:
    slot = flow.slots[asked_by(current)]
    text = (current.text if isinstance(current, Choose) else "") or slot.ask
    told = texts.filled(text, _shown(flow, state))
    mark = f"{state.run[:8]}.{state.at}"
    return Question(text=told, choices=tuple(_choices(slot, mark)))


def _choices(slot: Slot, mark: str) -> list[Choice]:
    if slot.type == "choice":
        made = [Choice(id=f"{mark}.{at}", label=each.label) for at, each in enumerate(slot.options)]
    elif slot.type == "yes_no":
        made = [Choice(id=f"{mark}.yes", label=words.yes()), Choice(id=f"{mark}.no", label=words.no())]
    else:
        made = []
    return [*made, Choice(id=f"{mark}.{SKIP}", label=words.skip())] if slot.optional else made


def _whether_to_go_on(flow: Flow, state: State) -> Question:
    mark = f"{state.run[:8]}.{state.at}"
    choices = (Choice(id=f"{mark}.on", label=words.go_on()), Choice(id=f"{mark}.off", label=words.give_up()))
    return Question(text=words.flow_return(flow.title), choices=choices)


def _as_answer(value: Value) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _digest(given: Mapping[str, Value]) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]
