"""The delivery core against a list, under whatever Hypothesis thinks of.

People write, edit, delete and press Stop in several conversations; events come again; the model takes its
time or fails; the platform fails in every way it can; a chat moves; the process dies without a word and
starts again on the same database. Whatever the order: every message is answered once, in order, in its
place, or it is said why not.

Time is a clock that only the machine moves. With `FRONTDESK_MACHINE=deep` it looks for longer.
"""

import asyncio
import os
import re
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core import words
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.engine.types import Delta, Load, Options, Prompt
from core.errors import (
    Gone,
    ModelError,
    Moved,
    RateLimited,
    Refused,
    StoreError,
    Uncertain,
    Unreachable,
    Vanished,
)
from core.message import Arrival, Conversation, Deletion, Edit, Platform, Post, Reply, Stop
from core.policy import Policies, Policy
from core.store import database
from core.store.ports import Store
from core.store.sqlite import store as sqlite_store
from core.testing import FakeChannel, FakeClock, ScriptedEngine
from tests.samples import ANNA, arrival, conversation, message

T = TypeVar("T")
CALM = 30
"""Rounds of the event loop without a call to the database after which nothing happens by itself any more."""
LONGEST = 400
"""Steps of two seconds in which everything must be worked off."""
TOKEN = re.compile(r"\bq(\d+)(?:v\d+)?\b")
PLACES = ("kitchen", "garden", "attic")
DEEP = os.environ.get("FRONTDESK_MACHINE") == "deep"
WAIT = 30.0
OPEN = """
SELECT (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'adopted'))
    + (SELECT count(*) FROM turns WHERE state IN ('running', 'handed_back'))
    + (SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'failed', 'withdrawn'))
"""


class Died(Exception):
    """The process is gone."""


class WatchedDatabase(database.Database):
    """Counts calls under way, and takes none once its process is dead."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.under_way = 0
        self.dead = False

    async def write(self, run: Any) -> Any:
        return await self._counted(super().write, run)

    async def read(self, run: Any) -> Any:
        return await self._counted(super().read, run)

    async def _counted(self, call: Any, run: Any) -> Any:
        if self.dead:
            raise StoreError
        self.under_way += 1
        try:
            return await call(run)
        finally:
            self.under_way -= 1


class MoodyEngine(ScriptedEngine):
    """Echoes, holds its breath, or fails, and knows whom it failed."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = Load(queued=0, active=0, capacity=2, seconds_per_answer=1.0)
        self.failures = 0
        self.failed: set[int] = set()

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        if self.failures:
            self.failures -= 1
            self.failed |= numbers(prompt.text.rsplit("user: ", 1)[-1])
            raise ModelError
        async for delta in super().stream(prompt, options):
            yield delta


@dataclass
class MoodyPlatform(FakeChannel):
    """Shows posts in their chats; loses answers, limits, refuses, moves chats, and outlives every process."""

    finds: bool = False
    """Whether it can be asked for a post (as Slack can)."""
    chats: dict[str, str] = field(default_factory=dict)
    """The chat of every post, by its platform id."""
    metadata: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    lost: deque[str] = field(default_factory=deque)
    """Methods whose next call is carried out and not answered."""
    refused: set[str] = field(default_factory=set)
    """Chats in which an answer was refused for good."""

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        self._enter(post)
        platform_id = await super().place(post, reply)
        self.chats[platform_id] = post.conversation.channel
        self.metadata[post.id] = platform_id
        self._maybe_lose("place")
        return platform_id

    async def settle(self, post: Post, reply: Reply) -> None:
        self._enter(post)
        if post.platform_id not in self.visible:
            raise Vanished
        await super().settle(post, reply)
        self._maybe_lose("settle")

    async def find(self, post: Post) -> str | None:
        self._enter(post)
        await super().find(post)
        return self.metadata.get(post.id) if self.finds else None

    async def withdraw(self, post: Post) -> None:
        self._enter(post)
        await super().withdraw(post)

    async def show(self, post: Post, text: str) -> None:
        self._enter(post)
        await super().show(post, text)
        if post.platform_id in self.visible:
            self.visible[post.platform_id] = text

    def _enter(self, post: Post) -> None:
        chat = post.conversation.channel
        if chat in self.moved:
            raise Moved(channel=self.moved[chat])

    def _maybe_lose(self, method: str) -> None:
        if self.lost and self.lost[0] == method:
            self.lost.popleft()
            raise Uncertain


class Connection(FakeChannel):
    """One process's way to the platform: with the process, it ends."""

    def __init__(self, platform: MoodyPlatform) -> None:
        super().__init__()
        self.platform = platform
        self.dead = False

    def __getattribute__(self, name: str) -> Any:
        if name in ("place", "settle", "find", "withdraw", "working", "show", "rest", "hold"):
            if object.__getattribute__(self, "dead"):
                raise Gone
            return getattr(object.__getattribute__(self, "platform"), name)
        return object.__getattribute__(self, name)


@dataclass
class Process:
    """One life of the service."""

    context: Any
    store: Store
    database: WatchedDatabase
    dispatcher: Dispatcher
    reception: Reception
    engine: MoodyEngine
    connection: Connection
    sweeping: "asyncio.Task[None]"


@dataclass(repr=False)
class Asked:
    """A message as the list has it."""

    number: int
    home: str
    """The place where it was written, whatever it is called now."""
    event: Arrival
    edits: int = 0
    is_deleted: bool = False
    may_be_stopped: bool = False

    def __repr__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f"q{self.number}" + (f"v{self.edits}" if self.edits else "")


def numbers(text: str) -> set[int]:
    """The messages whose words stand in a text."""
    return {int(number) for number in TOKEN.findall(text)}


class DeliveryMachine(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.path = Path(self.folder.name) / "frontdesk.db"
        self.clock = FakeClock()
        self.platform = MoodyPlatform()
        self.policies = Policies()
        self.process: Process | None = None
        self.asked: list[Asked] = []
        self.names = {place: place for place in PLACES}
        self.failed: set[int] = set()
        self.moves = 0
        self.deaths = 0

    # --- rules

    @initialize(overlap=st.sampled_from(["collect", "interrupt"]), finds=st.booleans())
    def begin(self, overlap: Any, finds: bool) -> None:
        policy = Policy(settle_seconds=0.5, overlap=overlap, person_budget=0, longest_wait_seconds=3600)
        self.policies = Policies(assistant=policy)
        self.platform.finds = finds
        self.run(self._start())

    @rule(place=st.sampled_from(PLACES), times=st.integers(1, 3))
    def somebody_writes(self, place: str, times: int) -> None:
        for _ in range(times):
            number = len(self.asked) + 1
            event = arrival(
                message(f"q{number}", id=f"m{number}", where=self._where(place)), key=f"k{number}"
            )
            self.asked.append(Asked(number=number, home=place, event=event))
            self.run(self._accept(event))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def an_event_comes_again(self, data: st.DataObject) -> None:
        self.run(self._accept(data.draw(st.sampled_from(self.asked)).event))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_edits(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self._at_hand()))
        asked.edits += 1
        edited = message(asked.text, id=f"m{asked.number}", where=self._where(asked.home))
        self.run(self._accept(arrival(Edit(message=edited), key=f"edited {asked.number}.{asked.edits}")))

    @precondition(lambda self: self._at_hand())
    @rule(data=st.data())
    def somebody_deletes(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(self._at_hand()))
        asked.is_deleted = True
        event = Deletion(conversation=self._where(asked.home), message_id=f"m{asked.number}")
        self.run(self._accept(arrival(event, key=f"deleted {asked.number}")))

    @rule(place=st.sampled_from(PLACES))
    def somebody_presses_stop(self, place: str) -> None:
        for asked in self.asked:
            asked.may_be_stopped |= asked.home == place
        self.run(self._accept(arrival(Stop(conversation=self._where(place), person=ANNA))))

    @rule()
    def the_model_holds_its_breath(self) -> None:
        self._process.engine.hold.clear()

    @rule()
    def the_model_goes_on(self) -> None:
        self._process.engine.hold.set()
        self.run(self._calm())

    @rule()
    def the_model_will_fail(self) -> None:
        self._process.engine.failures = 1

    @rule(
        method=st.sampled_from(["place", "settle", "find", "show", "working", "withdraw"]),
        kind=st.sampled_from(["limited", "unreachable", "uncertain"]),
    )
    def the_platform_will_fail(self, method: str, kind: str) -> None:
        error = {"limited": RateLimited(retry_after=WAIT), "unreachable": Unreachable()}
        if kind == "uncertain" and method in ("place", "settle"):
            self.platform.lost.append(method)
        else:
            self.platform.fail(method, error.get(kind) or Unreachable())

    @precondition(lambda self: not self.platform.failures.get("settle"))
    @rule()
    def the_platform_will_refuse_an_answer(self) -> None:
        self.platform.fail("settle", Refused())

    @precondition(lambda self: self.moves < 2)
    @rule(place=st.sampled_from(PLACES))
    def a_chat_moves(self, place: str) -> None:
        self.moves += 1
        old, new = self.names[place], f"{place} {self.moves}"
        self.names[place] = self.platform.moved[old] = new

    @rule(seconds=st.sampled_from([1, 5, 40]))
    def time_passes(self, seconds: int) -> None:
        self.run(self._pass(seconds))

    @precondition(lambda self: self.deaths < 4)
    @rule(is_known_dead=st.booleans())
    def the_process_dies(self, is_known_dead: bool) -> None:
        """Its successor sees that it is dead, or only that it is silent."""
        self.deaths += 1
        self.run(self._die(is_known_dead))
        self.run(self._start())

    # --- what must hold

    @invariant()
    def nothing_is_answered_twice(self) -> None:
        for asked in self.asked:
            assert len(self._posts_with(asked.number)) <= 1, f"q{asked.number} twice: {self.platform.visible}"

    @invariant()
    def everything_stands_where_it_was_asked(self) -> None:
        homes = {asked.number: asked.home for asked in self.asked}
        for platform_id, text in self.platform.visible.items():
            for number in numbers(text):
                assert self.platform.chats[platform_id].split()[0] == homes[number], text

    def teardown(self) -> None:
        """Let everything come to its end, and compare it with the list."""
        try:
            if self.process is not None:
                self.run(self._work_off())
                self.nothing_is_answered_twice()
                self.everything_stands_where_it_was_asked()
                self._nothing_is_lost()
                self._nothing_is_overtaken()
        finally:
            if self.process is not None:
                self.run(self._die(is_known_dead=True))
            self.runner.close()
            self.folder.cleanup()

    def _nothing_is_lost(self) -> None:
        failed = self.failed | self._process.engine.failed
        for asked in self.asked:
            said = self._said(asked.home)
            is_excused = (
                asked.is_deleted
                or (asked.may_be_stopped and words.stopped() in said)
                or (asked.number in failed and words.failed() in said)
                or words.unpostable() in said
                or words.set_aside() in said
            )
            found = self._posts_with(asked.number)
            assert found or is_excused, f"q{asked.number} was lost: {said!r}"
            if found and not asked.is_deleted and not is_excused:
                assert re.search(rf"\b{asked.text}\b", self.platform.visible[found[0]]), f"not {asked.text}"

    def _nothing_is_overtaken(self) -> None:
        for place in PLACES:
            if self.names[place] != place:
                continue  # a chat that moves is two chats for a moment, and they run side by side
            plain = [each for each in self.asked if each.home == place and not each.edits]
            found = [(posts[0], each.number) for each in plain if (posts := self._posts_with(each.number))]
            order = [number for _, number in sorted(found, key=lambda pair: (int(pair[0][1:]), pair[1]))]
            assert order == sorted(order), f"in {place}: {order}"

    # --- how it is done

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def _process(self) -> Process:
        assert self.process is not None
        return self.process

    def _where(self, place: str) -> Conversation:
        return conversation(self.names[place])

    def _at_hand(self) -> list[Asked]:
        """Messages that can still be edited or deleted: those of a chat that moved no longer can."""
        return [
            each
            for each in self.asked
            if not each.is_deleted and each.event.event.conversation == self._where(each.home)
        ]

    def _posts_with(self, number: int) -> list[str]:
        return [each for each, text in self.platform.visible.items() if number in numbers(text)]

    def _said(self, place: str) -> str:
        return "\n".join(
            text
            for each, text in self.platform.visible.items()
            if self.platform.chats[each].split()[0] == place
        )

    async def _start(self) -> None:
        opened: list[WatchedDatabase] = []

        def watched(path: Path) -> WatchedDatabase:
            opened.append(WatchedDatabase(path))
            return opened[0]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite_store, "Database", watched)
            context = sqlite_store.open_store(self.path, self.clock)
            store = await context.__aenter__()
        engine, connection = MoodyEngine(), Connection(self.platform)
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=self.policies,
            admission=Admission(engine.load),
            clock=self.clock,
        )
        dispatcher.connect(Platform.TERMINAL, connection)
        self.process = Process(
            context=context,
            store=store,
            database=opened[0],
            dispatcher=dispatcher,
            reception=Reception(store, self.policies, dispatcher.wake),
            engine=engine,
            connection=connection,
            sweeping=asyncio.create_task(dispatcher.run()),
        )
        await self._calm()

    async def _die(self, is_known_dead: bool) -> None:
        """Everything stops where it is: no clean-up reaches the database or the platform."""
        process = self._process
        self.failed |= process.engine.failed
        process.database.dead = process.connection.dead = True
        mine = asyncio.current_task()
        while tasks := [each for each in asyncio.all_tasks() if each is not mine]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.05)
        owners = self.path.with_name(f"{self.path.name}.owners")
        left = list(owners.iterdir())
        with suppress(Died):
            await process.context.__aexit__(Died, Died(), None)
        for each in left if is_known_dead else ():
            each.touch()
        self.process = None

    async def _accept(self, event: Arrival) -> None:
        await self._process.reception.accept(event)
        await self._calm()

    async def _calm(self) -> None:
        """Wait until nothing moves but with time."""
        calm = 0
        while calm < CALM:
            await asyncio.sleep(0)
            calm = 0 if self._process.database.under_way else calm + 1

    async def _pass(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await self.clock.advance(1)
            await self._calm()

    async def _work_off(self) -> None:
        process = self._process
        process.engine.hold.set()
        process.engine.failures = 0
        for _ in range(LONGEST):
            await self._pass(2)
            (left,) = await process.database.read(lambda db: db.execute(OPEN).fetchone())
            if not left and not process.dispatcher.busy:
                return
        raise AssertionError("something is never worked off")


TestDelivery = DeliveryMachine.TestCase
TestDelivery.settings = settings(
    max_examples=1500 if DEEP else 40,
    stateful_step_count=60 if DEEP else 25,
    derandomize=not DEEP,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
