"""One conversation's work: what is left to send, then turn after turn until nothing waits."""

import asyncio
import logging
import math
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

from core import words
from core.delivery import tally
from core.delivery.admission import Admission
from core.delivery.agenda import Agenda
from core.delivery.budgets import Budgets, charges
from core.delivery.inquiry import Inquiry
from core.delivery.interruption import Interruption, Kind, find_interruption
from core.delivery.live import LivePost
from core.delivery.perception import Perception, perceived
from core.delivery.question import kept_question_of
from core.delivery.responder import Answer, Responder
from core.delivery.sender import Sender
from core.delivery.switchboard import Switchboard
from core.engine.metering import metered
from core.errors import Moved, OverBudget, Overloaded, PromptTooLong, Refused, StoreError
from core.failpoint import reach
from core.message import Conversation, Post, Relay, Reply
from core.policy import Policy
from core.ports import Channel, Clock
from core.store.ports import Store
from core.store.records import COLLEAGUE, HEARD, RELAY, Entry, EntryState, Outcome, Turn, TurnState
from core.tracing import span
from core.translation import spoken

SIDE_BY_SIDE, ATTEMPTS = 2, 8
"""Times a turn is taken up before it is set aside: it may be what kills the process. Of those that saw the
process die twice, one runs at a time: so the killer gives itself away, and does not take others along."""
ASIDE = timedelta(minutes=30)
"""How long the assistant is silent after somebody spoke in its place."""
GAVE_UP = "gave up after several attempts"
TURN_SECONDS = 300.0

_log = logging.getLogger(__name__)


class Worker:
    """Serves one conversation at a time; the caller holds its lease."""

    def __init__(
        self,
        store: Store,
        channel: Channel,
        responder: Responder,
        admission: Admission,
        budgets: Budgets,
        clock: Clock,
        switchboard: Switchboard | None = None,
        wake: Callable[[Conversation], None] = lambda _: None,
        inquiry: Inquiry | None = None,
        perception: Perception | None = None,
    ) -> None:
        """Put together.

        Args:
            wake: something was committed for another conversation.
            inquiry: asks people who judge answers, where may be learnt from them.
            perception: makes words of recordings and pictures; without it, they stay files.
        """
        self._store = store
        self._perception = perception
        self._channel = channel
        self._responder = responder
        self._admission = admission
        self._budgets = budgets
        self._clock = clock
        self._switchboard = switchboard
        self._wake = wake
        self._agenda = Agenda(store, clock, switchboard, wake, inquiry)
        self._sender = Sender(store.outbox, channel, clock)
        self._one_suspect = asyncio.Lock()
        self._is_closing = False

    async def serve(self, conversation: Conversation, policy: Policy, wake: asyncio.Event) -> None:
        """Work until nothing is left to do; `wake` is set whenever something new was committed.

        Raises:
            Moved: what is left to do moved along; whoever serves the other channel does it.
        """
        await self._deliver(conversation, policy)
        if turn := await self._store.turns.resume(conversation.key):
            await self._run(turn, policy, wake, look_first=True)
        while not self._is_closing and (turn := await self._agenda.next_turn(conversation, policy)):
            await self._run(turn, policy, wake, look_first=False)
            if not self._is_closing:
                await self._reflect(conversation, policy, wake)

    def close(self) -> None:
        """Begin no other turn."""
        self._is_closing = True

    async def _run(self, turn: Turn, policy: Policy, wake: asyncio.Event, *, look_first: bool) -> None:
        """One turn from taking it up to its last post."""
        with span("turn", turn=turn.id, platform=turn.conversation.platform, attempt=turn.attempt):
            async with self._one_suspect if turn.attempt > SIDE_BY_SIDE else nullcontext():
                if turn.attempt > 1:
                    await self._store.turns.count_attempt(turn)
                with _speaking_to(turn.posts[0], policy):
                    await self._take_up(turn, policy, wake, look_first=look_first)
            reach("outbox_committed")
            await self._deliver(turn.conversation, policy)

    async def _take_up(self, turn: Turn, policy: Policy, wake: asyncio.Event, *, look_first: bool) -> None:
        outcome = (
            self._set_aside(turn)
            or await self._connected(turn)
            or self._aside(turn)
            or await self._refusal(turn, policy)
        )
        if outcome is not None:
            await self._write_down(turn, turn.posts[0], outcome)
        else:
            await self._conclude(turn, policy, wake, look_first=look_first)

    async def _conclude(self, turn: Turn, policy: Policy, wake: asyncio.Event, *, look_first: bool) -> None:
        """Answer, in sight of the person, and write the answer down."""
        began = self._clock.monotonic()
        live = LivePost(self._channel, self._sender, turn.posts[0], self._clock, look_first=look_first)
        showing = asyncio.create_task(live.run())
        try:
            with metered() as meter:
                turn, outcome = await self._answer(turn, policy, live, wake)
        except asyncio.CancelledError:
            live.close()  # first: whoever takes the turn up may show theirs from now on
            await self._store.turns.hand_back(turn, "shut down")
            await showing
            await live.part(words.interrupted())
            raise
        finally:
            live.close()
            await showing
            await self._channel.rest(live.post)
        outcome = replace(outcome, charges=charges(turn, policy, meter.tokens))
        await self._write_down(turn, live.post, outcome)
        tally.used(turn.conversation.platform, read=meter.read, written=meter.written)
        tally.took(turn.conversation.platform, live.first_word, self._clock.monotonic() - began)

    async def _write_down(self, turn: Turn, post: Post, outcome: Outcome) -> None:
        posts = _posts(turn, post, outcome)
        await self._store.turns.finish(
            turn, replace(outcome, question=outcome.question or kept_question_of(turn)), posts
        )
        tally.answered(turn.conversation.platform, outcome)
        for arrival in outcome.relays:
            self._wake(arrival.event.conversation)

    def _set_aside(self, turn: Turn) -> Outcome | None:
        """The outcome of a turn that is given up."""
        if turn.attempt > ATTEMPTS or not (turn.messages or turn.relay):
            return self._notice(TurnState.FAILED, words.set_aside(), GAVE_UP)
        return None

    async def _connected(self, turn: Turn) -> Outcome | None:
        """The outcome of a turn in which the assistant has nothing to say of its own."""
        if turn.relay is not None:
            return self._passed_on(turn.relay)
        if self._switchboard is None:
            return None
        switchboard = self._switchboard
        answer = await self._sender.persist(lambda: switchboard.connect(turn))
        return None if answer is None else self._outcome(answer)

    def _aside(self, turn: Turn) -> Outcome | None:
        """The outcome of a turn while somebody speaks in the assistant's place."""
        if turn.redone or turn.heard_at is None or self._clock.now() - turn.heard_at > ASIDE:
            return None
        return self._outcome(Answer(text="", route=RELAY, quiet=True, remembered=True))

    def _passed_on(self, relay: Relay) -> Outcome:
        """What somebody said elsewhere, word for word; each file is a post of its own."""
        if relay.kind == "deletion":
            return _silence("taken back where it was said")
        if relay.heard:
            said = Answer(text=relay.text, route=HEARD, quiet=True, remembered=True)
            return replace(self._outcome(said), parts=())
        shown: list[Reply] = []
        if relay.text:
            shown += self._channel.split(Reply(text=relay.text, citations=relay.citations))
        parts = [*shown, *(Reply(text="", file=file) for file in relay.files)]
        parts[-1:] = [
            replace(
                each,
                actions=relay.actions,
                choices=relay.choices,
                judged=relay.judged,
                mentions=relay.mentions,
                pinned=relay.pinned,
                closes=relay.closes,
                private=relay.to is not None,
            )
            for each in parts[-1:]
        ]
        return Outcome(
            state=TurnState.ANSWERED,
            reply=relay.text,
            parts=tuple(parts),
            route=COLLEAGUE if relay.by_colleague else RELAY,
            quiet=True,
            remembered=relay.by_colleague,
            begins_afresh=relay.begins_afresh,
        )

    async def _refusal(self, turn: Turn, policy: Policy) -> Outcome | None:
        """The outcome of a turn that is not worth beginning; what was begun once is not counted again."""
        if turn.attempt > 1 or _is_command(turn):
            return None
        try:
            await self._budgets.spend(turn, policy)
        except OverBudget as error:
            if _stands(turn):
                return None
            if error.told:
                return _silence("over budget, and told so a moment ago")
            text = words.over_budget(error.retry_after, error.budget)
            return self._notice(TurnState.FAILED, text, "over budget")
        return None

    async def _deliver(self, conversation: Conversation, policy: Policy) -> None:
        """Send what is to be sent."""
        try:
            for delivery in await self._store.outbox.undelivered(conversation.key):
                with _speaking_to(delivery.post, policy):
                    await self._sender.deliver(delivery)
        except Moved as error:
            await self._store.outbox.move(conversation, error.channel)
            raise

    async def _answer(
        self, turn: Turn, policy: Policy, live: LivePost, wake: asyncio.Event
    ) -> tuple[Turn, Outcome]:
        """Generate until the answer stands or something ends the turn."""
        while True:
            generation = asyncio.create_task(self._generate(turn, policy, live))
            interruption = await self._race(generation, turn, policy, wake)
            if interruption is None:
                return generation.result()
            outcome = self._interrupted(interruption, live)
            if outcome is not None:
                return turn, outcome
            turn = await self._reworked(turn, interruption)
            live.begin_anew()

    async def _generate(self, turn: Turn, policy: Policy, live: LivePost) -> tuple[Turn, Outcome]:
        """The turn, with what is in its files; and the answer, or the plain words that stand for it."""
        if self._perception is not None:
            turn = await perceived(turn, policy, self._perception, self._store, live.feed)
        return turn, await self._answered(turn, policy, live)

    async def _answered(self, turn: Turn, policy: Policy, live: LivePost) -> Outcome:
        try:
            async with asyncio.timeout(TURN_SECONDS) as limit:
                with span("answer") as answering:
                    answer = await self._responder.respond(
                        turn, policy, live.feed, lambda: self._seat(turn, policy, live, limit)
                    )
                    answering.note(route=answer.route, model=answer.model)
            if answer.hand_off and self._switchboard is not None:
                answer = await self._handed_over(turn, answer, self._switchboard)
            if answer.removes:
                answer = await self._removed(turn, answer)
            return self._outcome(answer)
        except Overloaded as error:
            return self._notice(TurnState.FAILED, words.busy(error.retry_after), "too many people wait")
        except TimeoutError:
            return self._cut_off(live.answer, TurnState.FAILED, words.out_of_time(), "out of time")
        except PromptTooLong:
            return self._notice(TurnState.FAILED, words.too_long(), "the prompt is too long")
        except StoreError:
            raise  # the turn is taken up again once the database can be read
        except Exception as error:  # noqa: BLE001 - whatever broke, the person hears something
            _log.exception("turn %s in %s failed", turn.id, turn.conversation.key)
            return self._notice(TurnState.FAILED, words.failed(), type(error).__name__)

    async def _handed_over(self, turn: Turn, answer: Answer, switchboard: Switchboard) -> Answer:
        return await self._sender.persist(lambda: switchboard.hand_over(turn, answer))

    async def _removed(self, turn: Turn, answer: Answer) -> Answer:
        """The answer, once what it speaks of is gone; where the platform does not let us, a word on that."""
        theirs = replace(turn.posts[0], platform_id=answer.removes)
        try:
            await self._sender.persist(lambda: self._channel.withdraw(theirs))
        except Refused as error:
            _log.info("a message in %s could not be taken away: %s", turn.conversation.key, error)
            return replace(answer, text=words.cannot_take_away())
        return answer

    @asynccontextmanager
    async def _seat(
        self, turn: Turn, policy: Policy, live: LivePost, limit: asyncio.Timeout
    ) -> AsyncIterator[None]:
        """A place at the engine; the turn's time begins with it, as waiting has a limit of its own."""
        limit.reschedule(None)
        async with self._admission.seat(
            turn.conversation,
            turn.messages[-1].sender.key if turn.messages and policy.person_budget else "",
            longest_wait=math.inf if _stands(turn) else policy.longest_wait_seconds,
            tell=lambda forecast: live.hold(words.queue(forecast.ahead, forecast.seconds)),
        ):
            limit.reschedule(asyncio.get_running_loop().time() + TURN_SECONDS)
            yield

    async def _race(
        self,
        generation: "asyncio.Task[tuple[Turn, Outcome]]",
        turn: Turn,
        policy: Policy,
        wake: asyncio.Event,
    ) -> Interruption | None:
        """Let the generation run until it is done or interrupted; then nothing of it runs any more."""
        watch = asyncio.create_task(self._watch(turn, policy, wake))
        try:
            await asyncio.wait({generation, watch}, return_when=asyncio.FIRST_COMPLETED)
            if generation.done():
                return None
            return watch.result()
        finally:
            generation.cancel()
            watch.cancel()
            await asyncio.wait({generation, watch})

    async def _watch(self, turn: Turn, policy: Policy, wake: asyncio.Event) -> Interruption:
        seen = 0
        while True:
            wake.clear()
            entries = await self._store.inbox.waiting(turn.conversation.key, after=seen)
            if interruption := find_interruption(entries, turn, policy):
                return interruption
            if (
                entries and policy.overlap == "collect"
            ):  # to interrupt, a message needs to know what it overtakes
                seen = entries[-1].id
            await wake.wait()

    def _interrupted(self, interruption: Interruption, live: LivePost) -> Outcome | None:
        """The outcome, where the interruption ends the turn."""
        entry = interruption.entry
        if interruption.kind is Kind.STOP:
            stopped = self._cut_off(live.answer, TurnState.STOPPED, words.stopped(), "stopped by a person")
            return replace(stopped, stopped_by=entry.id)
        if interruption.kind is Kind.WITHDRAW:
            # the deletion stays in the inbox: the agenda wipes the words once the turn is closed
            return _silence("question deleted")
        if interruption.kind is Kind.ABANDON:
            # the departure stays in the inbox: the agenda closes with it whatever else was asked
            return _silence("nobody is left to answer")
        return None

    async def _reworked(self, turn: Turn, interruption: Interruption) -> Turn:
        """The turn as it is to be answered now."""
        entry = interruption.entry
        if interruption.kind is Kind.MERGE:
            return await self._store.turns.adopt(turn, [entry])
        if interruption.kind is Kind.REDUCE:
            return await self._reduced(turn, entry)
        message = entry.event.message  # type: ignore[union-attr]  # only an Edit rewords
        turn = await self._store.turns.reopen(turn, message)
        await self._store.inbox.close(
            turn.conversation.key, [entry.id], EntryState.DONE, "edited during its turn"
        )
        return turn

    async def _reduced(self, turn: Turn, entry: Entry) -> Turn:
        message_id = entry.event.message_id  # type: ignore[union-attr]  # only a Deletion reduces
        await self._store.people.forget(turn.conversation.key, message_id)
        await self._store.inbox.close(turn.conversation.key, [entry.id], EntryState.DROPPED, "deleted")
        return replace(turn, messages=tuple(each for each in turn.messages if each.id != message_id))

    async def _reflect(self, conversation: Conversation, policy: Policy, wake: asyncio.Event) -> None:
        """Let the dialogue use the quiet, until something new arrives."""
        wake.clear()
        if await self._store.inbox.waiting(conversation.key):
            return
        reflection = asyncio.create_task(self._responder.reflect(conversation, policy))
        waiting = asyncio.create_task(wake.wait())
        try:
            await asyncio.wait({reflection, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reflection.cancel()
            waiting.cancel()
            await asyncio.wait({reflection, waiting})
        if reflection.cancelled():
            return
        if problem := reflection.exception():
            _log.warning("nothing learnt from the quiet in %s", conversation.key, exc_info=problem)
            return
        for place in reflection.result():
            self._wake(place)

    def _outcome(self, answer: Answer) -> Outcome:
        return Outcome(
            state=TurnState.ANSWERED,
            reply=answer.text,
            parts=self._parts(answer),
            route=answer.route,
            quiet=answer.quiet,
            remembered=answer.remembered,
            question=answer.question,
            model=answer.model,
            prompt=answer.prompt,
            evidence=answer.evidence,
            relays=answer.relays,
            ticket=answer.ticket,
            flow=answer.flow,
            draft=answer.draft,
            audit=answer.audit,
        )

    def _parts(self, answer: Answer) -> tuple[Reply, ...]:
        if not answer.text:
            return ()
        return tuple(self._channel.split(_reply(answer)))

    def _cut_off(self, answer: Answer, state: TurnState, ending: str, reason: str) -> Outcome:
        """What was written until then stands, with how it came about; with nothing written, a notice."""
        text = f"{answer.text}\n\n{ending}" if answer.text else ending
        quiet = state is TurnState.FAILED or not answer.text
        cut = replace(answer, text=text, quiet=quiet)
        return replace(self._outcome(cut), state=state, reason=reason)

    def _notice(self, state: TurnState, text: str, reason: str) -> Outcome:
        parts = tuple(self._channel.split(Reply(text=text)))
        return Outcome(state=state, reply=text, parts=parts, reason=reason, quiet=True)


def _reply(answer: Answer) -> Reply:
    return Reply(text=answer.shown, citations=answer.citations, choices=answer.choices)


def _speaking_to(post: Post, policy: Policy) -> AbstractContextManager[None]:
    return spoken(post.recipient.language if post.recipient else "", policy.language)


def _stands(turn: Turn) -> bool:
    """Whether an answer of ours stands there already, which no refusal is to take the place of."""
    return bool(turn.posts[0].platform_id)


def _is_command(turn: Turn) -> bool:
    return bool(turn.messages[-1].command)


def _silence(reason: str) -> Outcome:
    return Outcome(state=TurnState.WITHDRAWN, reply="", parts=(), reason=reason, quiet=True)


def _posts(turn: Turn, first: Post, outcome: Outcome) -> Sequence[Post]:
    """One post per part: those that stand already, then new ones below."""
    standing = [first, *turn.posts[1:]][: len(outcome.parts)]
    fresh = [
        replace(first, id=uuid.uuid4().hex, platform_id="") for _ in range(len(outcome.parts) - len(standing))
    ]
    posts = [*standing, *fresh]
    return [
        replace(post, quiet=outcome.quiet, last=number == len(posts)) for number, post in enumerate(posts, 1)
    ]
