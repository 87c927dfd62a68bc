"""Everything that is kept moves to Postgres and back, byte for byte, however often it is broken off."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots import moving
from bots.cli import main
from bots.knowledge import KNOWLEDGE, open_knowledge
from bots.store import DATABASE, opened_store
from core import settings
from core.errors import StoreError
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql.knowledge import open_knowledge_base
from core.knowledge.sql.migrations import MIGRATIONS as KNOWLEDGE_MIGRATIONS
from core.language.query import SearchQuery
from core.privacy.vaults import FILE, SqliteVault
from core.store.connection import Connection, Transactions
from core.store.database import Database
from core.store.moving import tables_of
from core.store.postgres.database import PostgresDatabase
from tests.postgres import Server
from tests.privacy.home import ANNA, BEN, CARLA, SECRET, live, opened
from tests.samples import HERE, arrival, message
from tests.vaults import empty_database, vault_at

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Server) -> Path:
    """An installation with all that there can be, and two databases to which it may move."""
    for name in settings.environment_names().values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    monkeypatch.setenv("FRONTDESK_DATABASE_URL", postgres.fresh())
    monkeypatch.setenv("FRONTDESK_KEYS_URL", empty_database(postgres))
    asyncio.run(_fill(tmp_path / "home"))
    return tmp_path / "home"


async def _fill(home: Path) -> None:
    async with opened(home, sealed=True) as store:
        for person in (ANNA, BEN):
            await live(store, home, person)
    async with open_knowledge_base(home / KNOWLEDGE) as knowledge:
        await knowledge.library.add(Source(name="handbook", location="/srv/handbook"))
        document = Document(location="bread.md", title="Bread", digest="d", language="en")
        passages = [Passage(text="Rye bread takes two days."), Passage(text="Buns take an hour.")]
        await knowledge.library.put("handbook", document, passages)


async def _say(home: Path, text: str) -> None:
    async with opened(home, sealed=True) as store:
        await store.inbox.accept(arrival(message(text), key=text))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["migrate-store", *arguments], catch_exceptions=False)


def killed(*arguments: str, at: str) -> None:
    """Run it in a process of its own that dies at a point."""
    command = [sys.executable, "-c", "from bots.cli import main; main()", "migrate-store", *arguments]
    environment = os.environ | {"FRONTDESK_FAILPOINT": at}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def kept_in_sqlite(home: Path) -> Rows:
    return asyncio.run(_kept(Database(home / DATABASE), home))


def kept_in_postgres(home: Path) -> Rows:
    return asyncio.run(_kept(PostgresDatabase(os.environ["FRONTDESK_DATABASE_URL"]), home))


async def _kept(database: Transactions, home: Path) -> Rows:
    """Every row of every table that is moved, in order."""
    with closing(sqlite3.connect(home / DATABASE)) as schema:
        tables = tables_of(schema)

    def read(db: Connection) -> Rows:
        return {
            table.name: db.execute(f"SELECT {_listed(table.columns)} FROM {table.name} ORDER BY 1").fetchall()
            for table in tables
        }

    try:
        return await database.read(read)
    finally:
        await database.close()


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def keys_at(place: str | Path) -> Sequence[object]:
    with closing(vault_at(str(place))) as vault:
        tables = [sorted(vault.execute(f"SELECT * FROM {name}")) for name in ("lock", "keys", "owners")]
        return [vault.last(), *tables]


async def _what_anna_said() -> str:
    async with opened_store(settings.load()) as store:
        return json.dumps(await store.subjects.records(await store.subjects.holdings(ANNA.key)), default=str)


async def _found(text: str) -> list[str]:
    async with open_knowledge(settings.load()) as knowledge:
        query = SearchQuery(text=text, terms=(), names=(), reasons=())
        return [each.passage.text for each in await knowledge.search.find(query, None)]


def test_everything_moves_to_postgres_and_back_byte_for_byte(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("postgres", "--json")
    assert done.exit_code == 0, done.output
    ours, keys = kept_in_sqlite(home), keys_at(home / FILE)
    assert [name for name, rows in ours.items() if not rows] == ["erasures", "unlearnt"]
    assert kept_in_postgres(home) == ours
    assert keys_at(os.environ["FRONTDESK_KEYS_URL"]) == keys
    counts = {name: found["rows"] for name, found in json.loads(done.stdout).items()}
    assert counts == counts | {name: len(rows) for name, rows in ours.items()}
    assert (counts["sources"], counts["documents"], counts["passages"]) == (1, 1, 2)
    assert "canary-u-anna-private-tweet" in asyncio.run(_what_anna_said())
    assert asyncio.run(_found("rye")) == ["Rye bread takes two days."]

    for name in (DATABASE, FILE, KNOWLEDGE):
        for file in home.glob(f"{name}*"):
            if file.is_file():
                file.rename(file.with_name(f"old-{file.name}"))
    assert run("sqlite").exit_code == 0
    back = kept_in_sqlite(home)
    assert [entry[3] for entry in back.pop("audit")[-2:]] == ["change", "change"]
    ours.pop("audit")
    assert back == ours
    assert keys_at(home / FILE) == keys
    monkeypatch.delenv("FRONTDESK_DATABASE_URL")
    monkeypatch.delenv("FRONTDESK_KEYS_URL")
    assert asyncio.run(_found("buns")) == ["Buns take an hour."]


def test_what_was_killed_goes_on_and_no_core_starts_on_half_of_it(home: Path) -> None:
    killed("postgres", at="copied:6")
    refused = CliRunner().invoke(main, ["privacy", "retain", "--dry-run"])
    assert refused.exit_code == 1
    assert "migrate-store" in refused.output
    reached = sum(len(rows) for rows in kept_in_postgres(home).values())
    assert 0 < reached < sum(len(rows) for rows in kept_in_sqlite(home).values())

    asyncio.run(_say(home, "somebody started the old core again"))
    with closing(sqlite3.connect(home / DATABASE)) as database, database:
        database.execute("DELETE FROM conversations WHERE key = ?", [HERE.key])
    done = run("postgres")
    assert done.exit_code == 0, done.output
    assert kept_in_postgres(home) == kept_in_sqlite(home)
    assert keys_at(os.environ["FRONTDESK_KEYS_URL"]) == keys_at(home / FILE)
    assert CliRunner().invoke(main, ["privacy", "retain", "--dry-run"]).exit_code == 0


def test_what_comes_after_the_move_gets_numbers_of_its_own(home: Path) -> None:
    async def go_on() -> None:
        async with opened_store(settings.load()) as store:
            await live(store, home, CARLA)

    assert run("postgres").exit_code == 0
    before = kept_in_postgres(home)
    asyncio.run(go_on())
    after = kept_in_postgres(home)
    for table in ("inbox", "turns", "outbox", "consents", "ratings", "feed"):
        assert after[table][: len(before[table])] == before[table] != after[table]


async def _put(configured: settings.Settings, text: str) -> int:
    """Let a document have this one passage; its number."""
    async with open_knowledge(configured) as knowledge:
        document = Document(location="bread.md", title="Bread", digest="d", language="en")
        await knowledge.library.put("handbook", document, [Passage(text=text)])
        query = SearchQuery(text=text, terms=(), names=(), reasons=())
        (found,) = await knowledge.search.find(query, None)
        return found.id


async def _forget(configured: settings.Settings) -> None:
    async with open_knowledge(configured) as knowledge:
        await knowledge.library.forget("handbook", ["bread.md"])


def test_passages_get_no_number_that_another_one_ever_had(home: Path) -> None:
    there = settings.load()
    here = there.model_copy(update={"database_url": None, "keys_url": None})
    last = asyncio.run(_put(here, "bagels"))
    asyncio.run(_forget(here))
    assert run("postgres").exit_code == 0
    assert asyncio.run(_put(there, "croissants")) == last + 1

    asyncio.run(_forget(there))
    for name in (DATABASE, FILE, KNOWLEDGE):
        (home / name).rename(home / f"old-{name}")
    assert run("sqlite").exit_code == 0
    assert asyncio.run(_put(here, "muffins")) == last + 2


def test_nobody_writes_to_the_old_side_while_it_moves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.database.BUSY_SECONDS", 0.05)
    there = settings.load()
    here = there.model_copy(update={"database_url": None, "keys_url": None})

    async def meanwhile() -> None:
        asleep, reading = Database(home / DATABASE), Database(home / KNOWLEDGE, KNOWLEDGE_MIGRATIONS)
        async with moving.begun(here, there):
            for database, statement in ((asleep, "DELETE FROM inbox"), (reading, "DELETE FROM passages")):
                with pytest.raises(StoreError):
                    await database.write(lambda db, statement=statement: db.execute(statement))  # type: ignore[misc]
            with pytest.raises(StoreError, match="migrate-store"):
                async with opened_store(here):
                    pass
        for database in (asleep, reading):
            await database.close()

    asyncio.run(meanwhile())
    assert run("postgres").exit_code == 0
    assert kept_in_postgres(home) == kept_in_sqlite(home)


def test_nothing_moves_while_a_core_runs(home: Path) -> None:
    async def meanwhile(configured: settings.Settings) -> Result:
        async with opened_store(configured):
            return await asyncio.to_thread(run, "postgres")

    there = settings.load()
    for running in (there.model_copy(update={"database_url": None, "keys_url": None}), there):
        found = asyncio.run(meanwhile(running))
        assert found.exit_code == 1
        assert "1 running cores or commands" in found.output
    assert not any(kept_in_postgres(home).values())


def test_nothing_is_written_over(home: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("postgres").exit_code == 0
    again = run("postgres")
    assert again.exit_code == 1
    assert "not empty" in again.output or "other keys" in again.output
    monkeypatch.setenv("FRONTDESK_KEYS_URL", empty_database(postgres))
    assert "The store to move to is not empty" in run("postgres").output
    assert keys_at(os.environ["FRONTDESK_KEYS_URL"])[0] == 0


def test_a_key_that_was_destroyed_gives_its_number_to_no_other(home: Path) -> None:
    with closing(SqliteVault(home / FILE)) as vault:
        last = vault.last()
        vault.execute("DELETE FROM keys WHERE number = ?", [last])
    assert run("postgres").exit_code == 0
    with closing(vault_at(os.environ["FRONTDESK_KEYS_URL"])) as vault:
        assert vault.last() == last
        ((made,),) = vault.execute("INSERT INTO keys (wrapped) VALUES (?) RETURNING number", [b""])
        assert made == last + 1


def test_without_a_database_it_is_told_which_setting_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRONTDESK_DATABASE_URL")
    monkeypatch.delenv("FRONTDESK_KEYS_URL")
    refused = run("postgres")
    assert refused.exit_code == 1
    assert "FRONTDESK_DATABASE_URL is missing" in refused.output
