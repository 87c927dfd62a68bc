"""What is tried leaves alone what cores serve: the database that they share, and its keys."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from bots.audited import open_path
from bots.playground.stage import opened
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from bots.store import opened_store
from core.fairness import auditing, requests
from core.message import Conversation, Person, Platform
from core.policy import KnowledgeSection, Policies, SourceEntry
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.playground.storyteller import Storyteller
from tests.postgres import Server, rows
from tests.samples import arrival, message
from tests.vaults import empty_database

MARIA = Person(platform=Platform.TELEGRAM, tenant="7", id="1001", name="Maria")
THERE = Conversation(platform=Platform.TELEGRAM, tenant="7", channel="1001", direct=True)


@pytest.fixture
def live(postgres: Server, postgres_url: str, tmp_path: Path) -> Settings:
    """Of a fleet, as its `.env` has them."""
    return Settings.model_validate(
        {
            "FRONTDESK_HOME": tmp_path / "home",
            "FRONTDESK_PORT": 0,
            "FRONTDESK_ENCODER": "none",
            "FRONTDESK_DATABASE_URL": postgres_url,
            "FRONTDESK_KEYS_URL": empty_database(postgres),
            "FRONTDESK_SECRET_KEY": "a-secret-that-was-made-up-for-this-test",
        }
    )


async def waiting(live: Settings) -> None:
    """Somebody waits for an answer there, whom no core serves now."""
    live.home.mkdir()
    async with opened_store(live) as store:
        await store.inbox.accept(arrival(message("Are you open?", where=THERE, sender=MARIA)))


def kept(live: Settings) -> object:
    urls = [url for url in (live.database_url, live.keys_url) if url]
    return [rows(url.get_secret_value()) for url in urls], sorted(live.home.iterdir())


async def test_a_playground_in_a_fleet_answers_from_its_documents_and_leaves_its_database_alone(
    live: Settings, tmp_path: Path
) -> None:
    await waiting(live)
    before = kept(live)
    handbook = tmp_path / "leave.md"
    handbook.write_text("# Leave\n\nEverybody has 30 days of leave a year.\n", encoding="utf-8")
    source = SourceEntry(name="handbook", location=str(handbook))
    policies = Policies(knowledge=KnowledgeSection(sources=(source,)))
    async with opened(live, policies, Storyteller()) as stage, TelegramDriver(stage.telegram_url) as people:
        await asked_until(people, "30 days")
    assert kept(live) == before


async def asked_until(people: TelegramDriver, expected: str) -> None:
    """It is asked again while the handbook is not read yet."""
    async with asyncio.timeout(60):
        while True:
            await people.send(MINA, MINA, "How many days of leave are there?")
            with suppress(TimeoutError):
                await people.wait_for_text(MINA, expected, 3)
                return


async def test_an_audit_in_a_fleet_leaves_its_database_alone(live: Settings) -> None:
    await waiting(live)
    before = kept(live)
    async with open_path(live, Policies(), ScriptedEngine(), None) as path:
        await auditing.answers(path, list(requests.cases(["en"]))[:2], lambda *_: None)
    assert kept(live) == before
