"""Two versions on one database: the older one that runs goes on, and the older one that starts is refused."""

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from core.clock import SystemClock
from core.errors import StoreError
from core.message import Message
from core.store.migrations import MIGRATIONS
from tests.docs.pages import ROOT
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.samples import HERE, arrival, message
from tests.vaults import empty_database

_NEWER = """
import sys
from pathlib import Path
from core.store.migrations import MIGRATIONS
from tests.places import PostgresPlace, SqlitePlace

@MIGRATIONS()
def m999_of_a_later_version(db):
    db.execute("ALTER TABLE turns ADD COLUMN later TEXT")
    db.table("later").create({"id": str}, pk="id", strict=True)

where = sys.argv[1]
(PostgresPlace(where) if "://" in where else SqlitePlace(Path(where))).database()
print("at work", flush=True)
sys.stdin.read()
"""
_COLUMNS = "SELECT name FROM pragma_table_info('preferences')"


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "frontdesk.db")
    return PostgresPlace(empty_database(request.getfixturevalue("postgres")))


async def test_while_a_newer_version_takes_over_the_older_one_goes_on_and_does_not_come_back(
    place: Place,
) -> None:
    where = place.url if isinstance(place, PostgresPlace) else str(cast(SqlitePlace, place).path)
    async with place.open(SystemClock()) as store:
        await store.inbox.accept(arrival(message("before"), key="1"))
        with subprocess.Popen(
            [sys.executable, "-c", _NEWER, where], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as newer:
            assert newer.stdout is not None and newer.stdout.readline() == b"at work\n"
            await store.inbox.accept(arrival(message("meanwhile"), key="2"))
            assert len(await store.inbox.waiting(HERE.key)) == 2
            newer.communicate()
    before = place.ask("SELECT * FROM owners"), place.ask("SELECT * FROM inbox")
    with pytest.raises(StoreError, match="newer version"):
        async with place.open(SystemClock()):
            pass
    assert (place.ask("SELECT * FROM owners"), place.ask("SELECT * FROM inbox")) == before


async def test_what_an_older_version_left_is_taken_up(bare: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [step.name for step in MIGRATIONS._migrations]
    older = MIGRATIONS._migrations[: names.index("m022_voice")]
    with monkeypatch.context() as before:
        before.setattr(MIGRATIONS, "_migrations", older)
        async with bare.open(SystemClock()) as store:
            await store.inbox.accept(arrival(message("before"), key="1"))
    assert ("voice",) not in bare.ask(_COLUMNS)
    async with bare.open(SystemClock()) as store:
        (entry,) = await store.inbox.waiting(HERE.key)
        assert isinstance(entry.event, Message) and entry.event.text == "before"
        assert not await store.inbox.accept(arrival(message("before"), key="1"))
    assert ("voice",) in bare.ask(_COLUMNS)
