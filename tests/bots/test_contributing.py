"""Documents brought in chats, through the real clients: read, answered from there alone, forgotten."""

import base64
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.playground.slack.driver import SlackDriver, State, replies, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, GENERAL, HELP
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import GROUP, JONAS, MINA
from core.dialogue.contributing import NOT_ALLOWED, NOTHING
from core.knowledge.contributions import Contributions
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.reading.process import ReadingProcess
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.policy import Policy
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack

EDITORS = (f"slack:T0ACME:{ANA}", f"telegram:*:{MINA}")
MENU = "# Bread\n\nThe rye loaf costs four euros and fifty cents.\n"
QUESTION, SAID = "How much does the rye loaf cost?", "four euros and fifty cents"
POLICY = Policy(settle_seconds=0, answers="cited")


@pytest.fixture
def engine() -> ScriptedEngine:
    """Whose drafts never stand in a passage, so that passages are quoted."""
    return ScriptedEngine(*["nonsense"] * 20)


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncIterator[Knowledge]:
    with closing(Keys(SqliteVault(tmp_path / FILE), "s" * 40)) as keys:
        file = tmp_path / "knowledge.sqlite3"
        async with open_knowledge_base(file, sealer=KeyedSealer(keys)) as knowledge:
            yield knowledge


@pytest.fixture
async def contributions(knowledge: Knowledge) -> AsyncIterator[Contributions]:
    reader = ReadingProcess()
    ingestion = Ingestion(knowledge.library, reader, Pages(["127.0.0.1"]))
    yield Contributions(knowledge.library, ingestion)
    await reader.close()


@pytest.fixture
async def service(
    start: Start, knowledge: Knowledge, contributions: Contributions, slack: Slack, telegram: Telegram
) -> AsyncIterator[None]:
    async with start(POLICY, knowledge, contributions=contributions, editors=EDITORS):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield


@pytest.fixture
async def page() -> AsyncIterator[str]:
    """The address of a page about bread."""

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=f"<title>Bread</title><p>{MENU}</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/bread.html", serve)
    server = TestServer(app)
    async with server:
        yield str(server.make_url("/bread.html"))


class _OnSlack:
    """Ana, who may, and Ben, who may not."""

    editor, other = ANA, BEN
    unknown = "I do not know"
    here, elsewhere = GENERAL, HELP

    def __init__(self, driver: SlackDriver) -> None:
        self._driver = driver

    async def say(
        self, who: Any, where: Any, text: str, files: list[dict[str, object]] | None = None
    ) -> None:
        await self._driver.send(who, where, f"<@{BOT_USER}> {text}", files=files or [])

    async def command(
        self, who: Any, where: Any, text: str, files: list[dict[str, object]] | None = None
    ) -> None:
        await self.say(who, where, f"!kb {text}", files)

    async def hears(self, where: Any, text: str) -> None:
        def heard(state: State) -> bool:
            return any(text in shown(each).replace("`", "") for each in replies(state, where))

        await self._driver.wait_for(heard)

    async def fetched(self) -> int:
        return len(await self._driver.journal(method="download"))


class _OnTelegram:
    """Mina, who may, and Jonas, who may not, and speaks German."""

    editor, other = MINA, JONAS
    unknown = "Das weiß ich nicht"
    here, elsewhere = GROUP, MINA

    def __init__(self, driver: TelegramDriver) -> None:
        self._driver = driver

    async def say(
        self, who: Any, where: Any, text: str, files: list[dict[str, object]] | None = None
    ) -> None:
        mention = "@frontdesk_bot " if where == GROUP and not text.startswith("/") else ""
        await self._driver.send(who, where, f"{mention}{text}", files=files or [])

    async def command(
        self, who: Any, where: Any, text: str, files: list[dict[str, object]] | None = None
    ) -> None:
        await self.say(who, where, f"/kb@frontdesk_bot {text}", files)

    async def hears(self, where: Any, text: str) -> None:
        await self._driver.wait_for_text(where, text)

    async def fetched(self) -> int:
        return len(await self._driver.journal(method="file"))


People = _OnSlack | _OnTelegram


@pytest.fixture(params=["slack", "telegram"])
def people(request: pytest.FixtureRequest, slack: Slack, telegram: Telegram, service: None) -> People:
    return _OnSlack(slack.driver) if request.param == "slack" else _OnTelegram(telegram.driver)


async def test_a_document_is_answered_from_where_it_was_brought_and_nowhere_else(
    people: People, tmp_path: Path
) -> None:
    await people.command(people.editor, people.here, "add", [{"name": "menu.md", "text": MENU}])
    await people.hears(people.here, "menu.md is read: 1 passage")
    await people.say(people.other, people.here, QUESTION)
    await people.hears(people.here, SAID)
    await people.say(people.editor, people.elsewhere, QUESTION)
    await people.hears(people.elsewhere, "I do not know")
    kept = b"".join(each.read_bytes() for each in tmp_path.glob("knowledge.sqlite3*"))
    assert [word for word in (b"menu", b"loaf", SAID.encode()) if word in kept] == []


async def test_what_is_removed_is_forgotten(people: People) -> None:
    await people.command(people.editor, people.here, "add", [{"name": "the_menu.md", "text": MENU}])
    await people.hears(people.here, "is read")
    await people.command(people.editor, people.here, "list")
    await people.hears(people.here, "the_menu.md")
    await people.command(people.editor, people.here, "remove the_menu.md")
    await people.hears(people.here, "the_menu.md is forgotten")
    await people.command(people.editor, people.here, "list")
    await people.hears(people.here, NOTHING)
    await people.say(people.other, people.here, QUESTION)
    await people.hears(people.here, people.unknown)


async def test_who_is_not_named_may_not(people: People) -> None:
    await people.command(people.other, people.here, "add", [{"name": "menu.md", "text": MENU}])
    await people.hears(people.here, NOT_ALLOWED.partition("(")[0].strip())
    assert await people.fetched() == 0


async def test_what_is_not_read_is_not_even_fetched(people: People) -> None:
    await people.command(people.editor, people.here, "add", [{"name": "virus.exe", "text": "MZ"}])
    await people.hears(people.here, "virus.exe is of a kind that is not read")
    assert await people.fetched() == 0


async def test_a_document_that_cannot_be_read_replaces_nothing_and_the_person_hears_why(
    people: People,
) -> None:
    await people.command(people.editor, people.here, "add", [{"name": "menu.pdf", "data": PDF}])
    await people.hears(people.here, "menu.pdf is read")
    await people.command(people.editor, people.here, "add", [{"name": "menu.pdf", "text": "no pdf"}])
    await people.hears(people.here, "menu.pdf is no PDF")
    await people.say(people.other, people.here, QUESTION)
    await people.hears(people.here, SAID)


async def test_a_page_is_read_from_its_address(people: People, page: str) -> None:
    await people.command(people.editor, people.here, f"add {page}")
    await people.hears(people.here, "bread.html is read")
    await people.say(people.other, people.here, QUESTION)
    await people.hears(people.here, SAID)
    await people.command(people.editor, people.here, f"remove {page}")
    await people.hears(people.here, "bread.html is forgotten")


async def test_a_page_that_is_not_there_leaves_nothing_behind(
    people: People, page: str, knowledge: Knowledge
) -> None:
    await people.command(people.editor, people.here, f"add {page}x")
    await people.hears(people.here, "is not there (HTTP 404)")
    assert await knowledge.library.sources() == []


def _pdf(line: str) -> str:
    """A document of one line, as base64."""
    stream = f"BT /F 12 Tf 72 700 Td ({line}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources 5 0 R >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    )
    body = "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return base64.b64encode(f"%PDF-1.4\n{body}trailer\n<< /Root 1 0 R >>\n".encode()).decode()


PDF = _pdf(f"The rye loaf costs {SAID}.")
