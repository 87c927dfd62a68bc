"""The relay against a list, under whatever Hypothesis thinks of.

Customers write, ask for people, edit and delete; agents write in their threads, press buttons, edit and
delete; the platform fails in every way it can; the process dies without a word and starts again. Whatever the
order: what anybody wrote stands once on the other side, in order, and never in another customer's place.

With `FRONTDESK_MACHINE=deep` it looks for longer.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bots.helpdesk import build
from core import words
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.delivery.responder import Answer
from core.desk_policy import DeskSection
from core.dialogue.dialogue import Dialogue
from core.errors import RateLimited, Unreachable
from core.message import Addressing, Arrival, Conversation, Deletion, Edit, Person, Platform, Post, Reply
from core.policy import Policies, Policy
from core.store.ports import Store
from core.store.records import Brief, Ticket, Transcript
from tests.delivery.lives import WHICH, Connection, Lives, MoodyEngine, MoodyPlatform, chosen
from tests.samples import arrival, conversation, message

DEEP = os.environ.get("FRONTDESK_MACHINE") == "deep"
CUSTOMERS = ("Kit", "Gus", "Ada")
LOBBY = Conversation(platform=Platform.TERMINAL, tenant="t", channel="desk")
BUTTONS = ("take", "release", "snooze", "resolve", "back")
RELAYED = re.compile(r"^\*\*(\w+):\*\* ([aq]\d+?)(?:v\d+)?$")
"""Words under somebody's name, as the other side sees them."""


class DeskOfAll:
    """Everybody is an agent there."""

    has_titles = False

    async def lobby(self) -> Conversation:
        return LOBBY

    async def admits(self, person: Person) -> bool:
        return True

    async def name(self, person: Person) -> str:
        return person.name


class EchoingAdviser:
    """Names the customers' words, so that whatever it says in a wrong place is seen."""

    async def suggest(
        self, conversation: Conversation, transcript: Transcript, policy: Policy
    ) -> Answer | None:
        return Answer(text=f"suggestion for {transcript.exchanges[-1].question}", route="chat", model="m@1")

    async def brief(self, transcript: Transcript) -> Brief:
        return Brief(summary=" ".join(each.question for each in transcript.exchanges), topics=())


@dataclass
class ThreadedPlatform(MoodyPlatform):
    """Remembers the threads of posts, too."""

    threads: dict[str, str] = field(default_factory=dict)

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        try:
            platform_id = await super().place(post, reply)
        finally:
            if post.id in self.metadata:
                self.threads[self.metadata[post.id]] = post.conversation.thread
        return platform_id


@dataclass(repr=False)
class Written:
    """Words of a customer or an agent, as the list has them."""

    word: str
    customer: str
    thread: str
    """Where an agent wrote; empty for a customer."""
    event: Arrival
    edits: int = 0
    is_deleted: bool = False

    @property
    def text(self) -> str:
        return f"{self.word}v{self.edits}" if self.edits else self.word


class RelayMachine(Lives, RuleBasedStateMachine):
    """Everything that may happen between customers and agents, in any order."""

    platform: ThreadedPlatform

    def __init__(self) -> None:
        super().__init__()
        self.platform = ThreadedPlatform()
        self.written: list[Written] = []
        self.events = 0
        self.sent: dict[str, str] = {}
        """Customers by the words that an agent sent for a suggestion to them."""

    def build(
        self, store: Store, engine: MoodyEngine, connection: Connection
    ) -> tuple[Dispatcher, Reception]:
        counter = build(store, self.policies, self.clock)
        assert counter is not None
        counter.door.connect(DeskOfAll())
        dispatcher = Dispatcher(
            store=store,
            responder=counter.responder(Dialogue(store, engine), EchoingAdviser()),
            policies=self.policies,
            admission=Admission(engine.load),
            clock=self.clock,
            switchboard=counter.switchboard,
        )
        dispatcher.connect(Platform.TERMINAL, counter.channel(Platform.TERMINAL, connection))
        return dispatcher, Reception(store, self.policies, dispatcher.wake, counter.switchboard)

    # --- rules

    @initialize(finds=st.booleans())
    def begin(self, finds: bool) -> None:
        section = DeskSection.model_construct(
            platform="terminal", channel="desk", reopen_days=7, unknown_answers=0
        )
        policy = Policy(settle_seconds=0.5, person_budget=0, longest_wait_seconds=3600)
        self.policies = Policies.model_construct(
            assistant=policy, channels=(), knowledge=Policies().knowledge, desk=section
        )
        self.platform.finds = finds
        self.run(self._start())
        for customer in CUSTOMERS[:2]:
            self.a_customer_asks_for_a_person(customer)

    @rule(customer=st.sampled_from(CUSTOMERS))
    def a_customer_asks_for_a_person(self, customer: str) -> None:
        asked = message("", where=conversation(customer), sender=person(customer), command="human")
        self.run(self._accept(arrival(asked, key=self._key())))

    @rule(customer=st.sampled_from(CUSTOMERS), times=st.integers(1, 3))
    def a_customer_writes(self, customer: str, times: int) -> None:
        for _ in range(times):
            word = f"q{len(self.written) + 1}"
            said = message(word, id=word, where=conversation(customer), sender=person(customer))
            self._write(Written(word=word, customer=customer, thread="", event=arrival(said, key=word)))

    @rule(which=WHICH, times=st.integers(1, 2))
    def an_agent_writes(self, which: int, times: int) -> None:
        if not (ticket := chosen(self._threads(), which)):
            return
        customer, thread = ticket
        for _ in range(times):
            word = f"a{len(self.written) + 1}"
            said = message(
                word,
                id=word,
                where=replace(LOBBY, thread=thread),
                sender=person("Ben"),
                addressed=Addressing.THREAD,
            )
            self._write(Written(word=word, customer=customer, thread=thread, event=arrival(said, key=word)))

    @rule(which=WHICH, button=st.sampled_from(BUTTONS))
    def an_agent_presses(self, which: int, button: str) -> None:
        if not (ticket := chosen(self._threads(), which)):
            return
        _, thread = ticket
        pressed = message(
            "", where=replace(LOBBY, thread=thread), sender=person("Ben"), command=f"desk:{button}"
        )
        self.run(self._accept(arrival(pressed, key=self._key())))

    @rule(which=WHICH, times=st.integers(1, 2))
    def an_agent_sends_a_suggestion(self, which: int, times: int) -> None:
        if not (suggestion := chosen(self._suggestions(), which)):
            return
        customer, thread, post = suggestion
        for _ in range(times):
            word = f"s{len(self.sent) + 1}"
            self.sent[word] = customer
            place = replace(LOBBY, thread=thread)
            pressed = message(word, where=place, sender=person("Ben"), command="desk:send", reply_to=post)
            self.run(self._accept(arrival(pressed, key=self._key())))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_edits(self, data: st.DataObject) -> None:
        written = data.draw(st.sampled_from(self._at_hand()))
        written.edits += 1
        said: Any = written.event.event
        edited = Edit(message=replace(said, text=written.text))
        self.run(self._accept(arrival(edited, key=self._key())))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_deletes(self, data: st.DataObject) -> None:
        written = data.draw(st.sampled_from(self._at_hand()))
        written.is_deleted = True
        deleted = Deletion(conversation=written.event.event.conversation, message_id=written.word)
        self.run(self._accept(arrival(deleted, key=self._key())))

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def an_event_comes_again(self, data: st.DataObject) -> None:
        self.run(self._accept(data.draw(st.sampled_from(self.written)).event))

    @rule(
        method=st.sampled_from(["place", "settle", "find", "withdraw"]),
        kind=st.sampled_from(["limited", "unreachable", "uncertain"]),
    )
    def the_platform_will_fail(self, method: str, kind: str) -> None:
        if kind == "uncertain" and method in ("place", "settle"):
            self.platform.lost.append(method)
        else:
            self.platform.fail(method, RateLimited(retry_after=30) if kind == "limited" else Unreachable())

    @rule(seconds=st.sampled_from([1, 5, 40]))
    def time_passes(self, seconds: int) -> None:
        self.run(self._pass(seconds))

    @precondition(lambda self: self.deaths < 4)
    @rule(is_known_dead=st.booleans())
    def the_process_dies(self, is_known_dead: bool) -> None:
        self.deaths += 1
        self.run(self._die(is_known_dead))
        self.run(self._start())

    # --- what must hold

    @invariant()
    def nothing_stands_twice(self) -> None:
        counted = Counter(word for _, word, _ in self._relayed())
        assert not [word for word, times in counted.items() if times > 1], self.platform.visible

    @invariant()
    def nothing_stands_in_a_place_of_somebody_else(self) -> None:
        owners = {each.word: each.customer for each in self.written}
        threads = {thread: customer for customer, thread in self._threads()}
        for platform_id, word, _ in self._relayed():
            channel = self.platform.chats[platform_id]
            place = threads.get(self._thread_of(platform_id)) if channel == "desk" else channel
            assert place == owners[word], f"{word} of {owners[word]} stands in {place}"
        for platform_id, text in self.platform.visible.items():
            channel = self.platform.chats[platform_id]
            for word in re.findall(r"\b([aq]\d+)(?:v\d+)?\b", text):
                place = threads.get(self._thread_of(platform_id)) if channel == "desk" else channel
                assert place == owners[word], f"{word} of {owners[word]} is told in {place}: {text}"

    @invariant()
    def a_suggestion_is_sent_once_and_to_its_customer(self) -> None:
        told = Counter[str]()
        for platform_id, text in self.platform.visible.items():
            channel = self.platform.chats[platform_id]
            for word in re.findall(r"\bs\d+\b", text) if channel != "desk" else ():
                assert self.sent[word] == channel, f"{word} stands in {channel}"
                told[word] += 1
        assert not [word for word, times in told.items() if times > 1], self.platform.visible

    def teardown(self) -> None:
        try:
            if self.process is not None:
                self.run(self._work_off())
                self.nothing_stands_twice()
                self.nothing_stands_in_a_place_of_somebody_else()
                self._nothing_is_lost()
                self._nothing_is_overtaken()
        finally:
            if self.process is not None:
                self.run(self._die(is_known_dead=True))
            self.runner.close()
            self.folder.cleanup()

    def _nothing_is_lost(self) -> None:
        relayed = {word: text for _, word, text in self._relayed()}
        for each in self.written:
            if each.is_deleted:
                assert each.word not in relayed, f"{each.word} was taken back: {relayed}"
            elif each.word in relayed:
                assert relayed[each.word].endswith(each.text), f"{relayed[each.word]!r}, not {each.text}"
            else:
                said = self._said(each.thread or each.customer, in_thread=bool(each.thread))
                excuses = ["did not reach the customer"] if each.thread else [f"echo: {each.word}", each.word]
                excuses += [words.failed(), words.set_aside(), words.unpostable()]
                assert any(excuse in said for excuse in excuses), f"{each.word} was lost: {said!r}"

    def _nothing_is_overtaken(self) -> None:
        for customer in CUSTOMERS:
            for kind in "aq":
                places = [
                    (platform_id, word)
                    for platform_id, word, _ in self._relayed()
                    if word[0] == kind and self._owner(word) == customer
                ]
                threads = {self.platform.threads[platform_id] for platform_id, _ in places}
                for thread in threads:
                    found = [pair for pair in places if self.platform.threads[pair[0]] == thread]
                    order = [int(word[1:]) for _, word in sorted(found, key=lambda pair: int(pair[0][1:]))]
                    assert order == sorted(order), f"{kind} of {customer}: {order}"

    # --- how it is done

    def _key(self) -> str:
        self.events += 1
        return f"event {self.events}"

    def _write(self, written: Written) -> None:
        self.written.append(written)
        self.run(self._accept(written.event))

    def _owner(self, word: str) -> str:
        return next(each.customer for each in self.written if each.word == word)

    def _at_hand(self) -> list[Written]:
        return [each for each in self.written if not each.is_deleted]

    def _relayed(self) -> list[tuple[str, str, str]]:
        """Every post of somebody's words: its id, the word, and the text."""
        found = []
        for platform_id, text in self.platform.visible.items():
            if match := RELAYED.match(text):
                found.append((platform_id, match[2], text))
        return found

    def _threads(self) -> list[tuple[str, str]]:
        """Customers and the platform's ids of their tickets' threads."""
        tickets = self.run(self._tickets())
        return [(each.customer.channel, each.thread) for each in tickets if each.thread]

    def _suggestions(self) -> list[tuple[str, str, str]]:
        """Customers, threads and posts of the suggestions in sight."""
        customers = {thread: customer for customer, thread in self._threads()}
        posts = [
            (self._thread_of(each), each) for each, text in self.platform.visible.items() if "💡" in text
        ]
        return [(customers[thread], thread, post) for thread, post in posts if thread in customers]

    async def _tickets(self) -> list[Ticket]:
        return list(await self._process.store.tickets.since(self.clock.now().replace(year=2000)))

    def _thread_of(self, platform_id: str) -> str:
        return self.platform.threads[platform_id] or platform_id

    def _said(self, place: str, *, in_thread: bool) -> str:
        return "\n".join(
            text
            for each, text in self.platform.visible.items()
            if (self._thread_of(each) if in_thread else self.platform.chats[each]) == place
        )


def person(name: str) -> Person:
    return Person(platform=Platform.TERMINAL, tenant="t", id=name.lower(), name=name)


TestRelay = RelayMachine.TestCase
TestRelay.settings = settings(
    max_examples=1000 if DEEP else 30,
    stateful_step_count=60 if DEEP else 25,
    derandomize=not DEEP,
    suppress_health_check=list(HealthCheck),
)
