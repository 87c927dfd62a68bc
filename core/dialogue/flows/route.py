"""The flow route: between the pure machine and everything that waits or fails."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from core import words
from core.delivery.responder import Answer
from core.dialogue.flows import library, machine, reading
from core.dialogue.flows.actions import Actions
from core.dialogue.flows.definition import Flow, asked_by
from core.dialogue.flows.library import Version
from core.dialogue.flows.sorting import Sorter
from core.dialogue.flows.starting import Starter
from core.dialogue.flows.state import Close, Command, Move, Question, Reading, Result, State, begun
from core.dialogue.flows.values import Said
from core.errors import ConfigurationError
from core.language.analysis import LanguagePipeline
from core.message import Choice, Message
from core.policy import Policy
from core.ports import Clock
from core.store.ports import Flows
from core.store.records import FlowRun, Turn

FLOW = "flow"
"""The route of what it answers."""
CANCEL = "cancel"
"""The command that gives a flow up."""
DEEPEST = 3
"""Flows begun in the middle of one another."""
BUTTON = "flow."
"""Before a flow's name, in the id of the button that begins it."""

_OF_A_FLOW = re.compile(r"[0-9a-f]{8}\.\d+\.\w+")
"""The id of a choice under a flow's question."""

_log = logging.getLogger(__name__)
Aside = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What one person wrote in a turn."""

    message: Message
    """The newest."""
    text: str
    ids: tuple[str, ...]
    alone: bool
    """Nobody else wrote in the same turn."""


class FlowRoute:
    """Leads people through flows.

    Args:
        versions: the flows that can be begun, by name.
        store: where people stand.
        pipeline: finds names of people.
        starter: finds the flow that a message begins.
        sorter: sorts answers to choices that name no option.
        actions: does what flows ask for.
        clock: tells today.
        zone: in which today is; None for the machine's own.
    """

    def __init__(
        self,
        versions: Mapping[str, Version],
        store: Flows,
        pipeline: LanguagePipeline,
        starter: Starter,
        sorter: Sorter,
        actions: Actions,
        clock: Clock,
        zone: tzinfo | None = UTC,
    ) -> None:
        self._versions = versions
        self._store = store
        self._pipeline = pipeline
        self._starter = starter
        self._sorter = sorter
        self._actions = actions
        self._clock = clock
        self._zone = zone

    def offers(self, policy: Policy) -> tuple[Choice, ...]:
        """The buttons by which flows are begun there."""
        return tuple(self._button(name) for name in self._open(policy))

    async def ended(self, turn: Turn) -> FlowRun | None:
        """What to write down where the person begins afresh."""
        message = turn.messages[-1]
        run = await self._store.running(turn.conversation.key, message.sender.key)
        return replace(run, texts={}, state="", before="", messages=(message.id,)) if run else None

    async def answer(self, turn: Turn, policy: Policy, aside: Aside) -> Answer | None:
        """The flow's answer to a turn; None where no flow has to do with it.

        Args:
            aside: answers the turn without flows, for a question in the middle of one.
        """
        heard, run = await self._heard(turn)
        if run is not None and set(run.messages) & set(heard.ids):
            if not run.state:
                return _notice(words.flow_over())
            run = replace(run, state=run.before)
        session = self._session(turn, heard, run)
        if session is None and heard.message.press and _OF_A_FLOW.fullmatch(heard.message.press.choice):
            return _notice(words.flow_not_yours() if heard.text else words.lapsed())
        if session is None:
            return await self._begin(turn, heard, policy, aside)
        return await self._go_on(session, policy, aside)

    async def _heard(self, turn: Turn) -> tuple[_Heard, FlowRun | None]:
        """The words of the person who is in a flow; else of who wrote last."""
        newest = turn.messages[-1]
        senders = list(dict.fromkeys(each.sender.key for each in reversed(turn.messages)))
        runs = {key: await self._store.running(turn.conversation.key, key) for key in senders}
        who = next((key for key in senders if (run := runs[key]) and run.state), newest.sender.key)
        theirs = [each for each in turn.messages if each.sender.key == who]
        text = "\n".join(each.said for each in theirs if each.said)
        heard = _Heard(
            message=theirs[-1], text=text, ids=tuple(e.id for e in theirs), alone=len(senders) == 1
        )
        return heard, runs[who]

    def _session(self, turn: Turn, heard: _Heard, run: FlowRun | None) -> "_Session | None":
        if run is None or not run.state:
            return None
        try:
            state = State.model_validate_json(run.state)
            versions = {digest: library.parse(text, digest) for digest, text in run.texts.items()}
        except (ConfigurationError, ValueError):
            _log.warning("a flow in %s cannot be read any more, and is given up", turn.conversation.key)
            return None
        return _Session(turn=turn, heard=heard, state=state, versions=versions, before=run.state)

    async def _begin(self, turn: Turn, heard: _Heard, policy: Policy, aside: Aside) -> Answer | None:
        message = heard.message
        named = self._named(message, policy)
        session = _Session(turn=turn, heard=heard, state=None, versions={}, before="")
        if named:
            return await self._started(session, named, policy, aside, with_words=False)
        if message.command or not heard.text:
            return None
        match = await self._starter.find(heard.text)
        if match is None or match.flow not in self._open(policy):
            return None
        if match.begins:
            return await self._started(session, match.flow, policy, aside, with_words=True)
        answer = await aside()
        return replace(answer, choices=(*answer.choices, self._button(match.flow)))

    async def _started(
        self, session: "_Session", name: str, policy: Policy, aside: Aside, *, with_words: bool
    ) -> Answer:
        version = self._versions[name]
        now = self._now()
        under = session.state if session.state and _depth(session.state) < DEEPEST else None
        state = begun(name, version.digest, session.turn.id, now, under)
        session = replace(session, state=state, versions={**session.versions, version.digest: version})
        said = await self._said(session.heard.text if with_words else "")
        first = reading.opening(version.flow, state, said, now)
        return await self._answered(session, machine.begin(version.flow, state, first), policy, aside)

    async def _go_on(self, session: "_Session", policy: Policy, aside: Aside) -> Answer | None:
        message = session.heard.message
        if named := self._named(message, policy):
            if named != session.present.flow:
                return await self._started(session, named, policy, aside, with_words=False)
            read = Reading(command=Command.RESUME, read_at=self._now())
            return await self._answered(
                session, machine.step(session.flow, session.present, read), policy, aside
            )
        if message.command and message.command != CANCEL:
            return None
        if not session.heard.text and message.command != CANCEL:
            return _notice(words.lapsed()) if message.press else None
        read = await self._read(session)
        if _opens_another(read, session) and (other := await self._other(session, policy)):
            return await self._started(session, other, policy, aside, with_words=True)
        move = machine.step(session.flow, session.present, read)
        return await self._answered(session, move, policy, aside)

    async def _other(self, session: "_Session", policy: Policy) -> str:
        """Another flow that the message begins."""
        match = await self._starter.find(session.heard.text)
        if match is None or not match.begins or match.flow == session.present.flow:
            return ""
        return match.flow if match.flow in self._open(policy) else ""

    async def _read(self, session: "_Session") -> Reading:
        state, flow, message = session.present, session.flow, session.heard.message
        now = self._now()
        if message.command == CANCEL:
            return Reading(command=Command.CANCEL, read_at=now)
        pressed = message.press.choice if message.press else ""
        if pressed and (read := reading.pressed(flow, state, pressed, now)):
            return read
        said = await self._said(session.heard.text)
        if state.returning and (read := reading.whether_to_go_on(said, now)):
            return read
        if not state.returning and machine.is_overdue(flow, state, now):
            return reading.after_pause(said, now)
        read = reading.read(flow, state, said, now)
        slot = flow.slots[asked_by(flow.steps[state.at])]
        if read.problem == reading.UNCLEAR and slot.type == "choice":
            value = await self._sorter.option(slot, session.heard.text)
            if value is not None:
                answers = {asked_by(flow.steps[state.at]): value}
                return Reading(answers=answers, guessed=True, read_at=now)
        return read

    async def _said(self, text: str) -> Said:
        (analysis,) = await self._pipeline.analyse([text]) if text else (None,)
        return Said(text=text, today=self._now().date(), analysis=analysis)

    async def _answered(self, session: "_Session", move: Move, policy: Policy, aside: Aside) -> Answer:
        """Have done what is to be done, and put together what is to be said."""
        says = list(move.says)
        wants_aside = move.aside
        while move.pending is not None:
            key = f"{move.state.run}-{move.pending.step}-{move.pending.digest}"
            result = await self._done(move, key)
            move = machine.resume(session.flow_of(move.state), move.state, move.pending, result, self._now())
            says += move.says
        if move.hand_off and policy.human:
            says.append(policy.human)
        state, question = self._remaining(session, move, says)
        answer = Answer(text="", route=FLOW, quiet=True)
        if wants_aside or not session.heard.alone:
            answer = await aside()
            says = [answer.text, *says]
            answer = replace(answer, links=answer.links and answer.links.and_in(*says[1:]))
        text = "\n\n".join(each for each in (*says, question.text if question else "") if each)
        return replace(
            answer,
            text=text or words.flow_over(),
            choices=question.choices if question else answer.choices,
            evidence={**answer.evidence, "flow": _evidence(move)},
            hand_off=move.hand_off or answer.hand_off,
            flow=session.run(state),
        )

    async def _done(self, move: Move, key: str) -> Result:
        if move.pending is None:
            raise ValueError("nothing is to be done")
        return await self._actions.do(move.pending, key)

    def _remaining(
        self, session: "_Session", move: Move, says: list[str]
    ) -> tuple[State | None, Question | None]:
        """What stays open: this flow, or the one that it was begun in the middle of."""
        if move.close is None:
            return move.state, move.question
        under = move.state.under
        if under is None or move.close is Close.HANDED_OVER:
            return None, None
        under = under.model_copy(update={"touched_at": self._now()})
        flow = session.flow_of(under)
        says.append(words.flow_back(flow.title))
        return under, machine.question(flow, under)

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)

    def _named(self, message: Message, policy: Policy) -> str:
        pressed = message.press.choice if message.press else ""
        name = pressed.removeprefix(BUTTON) if pressed.startswith(BUTTON) else ""
        name = name or self._starter.named(message.text, message.command)
        return name if name in self._open(policy) else ""

    def _open(self, policy: Policy) -> Sequence[str]:
        return [name for name in self._versions if policy.flows is None or name in policy.flows]

    def _button(self, name: str) -> Choice:
        return Choice(id=f"{BUTTON}{name}", label=self._versions[name].flow.title)


@dataclass(frozen=True, kw_only=True)
class _Session:
    """One turn of one person in a flow."""

    turn: Turn
    heard: _Heard
    state: State | None
    versions: Mapping[str, Version]
    """By digest, those that the person is in."""
    before: str

    @property
    def present(self) -> State:
        if self.state is None:
            raise ValueError("no flow has begun")
        return self.state

    @property
    def flow(self) -> Flow:
        return self.flow_of(self.present)

    def flow_of(self, state: State) -> Flow:
        return self.versions[state.version].flow

    def run(self, state: State | None) -> FlowRun:
        """What to write down."""
        used = {each.version for each in _with_those_under(state)}
        return FlowRun(
            conversation=self.turn.conversation.key,
            person=self.heard.message.sender.key,
            texts={digest: version.text for digest, version in self.versions.items() if digest in used},
            state=state.model_dump_json() if state else "",
            before=self.before if state else "",
            messages=self.heard.ids,
        )


def _opens_another(read: Reading, session: _Session) -> bool:
    """Whether the message may begin another flow: it answers nothing, or would be taken word for word."""
    if read.command is Command.CANCEL or read.corrections:
        return False
    slot = session.flow.slots.get(asked_by(session.flow.steps[session.present.at]))
    return not read.answers or read.guessed or (slot is not None and slot.is_free)


def _with_those_under(state: State | None) -> list[State]:
    found = []
    while state is not None:
        found.append(state)
        state = state.under
    return found


def _depth(state: State) -> int:
    return len(_with_those_under(state))


def _evidence(move: Move) -> dict[str, object]:
    """What is kept of it: names and numbers, no words of anybody's."""
    return {
        "name": move.state.flow,
        "version": move.state.version,
        "run": move.state.run,
        "step": move.state.at,
        "slots": sorted(move.state.slots),
        "closed": move.close,
    }


def _notice(text: str) -> Answer:
    return Answer(text=text, route=FLOW, quiet=True)
