"""What the store on Postgres owes to several cores: one truth for all, whichever of them die or hang."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import psycopg
import pytest

from core.clock import SystemClock
from core.errors import ConfigurationError, StoreError
from core.message import Conversation, Message, Platform
from core.store.postgres import connecting, database
from core.store.postgres.connecting import Session
from core.store.postgres.database import PostgresDatabase
from core.store.postgres.examination import examine, look
from core.store.postgres.living import GRACE_SECONDS, LivingAnywhere
from core.store.postgres.statements import translated
from core.store.postgres.store import open_store
from core.store.sealing import PlainSealer
from core.testing import FakeClock
from tests.places import PostgresPlace, SqlitePlace
from tests.postgres import Server, serving
from tests.samples import HERE, arrival, message
from tests.store.holder import start_holder
from tests.store.test_store import LEASE, begin

PATIENCE = 60.0
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'frontdesk'"
_UNSEEN = f"""
UPDATE owners SET seen_at = extract(epoch FROM clock_timestamp()) - {GRACE_SECONDS + 1}
WHERE id IN (SELECT owner FROM leases)
"""
"""For longer than a new connection takes, but not so long that leases run out."""
_COLUMNS = "SELECT name, type FROM pragma_table_info(?)"


@pytest.fixture
def place(postgres_url: str) -> PostgresPlace:
    return PostgresPlace(postgres_url)


async def test_the_schema_is_that_of_sqlite(place: PostgresPlace, tmp_path: object) -> None:
    file = SqlitePlace(tmp_path / "frontdesk.db")  # type: ignore[operator]  # a path
    await file.database().close()
    names = {name for (name,) in file.ask("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}
    ours = {name for name in names if not name.startswith(("_", "sqlite_"))}
    assert {name for (name,) in place.ask(_TABLES)} - {"_steps"} == ours
    for name in ours:
        if not name.startswith("figures_"):  # SQLite does not know the types of what is computed
            assert place.ask(_COLUMNS, name) == file.ask(_COLUMNS, name), name


async def test_processes_that_open_a_new_database_at_once_all_find_it_whole(postgres: Server) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
    opened = await asyncio.gather(
        *(asyncio.to_thread(PostgresDatabase, postgres.url("bare")) for _ in range(3))
    )
    for each in opened:
        assert await each.read(lambda db: db.execute("SELECT count(*) FROM inbox").fetchone()) == (0,)
        await each.close()


async def test_whoever_reads_from_where_they_stopped_misses_no_entry_of_another_process(
    place: PostgresPlace,
) -> None:
    clock = SystemClock()
    async with place.open(clock) as one, place.open(clock) as two, place.open(clock) as reader:

        async def write(number: int) -> None:
            await (one, two)[number % 2].inbox.accept(arrival(message(f"{number}"), key=f"{number}"))

        writing = asyncio.gather(*(write(number) for number in range(300)))
        seen: list[int] = []
        async with asyncio.timeout(PATIENCE):
            while len(seen) < 300:
                after = seen[-1] if seen else 0
                seen += [entry.id for entry in await reader.inbox.waiting(HERE.key, after=after)]
        await writing
        assert seen == [entry.id for entry in await reader.inbox.waiting(HERE.key)]


async def test_one_write_that_the_server_refuses_takes_no_other_along(place: PostgresPlace) -> None:
    async with place.open(SystemClock()) as store:
        bad = arrival(message("hello"), key="nul \x00")
        outcomes = await asyncio.gather(
            store.inbox.accept(arrival(message("one"), key="1")),
            store.inbox.accept(bad),
            store.inbox.accept(arrival(message("two"), key="2")),
            return_exceptions=True,
        )
        assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [True, StoreError, True]


async def test_a_process_hears_of_what_others_wrote_and_not_of_its_own(place: PostgresPlace) -> None:
    other = Conversation(platform=Platform.TERMINAL, tenant="t", channel="other", direct=True)
    async with place.open(SystemClock()) as first, place.open(SystemClock()) as second:
        await first.inbox.accept(arrival(message("mine"), key="1"))
        await second.inbox.accept(arrival(message("yours", where=other), key="2"))
        async with asyncio.timeout(PATIENCE):
            assert await first.work.heard() == {other.key}
            assert await second.work.heard() == {HERE.key}


async def test_a_process_hears_again_whatever_broke_off_its_listening(
    place: PostgresPlace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listen, broken = LivingAnywhere._listen, asyncio.Event()

    async def break_off(living: LivingAnywhere, connection: psycopg.AsyncConnection) -> None:
        if broken.is_set():
            return await listen(living, connection)
        broken.set()
        await connection.close()
        raise OSError("what nobody thought of")

    monkeypatch.setattr(LivingAnywhere, "_listen", break_off)
    async with place.open(SystemClock()) as one, place.open(SystemClock()) as two:
        async with asyncio.timeout(PATIENCE):
            await broken.wait()
            assert await one.work.heard() is None  # it may have missed something
            await two.inbox.accept(arrival(message("hello"), key="1"))
            assert await one.work.heard() == {HERE.key}
    assert "begins anew" in caplog.text


async def test_clocks_of_machines_that_differ_change_no_lease(place: PostgresPlace) -> None:
    behind, ahead = FakeClock(), FakeClock()
    await ahead.advance(1_000_000)
    ahead.set(ahead.now() + timedelta(hours=1))
    async with place.open(behind) as first, place.open(ahead) as second:
        await begin(first)
        await second.work.beat()
        assert not await second.leases.take(LEASE)
        assert await second.work.open_conversations() == []


async def test_what_a_killed_process_held_is_free_without_waiting_for_its_leases_to_run_out(
    place: PostgresPlace,
) -> None:
    child = await start_holder(place)
    async with place.open(SystemClock()) as store, asyncio.timeout(PATIENCE):
        place.ask(_UNSEEN)
        await store.work.beat()
        assert not await store.leases.take(LEASE)  # it lives, though nobody saw it for a while
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        while not await store.leases.take(LEASE):
            place.ask(_UNSEEN)
            await store.work.beat()


async def test_a_process_that_hangs_in_the_midst_of_a_write_stops_no_other(
    place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connecting._SERVER, "idle_in_transaction_session_timeout", "200ms")
    one, two = place.database(), place.database()
    begun, over = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(db: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        while not over.is_set():
            time.sleep(0.01)

    hanging = asyncio.create_task(one.write(hang))
    await begun.wait()
    async with asyncio.timeout(PATIENCE):
        assert await two.write(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    over.set()
    with pytest.raises(StoreError):
        await hanging
    assert await one.write(lambda db: db.execute("SELECT 2").fetchone()) == (2,)
    for each in (one, two):
        await each.close()


async def test_a_process_cut_off_from_the_keys_stops_no_other(place: PostgresPlace) -> None:
    class CutOff(PlainSealer):
        cut, over, asked = False, Event(), Event()

        def look(self) -> None:
            if self.cut:
                self.asked.set()
                self.over.wait()
                raise StoreError("The keys are out of reach.")

    sealer = CutOff()
    async with place.open(SystemClock(), sealer) as one, place.open(SystemClock()) as two:
        sealer.cut = True
        waiting = asyncio.create_task(one.work.beat())
        await asyncio.to_thread(sealer.asked.wait)
        async with asyncio.timeout(PATIENCE):
            await two.work.beat()
        sealer.over.set()
        with pytest.raises(StoreError, match="out of reach"):
            await waiting
        sealer.cut = False
        await one.work.beat()


async def test_a_fence_that_fell_meanwhile_is_told_in_the_end(place: PostgresPlace) -> None:
    database = place.database()
    with pytest.raises(StoreError, match="alone"):
        async with database.fenced():
            place.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
    await database.close()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that a test may stop."""
    with serving(hurried=False) as server:
        yield server


async def test_whoever_asks_while_the_server_starts_again_waits_for_it(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, refused = PostgresPlace(own_server.fresh()), set[str]()

    def connecting_to_it(*arguments: Any, **more: Any) -> Session:
        try:
            return connecting.connect(*arguments, **more)
        except psycopg.OperationalError:
            refused.add(threading.current_thread().name.partition("_")[0])
            raise

    async with place.open(SystemClock()) as store:
        await store.inbox.accept(arrival(message("before"), key="1"))
        await store.inbox.waiting(HERE.key)
        monkeypatch.setattr(database, "connect", connecting_to_it)
        monkeypatch.setattr(database, "RESTART_SECONDS", PATIENCE)
        own_server.stop(signal.SIGQUIT)
        writing = asyncio.create_task(store.inbox.accept(arrival(message("meanwhile"), key="2")))
        reading = asyncio.create_task(store.inbox.waiting(HERE.key))
        async with asyncio.timeout(PATIENCE):
            while refused != {"store-write", "store-read"}:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(own_server.start)
        assert await writing
        assert (await reading)[0].id
        assert len(await store.inbox.waiting(HERE.key)) == 2


async def test_a_server_that_crashes_and_starts_again_loses_nothing_that_was_written(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RESTART_SECONDS", 0.0)
    place = PostgresPlace(own_server.fresh())
    async with place.open(SystemClock()) as store, place.open(SystemClock()) as other:
        await store.leases.take(LEASE)
        assert await store.inbox.accept(arrival(message("before"), key="1"))
        own_server.stop(signal.SIGQUIT)
        with pytest.raises(StoreError):
            await store.inbox.accept(arrival(message("lost"), key="2"))
        with pytest.raises(StoreError):
            await store.inbox.waiting(HERE.key)
        own_server.start()
        assert await store.inbox.accept(arrival(message("after"), key="3"))
        (before, after) = await other.inbox.waiting(HERE.key)
        assert [each.event.text for each in (before, after) if isinstance(each.event, Message)] == [
            "before",
            "after",
        ]
        place.ask(_UNSEEN)
        await other.work.beat()
        assert place.ask("SELECT count(*) FROM owners") == [(2,)]  # nobody is dead because the server was
        async with asyncio.timeout(PATIENCE):
            while await store.work.heard() is not None:
                pass  # until it listens again, its own news of before the crash may come late
            await other.inbox.accept(arrival(message("news"), key="4"))
            assert await store.work.heard() == {HERE.key}


async def test_the_connection_that_was_lost_while_idle_is_opened_anew_without_a_word(
    place: PostgresPlace,
) -> None:
    async with place.open(SystemClock()) as store:
        await store.inbox.accept(arrival(message("one"), key="1"))
        await store.inbox.waiting(HERE.key)
        place.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        assert await store.inbox.accept(arrival(message("two"), key="2"))
        assert len(await store.inbox.waiting(HERE.key)) == 2


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://frontdesk:hunter2@127.0.0.1:1/none",
        "postgresql://frontdesk:hunter2@/none?host=/nowhere",
        "postgresql://frontdesk:hunter2@host/none?what=ever",
    ],
)
async def test_a_database_that_is_not_there_is_said_without_its_password(url: str) -> None:
    with pytest.raises((StoreError, ConfigurationError), match="FRONTDESK_DATABASE_URL") as caught:
        async with open_store(url, SystemClock()):
            pass
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_the_audit_trail_is_never_changed(place: PostgresPlace) -> None:
    for statement in ("UPDATE audit SET detail = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(psycopg.IntegrityError, match="never changed"):
            place.ask(statement)


async def test_it_can_be_looked_into_without_a_word_written(place: PostgresPlace) -> None:
    async with place.open(SystemClock()) as store:
        await begin(store)
        seen = examine(place.url)
        assert not seen.damage
        assert [*seen.heard, *seen.leases] == ["terminal", LEASE]
    with pytest.raises(StoreError):
        look(place.url, lambda db: db.execute("DELETE FROM inbox"))
    assert examine("postgresql://frontdesk@127.0.0.1:1/none").damage


def test_only_marks_outside_of_literals_are_parameters() -> None:
    sql = "SELECT '?:a%', :name, ?, \"end\", CAST(x AS INTEGER) FROM t WHERE a LIKE 'b:%' AND c = 'it''s'"
    assert translated(sql) == (
        b"SELECT '?:a%%', %(name)s, %s, \"end\", CAST(x AS BIGINT) FROM t WHERE a LIKE 'b:%%' AND c = 'it''s'"
    )
    assert translated("ALTER TABLE t ADD COLUMN c TEXT") == b'ALTER TABLE t ADD COLUMN c TEXT COLLATE "C"'
