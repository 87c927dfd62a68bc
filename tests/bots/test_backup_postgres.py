"""What the page about operating says of a dump of Postgres, typed while people write."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.backup import KEYS
from bots.cli import main
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import JONAS, MINA, TOKEN
from bots.store import DATABASE, opened_store
from core import settings
from core.errors import StoreError
from core.message import Conversation, Person, Platform
from core.privacy.keys import Keys
from core.privacy.postgres_vault import PostgresVault
from core.privacy.sealing import KeyedSealer
from tests.bots.conftest import Telegram
from tests.docs.pages import ROOT
from tests.places import PostgresPlace
from tests.postgres import Server, program
from tests.privacy.home import ANNA, BEN, SECRET, canary, live, private
from tests.process import running
from tests.vaults import empty_database

PATIENCE = 120.0
"""Seconds, for machines that have much else to do."""


async def test_a_dump_taken_at_work_goes_on_in_new_databases(
    postgres: Server, telegram: Telegram, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = empty_database(postgres), empty_database(postgres)
    environment = _installation(bare_environment / "home", data, keys) | {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "FRONTDESK_PORT": "0",
        "FRONTDESK_TEST_PACED": "",
    }
    saving, restoring = _lines_of_the_page()
    async with running(environment) as service:
        await telegram.driver.send(MINA, MINA, "before the dump")
        await telegram.driver.wait_for_text(MINA, "echo: before the dump", PATIENCE)
        writing = asyncio.create_task(_write_on(telegram.driver))
        await telegram.driver.wait_for_text(JONAS, "echo: word 1", PATIENCE)
        await asyncio.to_thread(_type, saving, environment, postgres)
        writing.cancel()
        service.process.send_signal(signal.SIGKILL)
        await service.process.wait()
    for lost in (data, keys):
        postgres.drop(lost)

    brought = {"FRONTDESK_DATABASE_URL": postgres.url("frontdesk_restored")}
    await asyncio.to_thread(_type, restoring, environment | brought, postgres)
    brought_keys = {"FRONTDESK_KEYS_URL": postgres.url("frontdesk_restored_keys")}
    await asyncio.to_thread(_type, _for_keys(restoring), environment | brought_keys, postgres)
    environment |= brought | brought_keys
    async with running(environment):
        await telegram.driver.send(MINA, MINA, "and after it")
        await telegram.driver.wait_for_text(MINA, "echo: and after it", PATIENCE)

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with opened_store(settings.load()) as store:
        bot = TOKEN.partition(":")[0]
        place = Conversation(platform=Platform.TELEGRAM, tenant=bot, channel=str(MINA), direct=True)
        transcript = await store.history.transcript(place.key, 10)
    questions = [each.question for each in transcript.exchanges]
    assert questions == ["before the dump", "and after it"]
    for url in (*brought.values(), *brought_keys.values()):
        postgres.drop(url)


def test_an_older_dump_does_not_show_what_somebody_wrote_who_was_erased_since(
    postgres: Server, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = empty_database(postgres), empty_database(postgres)
    environment = _installation(bare_environment / "home", data, keys)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asyncio.run(_lived())
    saving, restoring = _lines_of_the_page()
    _type(saving, environment, postgres)
    erased = CliRunner().invoke(main, ["privacy", "erase", ANNA.key, "--yes"])
    assert erased.exit_code == 0, erased.output
    postgres.drop(data)

    restored = postgres.url("frontdesk_restored")
    _type(restoring, environment | {"FRONTDESK_DATABASE_URL": restored}, postgres)
    with closing(Keys(PostgresVault(keys), SECRET)) as kept:
        sealer = KeyedSealer(kept)
        assert canary(BEN, "private") in sealer.open(private(BEN).key, _sealed(restored, BEN))
        with pytest.raises(StoreError, match="it was erased"):
            sealer.open(private(ANNA).key, _sealed(restored, ANNA))
    for url in (restored, keys):
        postgres.drop(url)


def test_files_beside_postgres_are_saved_encrypted_and_brought_back(
    postgres: Server, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = empty_database(postgres), empty_database(postgres)
    home, folder = bare_environment / "home", bare_environment / "saved"
    for name, value in _installation(home, data, keys).items():
        monkeypatch.setenv(name, value)
    asyncio.run(_lived())
    (home / DATABASE).write_text("left by a move to Postgres")
    brought = home / "documents" / private(ANNA).channel_key.replace(":", "%3A") / "notes.md"

    saved = CliRunner().invoke(main, ["backup", str(folder), "--json"])
    assert saved.exit_code == 0, saved.output
    (archive,) = folder.iterdir()
    assert json.loads(saved.stdout)["keys"] is None
    assert canary(ANNA, "document").encode() not in archive.read_bytes()
    audited = CliRunner().invoke(main, ["privacy", "audit", "--json"])
    assert f"backup:{archive.name}" in audited.stdout

    elsewhere = bare_environment / "elsewhere"
    monkeypatch.setenv("FRONTDESK_HOME", str(elsewhere))
    done = CliRunner().invoke(main, ["restore", str(archive), "--json"])
    assert done.exit_code == 0, done.output
    assert (elsewhere / brought.relative_to(home)).read_text() == canary(ANNA, "document")
    assert not (elsewhere / DATABASE).exists()
    _refused_beside_another_kind_of_database(archive, bare_environment, monkeypatch)
    for url in (data, keys):
        postgres.drop(url)


def _refused_beside_another_kind_of_database(
    of_files: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as alone:
        alone.delenv("FRONTDESK_DATABASE_URL")
        alone.delenv("FRONTDESK_KEYS_URL")
        alone.setenv("FRONTDESK_HOME", str(folder / "sqlite"))
        asyncio.run(_lived())
        assert CliRunner().invoke(main, ["backup", str(folder / "whole")]).exit_code == 0
        alone.setenv("FRONTDESK_HOME", str(folder / "mixed"))
        keys = str(folder / "whole" / KEYS)
        refused = CliRunner().invoke(main, ["restore", str(of_files), "--keys", keys])
        assert refused.exit_code == 1 and "holds files alone" in refused.output
    monkeypatch.setenv("FRONTDESK_HOME", str(folder / "mixed"))
    (whole,) = (folder / "whole").glob("frontdesk-*.backup")
    refused = CliRunner().invoke(main, ["restore", str(whole)])
    assert refused.exit_code == 1 and "holds a database" in refused.output
    assert list((folder / "mixed").iterdir()) == []


def _installation(home: Path, data: str, keys: str) -> dict[str, str]:
    """The settings of one on Postgres, with the URLs of its data and its keys."""
    return {
        "FRONTDESK_HOME": str(home),
        "FRONTDESK_SECRET_KEY": SECRET,
        "FRONTDESK_DATABASE_URL": data,
        "FRONTDESK_KEYS_URL": keys,
    }


async def _lived() -> None:
    configured = settings.load()
    async with opened_store(configured) as store:
        await live(store, configured.home, ANNA)
        await live(store, configured.home, BEN)


def _sealed(url: str, person: Person) -> bytes:
    query = "SELECT event FROM inbox WHERE conversation = ?"
    ((event,),) = PostgresPlace(url).ask(query, private(person).key)
    return bytes(event)


async def _write_on(people: TelegramDriver) -> None:
    number = 0
    while True:
        number += 1
        await people.send(JONAS, JONAS, f"word {number}")
        await people.wait_for_text(JONAS, f"echo: word {number}", PATIENCE)


def _lines_of_the_page() -> tuple[str, str]:
    """By which databases are saved, and one is brought back."""
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = page.partition("### With Postgres\n")[2].partition("\n## ")[0]
    saving, restoring = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    return saving, restoring


def _for_keys(lines: str) -> str:
    """The same lines, for the database of the keys."""
    names = {
        "FRONTDESK_DATABASE_URL": "FRONTDESK_KEYS_URL",
        "frontdesk_restored": "frontdesk_restored_keys",
        "frontdesk.dump": "frontdesk-keys.dump",
    }
    for name, other in names.items():
        lines = lines.replace(name, other)
    return lines


def _type(lines: str, environment: Mapping[str, str], postgres: Server) -> None:
    programs = Path(program("pg_dump")).parent
    where = {
        "PGHOST": str(postgres.folder),
        "PGUSER": "frontdesk",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        env=os.environ | dict(environment) | where,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{lines}\n{done.stderr}"
