"""Nothing is kept for longer than the policy of its channel says, whatever the clock does."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.web.files import WebFiles
from bots.cli import main
from core.clock import is_set
from core.health import Health
from core.policy import ChannelPolicy, Policies, Policy
from core.privacy.retention import DOUBT, EVERY, Retention
from core.store.sealing import PlainSealer
from core.store.sql.personal import PERSONAL
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.privacy.home import ANNA, BEN, GROUP, canary, everything, live, opened, private
from tests.trust.page import Note

DAY = 86_400.0
KEPT = Policy(keep_messages_days=10, keep_originals_days=2, keep_prompts_days=3, keep_files_days=5)


def age(home: Path, days: float) -> None:
    """Let everything that is there be so much older."""
    columns = {
        "conversations": ["began_at"],
        "inbox": ["received_at"],
        "turns": ["began_at", "ended_at"],
        "outbox": ["created_at", "sent_at"],
        "feed": ["put_at"],
        "flow_runs": ["touched_at"],
        "spending": ["day"],
        "tickets": ["opened_at", "resolved_at"],
    }
    with closing(sqlite3.connect(home / "frontdesk.db")) as database, database:
        for table, names in columns.items():
            for name in names:
                database.execute(f"UPDATE {table} SET {name} = {name} - ?", [days * DAY])
    for path in (home / "widget").rglob("*"):
        moment = path.stat().st_mtime - days * DAY
        os.utime(path, (moment, moment))


def ask(home: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        return database.execute(question).fetchall()


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """Where Anna and Ben wrote; their tickets are closed."""
    async with opened(tmp_path, sealed=False) as store:
        await live(store, tmp_path, ANNA)
        await live(store, tmp_path, BEN)
    with closing(sqlite3.connect(tmp_path / "frontdesk.db")) as database, database:
        database.execute("UPDATE tickets SET state = 'resolved', resolved_at = opened_at")
        database.execute("UPDATE inbox SET state = 'done'")
    return tmp_path


async def sweep(home: Path, policies: Policies) -> dict[str, int]:
    async with opened(home, sealed=False) as store:
        clock = FakeClock(datetime.now(UTC))
        kept = Retention(store, policies, WebFiles(home / "widget", store.sealer).expire, clock)
        foreseen = dict(await kept.preview())
        done = dict(await kept.sweep())
    if "messages turns" not in foreseen:  # these take others along
        assert {name: count for name, count in done.items() if name != "files"} == foreseen
    return done


async def test_each_kind_is_kept_for_its_own_time_and_no_longer(home: Path) -> None:
    policies = Policies(assistant=KEPT)
    age(home, 1.9)
    assert await sweep(home, policies) == {"files": 0}
    age(home, 0.2)
    assert set(await sweep(home, policies)) == {"originals inbox", "files"}
    assert ask(home, "SELECT count(raw), count(event) > 0 FROM inbox") == [(0, 1)]
    age(home, 1)
    assert (await sweep(home, policies))["prompts turns"] > 0
    assert ask(home, "SELECT count(prompt), count(reply) > 0 FROM turns") == [(0, 1)]
    age(home, 2)
    assert (await sweep(home, policies))["files"] == 2
    age(home, 5)
    await sweep(home, policies)
    gone = ("inbox", "turns", "outbox", "feed", "tickets", "drafts", "ratings", "spending", "conversations")
    for table in gone:
        assert ask(home, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert ask(home, "SELECT count(*) FROM consents") == [(4,)]
    left = [str(path) for path, data in everything(home).items() if b"canary" in data]
    assert [path for path in left if "documents" not in path] == []


async def test_a_channel_may_keep_for_longer_or_for_good(home: Path) -> None:
    longer = ChannelPolicy(match=private(ANNA).channel_key, policy={"keep_messages_days": 0})
    age(home, 20)
    await sweep(home, Policies(assistant=KEPT, channels=(longer,)))
    assert ask(home, "SELECT DISTINCT sender FROM inbox WHERE sender != ''") == [(ANNA.key,)]
    keys = [key for (key,) in ask(home, "SELECT key FROM conversations ORDER BY key")]
    assert keys == ["slack:T1:C1:ticket-1", private(ANNA).key]


async def test_a_summary_goes_with_the_oldest_of_what_it_is_made_of(home: Path) -> None:
    with closing(sqlite3.connect(home / "frontdesk.db")) as database, database:
        database.execute("UPDATE turns SET began_at = began_at - ? WHERE id = 't-a'", [20 * DAY])
    await sweep(home, Policies(assistant=KEPT))
    async with opened(home, sealed=False) as store:
        assert (await store.history.transcript(private(ANNA).key, 5)).summary == ""
        assert (await store.history.transcript(private(BEN).key, 5)).summary == canary(BEN, "summary")


async def test_what_still_waits_for_an_answer_is_never_too_old(home: Path) -> None:
    with closing(sqlite3.connect(home / "frontdesk.db")) as database, database:
        database.execute("UPDATE inbox SET state = 'waiting' WHERE conversation = ?", [GROUP.key])
    age(home, 20)
    await sweep(home, Policies(assistant=KEPT))
    assert ask(home, "SELECT DISTINCT conversation FROM inbox") == [(GROUP.key,)]


KINDS = (
    ("originals", KEPT.keep_originals_days, "SELECT count(*) FROM inbox WHERE raw IS NOT NULL"),
    ("prompts", KEPT.keep_prompts_days, "SELECT count(*) FROM turns WHERE prompt IS NOT NULL"),
)
"""What is kept for a short time only, for how many days, and how much of it there is."""


class Rounds:
    """A service that runs, for as many rounds as a test wants."""

    said = Health(part="", ok=True)
    """What the service says of its state at the end of a round."""

    def __init__(
        self, home: Path, clock: FakeClock, policy: Policy, boot: str = "", *, is_set: bool = True
    ) -> None:
        self._home = home
        self._clock = clock
        self._policies = Policies(assistant=policy)
        self._boot = boot
        self._is_set = is_set

    async def __call__(self, count: int, look: Callable[[], None] = lambda: None) -> None:
        """Start, do so many rounds after the first, and stop.

        Args:
            look: called after each of these.
        """
        async with open_store(self._home / "frontdesk.db", self._clock) as store:
            files = WebFiles(self._home / "widget", PlainSealer())
            kept = Retention(
                store, self._policies, files.expire, self._clock, self._boot, lambda: self._is_set
            )
            before = self._clock.sleepers
            running = asyncio.create_task(kept.run())
            while self._clock.sleepers == before:
                await asyncio.sleep(0.001)
            for _ in range(count):
                await self._clock.advance(EVERY)
                await store.work.beat()
                while not self._clock.sleepers:  # a round is done when it sleeps again
                    await asyncio.sleep(0.001)
                look()
            self.said = kept.health()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def dated_after(self, moment: datetime) -> int:
        return sum(
            int(
                str(
                    ask(
                        self._home,
                        f"SELECT count(*) FROM {each.table} WHERE {each.at} > {moment.timestamp()}",
                    )[0][0]
                )
            )
            for each in PERSONAL
            if each.at
        )


@pytest.mark.parametrize("leap", [0, 20, -20])
async def test_nothing_outlives_its_time_by_a_day_whatever_the_clock_does(
    home: Path, leap: int, record_property: Note
) -> None:
    """The clock leaps by so many hours right before originals and then prompts become too old.

    What lies there is counted by the hours that have passed, whatever the clock says of them.
    """
    clock = FakeClock(datetime.now(UTC))
    rounds = Rounds(home, clock, KEPT, boot="this start of the machine")
    hours, outlived = 0, dict[str, int]()

    def look() -> None:
        nonlocal hours
        hours += 1
        for kind, days, query in KINDS:
            if hours > days * 24 and ask(home, query) != [(0,)]:
                outlived[kind] = hours - days * 24

    await rounds(KEPT.keep_originals_days * 24 - 2, look)
    clock.set(clock.now() + timedelta(hours=leap))
    await rounds(4 * 24, look)
    assert [ask(home, query) for _, _, query in KINDS] == [[(0,)]] * len(KINDS)
    assert all(each <= 24 for each in outlived.values())
    record_property(
        "P6",
        f"a clock that leaps by {leap} h: rows outlive their time by {max(outlived.values(), default=0)} h "
        "(limit: 24)",
    )


async def test_what_is_dated_in_the_future_for_long_counts_as_written_now(home: Path) -> None:
    age(home, -400)
    clock = FakeClock(datetime.now(UTC))
    rounds = Rounds(home, clock, KEPT)
    await rounds(int(DOUBT / EVERY) - 1)
    dated = rounds.dated_after(clock.now())
    assert dated
    await rounds(2)
    assert rounds.dated_after(clock.now() + timedelta(minutes=1)) == 0


async def test_a_start_before_the_clock_is_set_changes_no_dates_and_deletes_nothing(home: Path) -> None:
    today = datetime.now(UTC)
    before = ask(home, "SELECT id, received_at, raw FROM inbox")
    clock = FakeClock(datetime(2020, 1, 1, tzinfo=UTC))
    rounds = Rounds(home, clock, Policy(keep_messages_days=365))
    await rounds(1)
    clock.set(today)
    await rounds(int(DOUBT / EVERY) + 3)
    assert ask(home, "SELECT id, received_at, raw FROM inbox") == before


async def test_a_start_with_a_clock_of_another_year_deletes_nothing_for_most_of_a_day(home: Path) -> None:
    today = datetime.now(UTC)
    clock = FakeClock(today + timedelta(days=3650))
    rounds = Rounds(home, clock, KEPT)
    count = "SELECT count(*) FROM turns"
    before = ask(home, count)
    await rounds(2)
    assert ask(home, count) == before
    await rounds(2)
    assert ask(home, count) == before, "started again"
    await rounds(int(DOUBT / EVERY) - 3)
    assert ask(home, count) == [(0,)], "it goes steadily, and may have been stopped for so long"


async def test_a_clock_that_leapt_by_less_than_a_day_while_the_service_was_stopped_is_found_out(
    home: Path,
) -> None:
    age(home, 9.5)
    clock = FakeClock(datetime.now(UTC))
    rounds = Rounds(home, clock, KEPT, boot="this start of the machine")
    count = "SELECT count(*) FROM turns"
    before = ask(home, count)
    await rounds(1)
    await clock.advance(EVERY)
    clock.set(clock.now() + timedelta(hours=20))
    await rounds(2)
    assert ask(home, count) == before
    assert rounds.said.ok
    assert "nothing is deleted by it for 21 h" in rounds.said.detail
    await rounds(int(DOUBT / EVERY) - 2)
    assert ask(home, count) == [(0,)]
    assert rounds.said.detail == "What is too old is deleted."


async def test_a_machine_that_starts_with_a_wrong_clock_waits_until_a_server_has_set_it(home: Path) -> None:
    age(home, 8.5)
    right = FakeClock(datetime.now(UTC))
    count = "SELECT count(*) FROM turns"
    before = ask(home, count)
    started = Rounds(home, right, KEPT, boot="its first start")
    await started(24)
    assert started.said.detail == "What is too old is deleted."
    started = Rounds(
        home, FakeClock(right.now() + timedelta(hours=20)), KEPT, boot="its second start", is_set=False
    )
    await started(0)
    assert ask(home, count) == before
    assert "nothing is deleted by it for 1 h" in started.said.detail
    started = Rounds(home, right, KEPT, boot="its second start")
    await started(2)
    assert ask(home, count) == before, "a server set it, and that is a leap"


async def test_a_machine_without_a_time_server_is_believed_after_a_round(home: Path) -> None:
    age(home, 10 - 24.5 / 24)
    clock = FakeClock(datetime.now(UTC))
    count = "SELECT count(*) FROM turns"
    before = ask(home, count)
    await Rounds(home, clock, KEPT, boot="its first start")(24)
    await clock.advance(EVERY)
    started = Rounds(home, clock, KEPT, boot="its second start", is_set=False)
    await started(0)
    assert ask(home, count) == before
    await started(1)
    assert ask(home, count) == [(0,)]


def test_systemd_or_the_kernel_say_whether_a_time_server_has_set_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.clock.TIMESYNC", tmp_path / "elsewhere")
    assert is_set() in (True, False), "as the kernel of this machine says"
    monkeypatch.setenv("INVOCATION_ID", "a service of systemd")
    assert is_set()
    monkeypatch.setattr("core.clock.TIMESYNC", tmp_path)
    assert not is_set()
    (tmp_path / "synchronized").touch()
    assert is_set()


async def test_a_service_that_was_stopped_for_days_while_its_machine_ran_goes_on_at_once(home: Path) -> None:
    age(home, 7)
    clock = FakeClock(datetime.now(UTC))
    rounds = Rounds(home, clock, KEPT, boot="this start of the machine")
    await rounds(1)
    await clock.advance(4 * DAY)
    await rounds(0)
    assert ask(home, "SELECT count(*) FROM turns") == [(0,)]


async def test_a_clock_that_leaps_deletes_nothing_for_most_of_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_store(tmp_path / "frontdesk.db", clock) as store:
        await live(store, tmp_path, ANNA)
        policies = Policies(assistant=Policy(keep_originals_days=4))
        kept = Retention(store, policies, WebFiles(tmp_path / "widget", store.sealer).expire, clock)
        running = asyncio.create_task(kept.run())
        while not clock.sleepers:
            await asyncio.sleep(0.001)

        async def rounds(count: int) -> None:
            for _ in range(count):
                await clock.advance(EVERY)
                await store.work.beat()
                while not clock.sleepers:  # a round is done when it sleeps again
                    await asyncio.sleep(0.001)

        await rounds(2)
        clock.set(clock.now() + timedelta(days=3650))
        await rounds(int(DOUBT / EVERY) - 1)
        assert ask(tmp_path, "SELECT count(*) > 0 FROM inbox WHERE raw IS NOT NULL") == [(1,)]
        clock.set(clock.now() - timedelta(days=3650))
        await rounds(int(DOUBT / EVERY) + 2)
        assert ask(tmp_path, "SELECT count(*) > 0 FROM inbox WHERE raw IS NOT NULL") == [(1,)]
        await rounds(24 * 3)
        assert ask(tmp_path, "SELECT count(*) FROM inbox WHERE raw IS NOT NULL AND state = 'done'") == [(0,)]
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def test_the_command_tells_first_and_then_does_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    (home / "frontdesk.yaml").write_text("assistant: {keep_messages_days: 10}\n")
    age(home, 11)
    foreseen = CliRunner().invoke(main, ["privacy", "retain", "--dry-run", "--json"])
    assert json.loads(foreseen.stdout)["messages inbox"] > 0
    assert ask(home, "SELECT count(*) > 0 FROM inbox") == [(1,)]
    done = CliRunner().invoke(main, ["privacy", "retain", "--json"])
    assert json.loads(done.stdout)["messages inbox"] == json.loads(foreseen.stdout)["messages inbox"]
    assert CliRunner().invoke(main, ["privacy", "retain", "--dry-run"]).stdout == "Nothing is too old.\n"
