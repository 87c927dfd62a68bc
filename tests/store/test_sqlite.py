"""What the store on SQLite owes to its file: whole, durable, and honest when it cannot write."""

import asyncio
import os
import signal
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from core.clock import SystemClock
from core.errors import StoreError
from core.store.database import Database
from core.store.migrations import MIGRATIONS
from core.store.records import PostState
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.places import SqlitePlace
from tests.samples import HERE, arrival, message
from tests.store.holder import start_holder
from tests.store.test_store import LEASE, answer, begin, post_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.db"


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_is_set_changes_no_lease(file: Path, jump: timedelta) -> None:
    clock = FakeClock()
    async with open_store(file, clock) as first, open_store(file, clock) as second:
        await begin(first)
        clock.set(clock.now() + jump)
        assert not await second.leases.take(LEASE)
        await second.work.beat()
        assert await second.work.open_conversations() == []
        await clock.advance(11)
        await second.work.beat()
        assert await second.leases.take(LEASE)


async def test_a_lease_from_before_a_restart_of_the_machine_is_free(file: Path) -> None:
    before, after = FakeClock(), FakeClock()
    await before.advance(1_000_000)
    async with open_store(file, before) as first:
        await begin(first)
        async with open_store(file, after) as second:
            assert await second.leases.take(LEASE)


async def test_after_a_crash_the_next_process_takes_over_at_once(file: Path) -> None:
    child = await start_holder(SqlitePlace(file))
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    async with open_store(file, SystemClock()) as store:
        assert await store.work.open_conversations() == [HERE]
        assert await store.leases.take(LEASE)


async def test_a_deleted_message_leaves_no_words_in_the_file(file: Path) -> None:
    async with open_store(file, SystemClock()) as store:
        await store.leases.take(LEASE)
        await store.inbox.accept(arrival(message("canary-4711", id="q")))
        turn = await store.turns.begin(HERE, post_of(), await store.inbox.waiting(HERE.key))
        await store.turns.finish(turn, answer("canary-4711 indeed"), turn.posts)
        await store.outbox.mark(turn.posts[0], PostState.SENT, platform_id="p1")
        await store.people.forget(HERE.key, "q")
        assert (await store.history.transcript(HERE.key, 5)).exchanges == ()
    assert b"canary-4711" not in file.read_bytes()


async def test_a_database_that_cannot_be_written_says_so(file: Path) -> None:
    async with open_store(file, SystemClock()) as store:
        blocker = sqlite3.connect(file, isolation_level=None)
        blocker.execute("PRAGMA busy_timeout=0")
        blocker.execute("DROP TABLE cabinet")
        with pytest.raises(StoreError):
            await store.cabinet.put("x", "y")
        blocker.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "frontdesk.db"
    file.write_text("this is a text, and long enough not to be taken for an empty file" * 20)
    with pytest.raises(StoreError, match=r"frontdesk\.db"):
        Database(file)


def test_migrations_run_once_and_are_recorded(file: Path) -> None:
    with sqlite3.connect(file) as raw:
        db = Connection(raw)
        MIGRATIONS.apply(db)
        MIGRATIONS.apply(db)
        assert MIGRATIONS.pending(db) == []
        assert {"inbox", "turns", "outbox", "leases"} <= set(db.table_names())
    raw.close()


_OPEN = """
import asyncio, sys
from pathlib import Path
from core.store.database import Database
print(flush=True)
sys.stdin.readline()
for number in range(20):
    asyncio.run(Database(Path(sys.argv[1]) / str(number)).close())
"""


async def test_processes_that_open_a_new_file_at_once_all_find_it_whole(tmp_path: Path) -> None:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-c", _OPEN, str(tmp_path))
    children = [
        await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=dict(os.environ))
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        await child.stdout.readline()
    await asyncio.gather(*(child.communicate(b"\n") for child in children))
    assert [child.returncode for child in children] == [0, 0, 0]
