"""Answers from documents as people in Slack and in Telegram meet them: sources, passages, other passages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, GENERAL, HELP
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import GROUP, MINA
from core import words
from core.desk_policy import DeskSection
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack

QUESTION = "When does the bakery open in the morning?"
SAID = "The bakery opens in the morning at six o'clock sharp. It closes at noon."
POLICY = Policy(settle_seconds=0, answers="cited")


@pytest.fixture
def engine() -> ScriptedEngine:
    """Whose drafts never stand in a passage, so that passages are quoted."""
    return ScriptedEngine(*["nonsense"] * 20)


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncIterator[Knowledge]:
    async with open_knowledge_base(tmp_path / "knowledge.sqlite3") as knowledge:
        await knowledge.library.add(Source(name="docs", location="/docs"))
        await _put(knowledge, "hours.md", "Opening <!channel> *hours*", SAID)
        await _put(
            knowledge,
            "https://bakery.example/trams?a=1&b=2",
            "Trams @everyone",
            "Trams pass the bakery in the morning before it opens. " + "They are yellow. " * 20,
        )
        yield knowledge


async def _put(knowledge: Knowledge, location: str, title: str, text: str) -> None:
    document = Document(location=location, title=title, digest=location)
    await knowledge.library.put("docs", document, [Passage(text=text, place="lines 1-2")])


@pytest.fixture
async def service(
    start: Start, knowledge: Knowledge, slack: Slack, telegram: Telegram
) -> AsyncIterator[None]:
    async with start(POLICY, knowledge):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield


def _button(message: dict[str, Any], text: str) -> dict[str, Any]:
    return next(
        element
        for block in message["blocks"]
        for element in block.get("elements", [])
        if element.get("text", {}) and element["type"] == "button" and element["text"]["text"] == text
    )


def _context(message: dict[str, Any]) -> str:
    return "\n".join(
        element["text"]
        for block in message["blocks"]
        if block["type"] == "context"
        for element in block["elements"]
    )


async def _ask_on_slack(driver: SlackDriver) -> dict[str, Any]:
    await driver.send(ANA, GENERAL, f"<@{BOT_USER}> {QUESTION}")
    return await driver.wait_for_text(GENERAL, "at six")


async def _press_on_slack(driver: SlackDriver, message: dict[str, Any], text: str) -> None:
    button = _button(message, text)
    await driver.click(ANA, GENERAL, message["ts"], button["action_id"], button["value"])


@pytest.mark.usefixtures("service")
async def test_on_slack_sources_stand_small_below_and_call_nobody(slack: Slack) -> None:
    message = await _ask_on_slack(slack.driver)
    sources = _context(message)
    assert "[1] Opening" in sources
    assert "<https://bakery.example/trams?a=1&amp;b=2|Trams" in sources
    assert "<!channel>" not in sources and "@everyone" not in sources
    assert "*" not in sources


@pytest.mark.usefixtures("service")
async def test_on_slack_a_button_opens_the_passage_in_full(slack: Slack) -> None:
    message = await _ask_on_slack(slack.driver)
    await _press_on_slack(slack.driver, message, "Read [1]")
    (opened,) = await slack.driver.wait_for_journal(method="views.open", outcome="ok")
    assert SAID in str(opened["body"])


@pytest.mark.usefixtures("service")
async def test_on_slack_a_passage_that_may_not_be_shown_any_more_is_not(
    slack: Slack, knowledge: Knowledge
) -> None:
    message = await _ask_on_slack(slack.driver)
    await knowledge.library.add(Source(name="docs", location="/docs", audience=("slack:T0ACME:C0ELSEWHERE",)))
    await _press_on_slack(slack.driver, message, "Read [1]")
    (opened,) = await slack.driver.wait_for_journal(method="views.open", outcome="ok")
    assert "may not be shown here" in str(opened["body"])
    assert SAID not in str(opened["body"])


@pytest.mark.usefixtures("service")
async def test_on_slack_what_did_not_help_is_searched_for_further(slack: Slack) -> None:
    message = await _ask_on_slack(slack.driver)
    await _press_on_slack(slack.driver, message, "This did not help")
    await slack.driver.wait_for_text(GENERAL, words.nothing_further(""))


async def _ask_on_telegram(driver: TelegramDriver, chat: int = MINA) -> dict[str, Any]:
    mention = "" if chat == MINA else "@frontdesk_bot "
    await driver.send(MINA, chat, f"{mention}{QUESTION}")
    return await driver.wait_for_text(chat, "at six")


def _data(message: dict[str, Any], text: str) -> str:
    return next(
        str(button["callback_data"]) for row in message["buttons"] for button in row if button["text"] == text
    )


@pytest.mark.usefixtures("service")
async def test_on_telegram_sources_are_lines_with_links_where_there_are_any(telegram: Telegram) -> None:
    message = await _ask_on_telegram(telegram.driver)
    assert "[1] Opening" in message["text"]
    assert "@everyone" not in message["text"]
    links = [each["url"] for each in message["entities"] if each["type"] == "text_link"]
    assert links == ["https://bakery.example/trams?a=1&b=2"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("chat", [MINA, GROUP])
async def test_on_telegram_a_button_shows_the_passage(telegram: Telegram, chat: int) -> None:
    message = await _ask_on_telegram(telegram.driver, chat)
    await telegram.driver.click(MINA, chat, message["id"], _data(message, "Read [1]"))
    (shown,) = await telegram.driver.wait_for_journal(method="answerCallbackQuery", outcome="ok")
    assert SAID in shown["body"]["text"]


@pytest.mark.usefixtures("service")
async def test_on_telegram_a_long_passage_is_a_message(telegram: Telegram) -> None:
    message = await _ask_on_telegram(telegram.driver)
    await telegram.driver.click(MINA, MINA, message["id"], _data(message, "Read [2]"))
    await telegram.driver.wait_for_text(MINA, "They are yellow. They are yellow. They are yellow.")


@pytest.mark.usefixtures("service")
async def test_on_telegram_what_did_not_help_is_searched_for_further(telegram: Telegram) -> None:
    message = await _ask_on_telegram(telegram.driver)
    await telegram.driver.click(MINA, MINA, message["id"], _data(message, "This did not help"))
    await telegram.driver.wait_for_text(MINA, words.nothing_further(""))


async def test_agents_are_suggested_what_the_documents_say_with_its_sources(
    start: Start, knowledge: Knowledge, slack: Slack, telegram: Telegram
) -> None:
    async with start(POLICY, knowledge, desk=DeskSection(platform="slack", channel=HELP)):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "can I talk to a human please")
        await telegram.driver.wait_for_text(MINA, "Your ticket number is")
        await telegram.driver.send(MINA, MINA, QUESTION)
        draft = await slack.driver.wait_for_text(HELP, "Suggested answer")
        assert "at six" in shown(draft)
        assert "[1] Opening" in _context(draft)
        assert "at six" not in str(await telegram.driver.state())
        await slack.driver.click(BEN, HELP, draft["ts"], "desk:send")
        sent = await telegram.driver.wait_for_text(MINA, "at six")
        assert sent["text"].startswith("ben: ")
        assert "[1] Opening" in sent["text"]
        await telegram.driver.send(MINA, MINA, "zebra aardvark quagga?")
        await slack.driver.wait_for_text(HELP, "quagga")
        await telegram.driver.send(MINA, MINA, QUESTION)
        await slack.driver.wait_for_text(HELP, "Suggested answer")
