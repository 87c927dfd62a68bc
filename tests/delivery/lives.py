"""Lives of the service in one process: it dies without a word, and starts again on the same database."""

import asyncio
import math
import re
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st

from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.engine.types import Delta, Load, Options, Prompt
from core.errors import Gone, ModelError, Moved, StoreError, Uncertain, Vanished
from core.message import Arrival, Platform, Post, Reply
from core.policy import Policies
from core.store import database
from core.store.ports import Store
from core.store.sqlite import store as sqlite_store
from core.testing import FakeChannel, FakeClock, ScriptedEngine

T = TypeVar("T")
CALM = 30
"""Rounds of the event loop without a call to the database after which nothing happens by itself any more."""
LONGEST = 400
"""Steps of two seconds in which everything must be worked off."""
WHICH = st.integers(0, 11)
"""For `chosen`."""
TOKEN = re.compile(r"\bq(\d+)(?:v\d+)?\b")
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
        self.writes_left = math.inf
        """After so many more, its process is dead."""

    async def write(self, run: Any, **order: Any) -> Any:
        self.dead = self.dead or not self.writes_left
        self.writes_left -= 1
        return await self._counted(partial(super().write, **order), run)

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

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        self._enter(post)
        await super().find(post, reply)
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


def chosen(those: Sequence[T], which: int) -> T | None:
    """One of those, or none where none is at hand.

    A rule draws the number and not the thing: what is at hand hangs on who was faster, and Hypothesis takes a
    choice among other things than last time for a machine that is not to be trusted.
    """
    return those[which % len(those)] if those else None


def numbers(text: str) -> set[int]:
    """The messages whose words stand in a text."""
    return {int(number) for number in TOKEN.findall(text)}


class Lives:
    """One database and one platform, and the processes that serve them one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.path = Path(self.folder.name) / "frontdesk.db"
        self.clock = FakeClock()
        self.platform = MoodyPlatform()
        self.policies = Policies()
        self.process: Process | None = None
        self.failed: set[int] = set()
        self.deaths = 0

    def build(
        self, store: Store, engine: MoodyEngine, connection: Connection
    ) -> tuple[Dispatcher, Reception]:
        """The delivery core of one life."""
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, engine),
            policies=self.policies,
            admission=Admission(engine.load),
            clock=self.clock,
        )
        dispatcher.connect(Platform.TERMINAL, connection)
        return dispatcher, Reception(store, self.policies, dispatcher.wake)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def _process(self) -> Process:
        assert self.process is not None
        return self.process

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
        dispatcher, reception = self.build(store, engine, connection)
        self.process = Process(
            context=context,
            store=store,
            database=opened[0],
            dispatcher=dispatcher,
            reception=reception,
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
