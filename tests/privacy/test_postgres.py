"""On Postgres, too, a person is told, handed out, kept for a time and erased: row by row, in every table."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from core.clock import SystemClock
from core.message import Person
from core.policy import Policies, Policy
from core.privacy.retention import Retention
from core.store.sql.personal import PERSONAL
from core.testing import FakeClock
from tests.places import PostgresPlace
from tests.privacy.home import ANNA, BEN, live


@pytest.fixture
def place(postgres_url: str) -> PostgresPlace:
    return PostgresPlace(postgres_url)


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: PostgresPlace) -> Path:
    """Where Anna and Ben wrote, alone and in a group."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    async with place.open(SystemClock()) as store:
        await live(store, home, ANNA)
        await live(store, home, BEN)
    return home


def rows(place: PostgresPlace, person: Person) -> list[tuple[object, ...]]:
    """Every row that has to do with a person."""
    tables = place.ask(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'frontdesk' "
        "AND table_type = 'BASE TABLE' AND table_name NOT IN ('leases', 'owners', 'erasures') ORDER BY 1"
    )
    return [
        (name, *row)
        for (name,) in tables
        for row in place.ask(f"SELECT * FROM {name} ORDER BY 1")
        if person.id in repr(row)
    ]


def run(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(main, ["privacy", *words, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


async def test_nothing_of_somebody_erased_is_left_and_others_are_as_before(
    home: Path, place: PostgresPlace
) -> None:
    before = {row[0] for row in rows(place, BEN)}
    assert rows(place, ANNA)
    found = await asyncio.to_thread(run, "erase", ANNA.key, "--dry-run")
    assert isinstance(found["rows"], dict) and found["rows"]["inbox"] == 3
    done = await asyncio.to_thread(run, "erase", ANNA.key, "--yes")
    assert done["files"] == 1
    assert rows(place, ANNA) == []
    assert {row[0] for row in rows(place, BEN)} == before
    assert place.ask("SELECT person, erased_at > 0 FROM erasures") == [(None, True)]


async def test_a_copy_holds_every_table_in_clear(home: Path) -> None:
    found = await asyncio.to_thread(run, "export", ANNA.key)
    records = found["records"]
    assert isinstance(records, dict)
    assert set(records) == {each.table for each in PERSONAL}
    assert "canary-u-anna-private" in json.dumps(records) and "canary-u-ben" not in json.dumps(records)


async def test_what_is_too_old_goes(home: Path, place: PostgresPlace) -> None:
    place.ask("UPDATE tickets SET state = 'resolved', resolved_at = opened_at")
    place.ask("UPDATE inbox SET state = 'done'")
    clock = FakeClock(datetime.now(UTC) + timedelta(days=20))

    async def no_files(*_: object) -> int:
        return 0

    async with place.open(clock) as store:
        kept = Retention(store, Policies(assistant=Policy(keep_messages_days=10)), no_files, clock)
        foreseen = await kept.preview()
        assert foreseen["messages turns"] > 0
        await kept.sweep()
    for table in ("inbox", "turns", "outbox", "feed", "tickets", "drafts", "ratings", "conversations"):
        assert place.ask(f"SELECT count(*) FROM {table}") == [(0,)], table
