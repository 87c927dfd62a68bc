"""What the page about operating says of a dump of Postgres, typed while people write."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import JONAS, MINA, TOKEN
from bots.store import opened_store
from core import settings
from core.message import Conversation, Platform
from tests.bots.conftest import Telegram
from tests.docs.pages import ROOT
from tests.postgres import Server, program
from tests.privacy.home import SECRET
from tests.process import running
from tests.vaults import empty_database

PATIENCE = 60.0
"""Seconds, for machines that have much else to do."""
pytestmark = pytest.mark.timeout(300)


async def test_a_dump_taken_at_work_goes_on_in_new_databases(
    postgres: Server, telegram: Telegram, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = empty_database(postgres), empty_database(postgres)
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "FRONTDESK_HOME": str(bare_environment / "home"),
        "FRONTDESK_SECRET_KEY": SECRET,
        "FRONTDESK_DATABASE_URL": data,
        "FRONTDESK_KEYS_URL": keys,
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
