"""A database that fails: nothing is acknowledged that is not written, and all is well once it works again."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest

from core.errors import StoreError
from core.message import Arrival
from core.policy import Policy
from core.store.database import Database
from core.testing import FakeChannel, ScriptedEngine
from tests.delivery.conftest import Desk, open_desk
from tests.samples import arrival, conversation, message

WORDS = (
    "database or disk is full",
    "database is locked",
    "disk I/O error",
    "attempt to write a readonly database",
)
"""How SQLite says SQLITE_FULL, SQLITE_BUSY, SQLITE_IOERR and SQLITE_READONLY."""
PATIENCE = 60.0
"""Seconds until a test gives up waiting for what should come at once."""
_SETTLED = Policy(settle_seconds=0)


@dataclass
class Faults:
    """Lets a run of database calls fail."""

    words: str = ""
    first: int = 0
    """Number of the first call that fails."""
    length: int = 1
    calls: int = 0
    connections: list[sqlite3.Connection] = field(default_factory=list)
    """The first one writes."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self) -> None:
        with self._lock:
            self.calls += 1
            if self.words and 0 < self.first <= self.calls < self.first + self.length:
                raise sqlite3.OperationalError(self.words)

    def end(self) -> None:
        """Let nothing fail any more."""
        self.words = ""

    def begin(self, words: str, first: int, length: int = 1) -> None:
        """From now on count calls, and let some fail."""
        self.words, self.first, self.length, self.calls = words, first, length, 0

    @property
    def are_over(self) -> bool:
        return self.calls >= self.first + self.length - 1


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """What goes wrong in every database opened from now on."""
    faults = Faults()
    connect = sqlite3.connect

    class FaultyConnection(sqlite3.Connection):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            faults.connections.append(self)

        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            faults.strike()
            if sql == "PRAGMA synchronous=FULL":  # no power is cut here, and the disk would be waited for
                sql = "PRAGMA synchronous=OFF"
            return super().execute(sql, *arguments)

        def commit(self) -> None:
            faults.strike()
            super().commit()

    def connect_to_faults(*arguments: Any, **more: Any) -> sqlite3.Connection:
        opened: sqlite3.Connection = connect(*arguments, **{"factory": FaultyConnection, **more})
        return opened

    monkeypatch.setattr("core.store.database.sqlite3.connect", connect_to_faults)
    return faults


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.db"


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.delivery.dispatcher.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr("core.delivery.sender.AGAIN_SECONDS", 0.005)


@asynccontextmanager
async def open_serving_desk(
    path: Path, channel: FakeChannel, engine: ScriptedEngine | None = None
) -> AsyncIterator[Desk]:
    """A desk that looks for work by itself."""
    async with open_desk(path, engine=engine, channel=channel, policy=_SETTLED) as desk:
        sweeping = asyncio.create_task(desk.dispatcher.run())
        try:
            yield desk
        finally:
            sweeping.cancel()
            await asyncio.wait({sweeping})


async def deliver(desk: Desk, path: Path, each: Arrival) -> None:
    """Hand an event over until it is taken, as platforms do; what is taken is in the file."""
    while True:
        try:
            await desk.reception.accept(each)
        except StoreError:
            await asyncio.sleep(0.005)
        else:
            assert each.key in keys_in(path)
            return


def keys_in(path: Path) -> set[str]:
    """The keys in the inbox, as another process reads them."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, factory=sqlite3.Connection)) as reader:
        return {key for (key,) in reader.execute("SELECT key FROM inbox")}


def integrity_of(path: Path) -> str:
    with closing(sqlite3.connect(path, factory=sqlite3.Connection)) as reader:
        return str(reader.execute("PRAGMA integrity_check").fetchone()[0])


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.002)


def answered(channel: FakeChannel) -> list[int]:
    """The questions that the visible posts name."""
    found = [number for text in channel.visible.values() for number in re.findall(r"\bq(\d+)\b", text)]
    return sorted(map(int, found))


async def converse(path: Path, faults: Faults, words: str, number: int, length: int) -> int:
    """The scripted run: two conversations, one of them with more turns and a repeat.

    So many calls fail from one on, which is none where that is 0. Returns how many there were.
    """
    channel = FakeChannel()
    async with open_serving_desk(path, channel) as desk:
        faults.begin(words, number, length)
        first = arrival(message("q1", where=conversation("a")), key="1")
        await deliver(desk, path, first)
        await until(lambda: 1 in answered(channel))
        await asyncio.gather(
            deliver(desk, path, first),
            deliver(desk, path, arrival(message("q2", where=conversation("a")), key="2")),
            deliver(desk, path, arrival(message("q3", where=conversation("b")), key="3")),
        )
        await until(lambda: answered(channel) == [1, 2, 3])
        await until(lambda: desk.dispatcher.busy == 0 or not faults.are_over)
        await deliver(desk, path, arrival(message("q4", where=conversation("a")), key="4"))
        await until(lambda: answered(channel) == [1, 2, 3, 4] and desk.dispatcher.busy == 0)
        calls = faults.calls
        faults.end()
    strays = [text for text in channel.visible.values() if text == "…"]
    assert strays == []
    assert integrity_of(path) == "ok"
    return calls


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A new database, made once."""
    path = tmp_path_factory.mktemp("blank") / "frontdesk.db"
    asyncio.run(Database(path).close())
    return path.read_bytes()


@pytest.mark.parametrize("length", [1, 20], ids=["one call", "an outage"])
async def test_every_call_may_fail(length: int, faults: Faults, tmp_path: Path, blank: bytes) -> None:
    """From each call of a faultless run on, one fails, or many do."""
    step = 1 if length == 1 else 5
    for number, words in zip(count(0, step), cycle(WORDS), strict=False):
        path = tmp_path / f"{number}.db"
        path.write_bytes(blank)
        calls = await converse(path, faults, words, number, length)
        if number == 0:
            faultless = calls
        if number >= faultless:
            break
    assert faultless > 40


def test_a_database_that_fails_while_it_is_opened_can_be_opened_afterwards(
    faults: Faults, tmp_path: Path
) -> None:
    for number in count(1):
        path = tmp_path / f"{number}.db"
        faults.begin(WORDS[0], number)
        with suppress(StoreError):
            asyncio.run(Database(path).close())
        if not faults.are_over:
            break
        faults.end()
        asyncio.run(Database(path).close())
        assert integrity_of(path) == "ok"
    assert number > 5


def fill_up(path: Path, writer: sqlite3.Connection) -> Callable[[], object]:
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count={pages}")
    return lambda: writer.execute("PRAGMA max_page_count=1000000")


def lock(path: Path, writer: sqlite3.Connection) -> Callable[[], object]:
    other = sqlite3.connect(path, factory=sqlite3.Connection, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def forbid(path: Path, writer: sqlite3.Connection) -> Callable[[], object]:
    writer.execute("PRAGMA query_only=ON")
    return lambda: writer.execute("PRAGMA query_only=OFF")


@pytest.mark.parametrize("spoil", [fill_up, lock, forbid])
async def test_what_sqlite_itself_refuses_is_not_acknowledged_and_answered_later(
    spoil: Callable[[Path, sqlite3.Connection], Callable[[], object]],
    faults: Faults,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.store.database.BUSY_SECONDS", 0.05)
    channel = FakeChannel()
    large = "a long message " * 20_000
    async with open_serving_desk(database, channel) as desk:
        await deliver(desk, database, arrival(message("q1"), key="1"))
        await until(lambda: answered(channel) == [1] and desk.dispatcher.busy == 0)
        mend = spoil(database, faults.connections[0])
        for number in (2, 3):
            with pytest.raises(StoreError):
                await desk.reception.accept(arrival(message(f"q{number} {large}"), key=str(number)))
        assert keys_in(database) == {"1"}
        mend()
        await deliver(desk, database, arrival(message(f"q2 {large}"), key="2"))
        await deliver(desk, database, arrival(message("q3"), key="3"))
        await until(lambda: set(answered(channel)) == {1, 2, 3} and desk.dispatcher.busy == 0)
    assert integrity_of(database) == "ok"


async def test_a_disk_that_fills_up_while_an_answer_is_written_delays_the_answer(
    faults: Faults, database: Path
) -> None:
    channel, engine = FakeChannel(), ScriptedEngine()
    async with open_serving_desk(database, channel, engine) as desk:
        engine.hold.clear()
        await deliver(desk, database, arrival(message("q1 " + "a long message " * 200), key="1"))
        await until(lambda: bool(channel.shown))
        mend = fill_up(database, faults.connections[0])
        engine.hold.set()
        await until(lambda: desk.dispatcher.busy == 0)
        assert channel.settled == []
        mend()
        await until(lambda: len(channel.settled) == 1 and desk.dispatcher.busy == 0)
    assert integrity_of(database) == "ok"
