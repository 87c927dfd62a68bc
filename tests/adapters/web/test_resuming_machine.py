"""The widget's protocol against a list, under whatever Hypothesis thinks of.

Visitors write in one window and in another, and people write to them; frames are late, come twice or are lost
with their connection; pages are loaded anew; the process dies between any two of its writes and starts again.
Whatever the order: everybody's words stand once in every window, in order, and each is answered once.

With `FRONTDESK_MACHINE=deep` it looks for longer.
"""

import asyncio
import json
import os
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSMessage, WSMsgType, web
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.web import ids, payload
from adapters.web.audience import Audience
from adapters.web.egress import WebChannel
from adapters.web.files import WebFiles
from adapters.web.gate import Visitor
from adapters.web.limits import Limiter
from adapters.web.receiver import Receiver
from adapters.web.session import Services, Session
from bots.playground.widget.window import Frame, Window
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.errors import StoreError
from core.message import Arrival, Person, Platform, Relay
from core.policy import Policies, Policy
from core.store.ports import Store
from core.store.sealing import PlainSealer
from core.testing import FakeFiles
from tests.delivery.lives import WHICH, Connection, Lives, MoodyEngine, chosen

DEEP = os.environ.get("FRONTDESK_MACHINE") == "deep"
SITE = "https://www.example.org"
VISITORS = ("Kit", "Gus")
WINDOWS = ((0, "Kit"), (1, "Kit"), (2, "Gus"))
WORD = re.compile(r"\b[qa]\d+\b")


class Wire:
    """A WebSocket whose network is in our hands: what is sent lies on the way until it is let through."""

    def __init__(self) -> None:
        self.up: deque[str] = deque()
        self.down: deque[str] = deque()
        self._arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self.is_cut = False

    # --- the service's end, as far as a session uses it

    async def send_str(self, text: str) -> None:
        if self.is_cut:
            raise ConnectionResetError
        self.down.append(text)

    async def send_json(self, frame: Frame) -> None:
        await self.send_str(json.dumps(frame))

    async def close(self, code: int = 1000) -> None:
        self.cut()

    async def __aiter__(self) -> AsyncIterator[WSMessage]:
        while (text := await self._arrived.get()) is not None:
            yield WSMessage(WSMsgType.TEXT, text, None)

    # --- ours

    def arrive(self, text: str) -> None:
        """Something comes to the service."""
        self._arrived.put_nowait(text)

    def cut(self) -> None:
        """Nothing comes through any more."""
        self.is_cut = True
        self._arrived.put_nowait(None)


@dataclass
class Browser:
    """A window of a visitor, and its connection."""

    window: Window
    visitor: str
    wire: Wire | None = None
    session: "asyncio.Task[None] | None" = None
    patience: float = 0.0
    """Until when the service asks for patience, on the machine's clock."""
    said: list[str] = field(default_factory=list)

    @property
    def is_connected(self) -> bool:
        return self.wire is not None and not self.wire.is_cut

    def words(self, by: str) -> list[str]:
        """The words that stand there, of a visitor or of the other side, in order."""
        shown = [each for each in self.window.messages if each["by"] == by]
        return [
            word for each in shown for word in WORD.findall(each["plain" if by == "assistant" else "text"])
        ]


class ResumingMachine(Lives, RuleBasedStateMachine):
    """Everything that may happen between browsers and the service, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.policies = Policies(
            assistant=Policy(settle_seconds=0.5, person_budget=0, longest_wait_seconds=3600)
        )
        self.tokens = {visitor: secrets.token_urlsafe(32) for visitor in VISITORS}
        self.browsers = [
            Browser(Window(token=self.tokens[visitor], site=SITE), visitor) for _, visitor in WINDOWS
        ]
        self.told: dict[str, list[str]] = {visitor: [] for visitor in VISITORS}
        self.numbers = 0

    def build(
        self, store: Store, engine: MoodyEngine, connection: Connection
    ) -> tuple[Dispatcher, Reception]:
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=self.policies,
            admission=Admission(engine.load),
            clock=self.clock,
        )
        reception = Reception(store, self.policies, dispatcher.wake)
        audience, kept = Audience(), WebFiles(self.path.parent / "widget", PlainSealer())
        dispatcher.connect(
            Platform.WEB, WebChannel(feed=store.feed, audience=audience, kept=kept, files=FakeFiles())
        )
        self.services = Services(
            receiver=Receiver(
                intake=reception, feed=store.feed, files=kept, audience=audience, clock=self.clock
            ),
            feed=store.feed,
            audience=audience,
            limiter=Limiter(self.clock),
            clock=self.clock,
            read=_nothing_to_read,
        )
        return dispatcher, reception

    # --- rules

    @initialize()
    def begin(self) -> None:
        self.run(self._start())
        for browser in self.browsers:
            self.run(self._connect(browser))

    @rule(at=st.sampled_from(WINDOWS), times=st.integers(1, 3))
    def a_visitor_writes(self, at: tuple[int, str], times: int) -> None:
        browser = self.browsers[at[0]]
        for _ in range(times):
            word = self._word("q")
            browser.said.append(word)
            browser.window.do(type="say", text=word, files=[])
        self._pump(browser)

    @rule(visitor=st.sampled_from(VISITORS))
    def somebody_writes_to_a_visitor(self, visitor: str) -> None:
        word = self._word("a")
        self.told[visitor].append(word)
        place = ids.conversation(SITE, ids.anonymous(self.tokens[visitor]))
        relay = Relay(conversation=place, source=word, text=word)
        self.run(self._pass_on(Arrival(key=word, event=relay)))

    @rule(at=st.sampled_from(WINDOWS), up=st.integers(0, 3), down=st.integers(0, 6))
    def frames_come_through(self, at: tuple[int, str], up: int, down: int) -> None:
        browser = self.browsers[at[0]]
        self.run(self._connect(browser))
        self._let_through(browser, up, down)

    @rule(which=WHICH, times=st.integers(1, 3))
    def a_frame_comes_more_than_once(self, which: int, times: int) -> None:
        under_way = [each.wire for each in self.browsers if each.is_connected and each.wire and each.wire.up]
        if not (wire := chosen(under_way, which)):
            return
        for _ in range(times):
            wire.arrive(wire.up[0])
        self.run(self._calm())

    @rule(at=st.sampled_from(WINDOWS), up=st.integers(0, 3), down=st.integers(0, 6))
    def a_connection_is_lost_with_what_is_on_its_way(self, at: tuple[int, str], up: int, down: int) -> None:
        browser = self.browsers[at[0]]
        self._let_through(browser, up, down)
        self._lose(browser)

    @rule(at=st.sampled_from(WINDOWS))
    def a_page_is_loaded_anew(self, at: tuple[int, str]) -> None:
        """Only what was not acknowledged outlives it."""
        browser = self.browsers[at[0]]
        self._lose(browser)
        before = browser.window
        browser.window = Window(token=before.token, site=before.site, outbox=before.outbox)

    @rule(seconds=st.sampled_from([1, 5, 40]))
    def time_passes(self, seconds: int) -> None:
        self.run(self._pass(seconds))
        for browser in self.browsers:
            self._pump(browser)

    @precondition(lambda self: self.deaths < 6)
    @rule(at=st.sampled_from(WINDOWS), times=st.integers(0, 2), writes=st.integers(0, 5), known=st.booleans())
    def the_process_dies_between_two_of_its_writes(
        self, at: tuple[int, str], times: int, writes: int, known: bool
    ) -> None:
        """While a visitor writes; and it starts again."""
        self.deaths += 1
        self.frames_come_through(at, up=0, down=6)
        self.a_visitor_writes(at, times)
        self._process.database.writes_left = writes
        for browser in self.browsers:
            self._let_through(browser, up=3, down=3)
        for browser in self.browsers:
            self._lose(browser)
        self.run(self._die(known))
        self.run(self._start())

    # --- what must hold

    @invariant()
    def nothing_stands_twice_or_out_of_order(self) -> None:
        for browser in self.browsers:
            for by in ("visitor", "assistant"):
                words = browser.words(by)
                assert len(set(words)) == len(words), f"{by} twice: {words}"
            for other in self._windows_of(browser.visitor):
                mine = [word for word in browser.words("visitor") if word in other.said]
                assert mine == [word for word in other.said if word in mine], f"{mine} of {other.said}"
            told = [word for word in browser.words("assistant") if word.startswith("a")]
            assert told == self.told[browser.visitor][: len(told)], f"{told}"

    @invariant()
    def no_answer_stands_above_its_question(self) -> None:
        for browser in self.browsers:
            seen: set[str] = set()
            for each in browser.window.messages:
                if each["by"] == "visitor":
                    seen.add(each["text"])
                else:
                    assert {word for word in WORD.findall(each["plain"]) if word[0] == "q"} <= seen

    @invariant()
    def nobody_reads_what_is_none_of_theirs(self) -> None:
        for browser in self.browsers:
            theirs = {word for each in self._windows_of(browser.visitor) for word in each.said}
            theirs |= set(self.told[browser.visitor])
            assert {*browser.words("visitor"), *browser.words("assistant")} <= theirs

    def teardown(self) -> None:
        try:
            if self.process is not None:
                self._come_to_rest()
                self.nothing_stands_twice_or_out_of_order()
                self.no_answer_stands_above_its_question()
                self._nothing_is_lost()
        finally:
            if self.process is not None:
                self.run(self._die(is_known_dead=True))
            self.runner.close()
            self.folder.cleanup()

    def _nothing_is_lost(self) -> None:
        for browser in self.browsers:
            said = {word for each in self._windows_of(browser.visitor) for word in each.said}
            told = self.told[browser.visitor]
            assert set(browser.words("visitor")) == said, browser.words("visitor")
            assert set(browser.words("assistant")) == {*said, *told}, browser.words("assistant")
            for other in self._windows_of(browser.visitor):
                answered = [word for word in browser.words("assistant") if word in other.said]
                assert answered == other.said, f"{answered} answer {other.said}"

    # --- how it is done

    def _word(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}{self.numbers}"

    def _windows_of(self, visitor: str) -> list[Browser]:
        return [each for each in self.browsers if each.visitor == visitor]

    async def _connect(self, browser: Browser) -> None:
        if browser.is_connected:
            return
        browser.wire = wire = Wire()
        place = ids.conversation(SITE, ids.anonymous(browser.window.token))
        person = Person(platform=Platform.WEB, tenant=place.tenant, id=place.channel)
        hello = payload.parse(json.dumps(browser.window.hello()))
        assert isinstance(hello, payload.Hello)
        session = Session(
            cast(web.WebSocketResponse, wire),
            Visitor(person=person, place=place),
            "127.0.0.1",
            hello.after,
            self.services,
        )
        browser.session = asyncio.create_task(_run(session, wire))
        await self._calm()

    async def _pass_on(self, arrival: Arrival) -> None:
        """As the turn of another conversation does."""
        await self._process.store.inbox.accept(arrival)
        self._process.dispatcher.wake(arrival.event.conversation)
        await self._calm()

    def _let_through(self, browser: Browser, up: int, down: int) -> None:
        wire = browser.wire
        if wire is None or wire.is_cut:
            return
        for _ in range(min(up, len(wire.up))):
            wire.arrive(wire.up.popleft())
        self.run(self._calm())
        before = browser.window.after
        for _ in range(min(down, len(wire.down))):
            frame = json.loads(wire.down.popleft())
            if frame["type"] == "item":
                assert frame["seq"] > before, f"{frame['seq']} was seen before"
                before = frame["seq"]
            browser.window.hear(frame)
            if frame["type"] == "later":
                browser.patience = self.clock.monotonic() + frame["seconds"]
            self._pump(browser)

    def _pump(self, browser: Browser) -> None:
        """Send what may be sent; nothing goes before the welcome."""
        if not browser.is_connected or not browser.window.welcome or browser.wire is None:
            return
        if browser.patience and self.clock.monotonic() >= browser.patience:
            browser.patience = 0.0
            browser.window.again()
        if deed := browser.window.next():
            browser.wire.up.append(json.dumps(deed))

    def _lose(self, browser: Browser) -> None:
        if browser.wire is not None:
            browser.wire.cut()
        browser.wire, browser.window.welcome, browser.patience = None, {}, 0.0

    def _come_to_rest(self) -> None:
        """Everything is connected and let through, until nothing is left to do."""
        for _ in range(100):
            for browser in self.browsers:
                self.run(self._connect(browser))
                self._let_through(browser, 100, 100)
            self.run(self._pass(5))
            for browser in self.browsers:
                self._pump(browser)
            if not any(each.window.outbox for each in self.browsers):
                break
        self.run(self._work_off())
        for browser in self.browsers:
            self._let_through(browser, 100, 1000)


async def _run(session: Session, wire: Wire) -> None:
    try:
        await session.run({})
    except (ConnectionError, StoreError):
        pass
    finally:
        wire.cut()


async def _nothing_to_read(passage: int, visitor: Visitor) -> dict[str, Any]:
    return {}


TestResuming = ResumingMachine.TestCase
TestResuming.settings = settings(
    max_examples=1000 if DEEP else 40,
    stateful_step_count=60 if DEEP else 30,
    derandomize=not DEEP,
    suppress_health_check=list(HealthCheck),
)
