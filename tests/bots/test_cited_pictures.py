"""What was read in a picture, cited: with its place, on every platform, and only where it stands there."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.dates import format_date

from bots.playground.slack.seed import ANA
from bots.playground.telegram.driver import replies
from bots.playground.telegram.seed import MINA
from bots.playground.widget.driver import WidgetVisitor
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.media.elsewhere import Elsewhere
from core.media.recognition import Here
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.bots.test_media import SITE, Eyes, photo, picture
from tests.engine.fleet.conftest import Open, core, nats
from tests.engine.fleet.server import Server
from tests.media.test_elsewhere import working
from tests.playground.slack.conftest import Slack

__all__ = ["core", "nats"]
TOTAL, ALL = "What was the total?", "Invoice 2026-117\nTotal | 69.80 EUR"
FREE, CITED = Policy(settle_seconds=0), Policy(settle_seconds=0, answers="cited")
ASKS = "What would you like to know about it?"


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncIterator[Knowledge]:
    async with open_knowledge_base(tmp_path / "knowledge.sqlite3") as knowledge:
        yield knowledge


@pytest.fixture
async def service(start: Start, knowledge: Knowledge, eyes: Eyes, telegram: Telegram) -> AsyncIterator[str]:
    async with start(FREE, knowledge, reader=eyes) as url:
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield url


async def _answer(telegram: Telegram, number: int, text: str) -> dict[str, Any]:
    """The bot's finished message of this number."""

    def told(state: dict[str, Any]) -> list[dict[str, Any]]:
        posts = replies(state, MINA)[number - 1 : number]
        return [each for each in posts if text in each["text"] and _labels(each)]

    (post,) = told(await telegram.driver.wait_for(told, timeout=60))
    return post


def _labels(post: dict[str, Any]) -> dict[str, str]:
    """What its buttons carry, by what stands on them."""
    return {each["text"]: each["callback_data"] for row in post["buttons"] for each in row}


async def _read(telegram: Telegram, post: dict[str, Any]) -> str:
    """What an alert shows to who asks for the passage."""
    await telegram.driver.click(MINA, MINA, post["id"], _labels(post)["Read [1]"])
    *_, alert = await telegram.driver.wait_for_journal(method="answerCallbackQuery", outcome="ok")
    return str(alert["body"]["text"])


async def test_what_stands_in_a_picture_is_quoted_with_its_place(service: str, telegram: Telegram) -> None:
    await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(100)])
    post = await _answer(telegram, 1, "[1]")
    assert post["text"].endswith(
        "In the picture I read:\n\nTotal 69.80 EUR\n\n[1]\n\n[1] picture, row 2, left"
    )
    assert await _read(telegram, post) == f"picture\n\n{ALL}"


async def test_what_a_worker_read_in_a_picture_is_cited_too(
    start: Start, knowledge: Knowledge, eyes: Eyes, telegram: Telegram, nats: Server, core: Open
) -> None:
    async with working(nats, Here(None, eyes)), core() as fleet:
        await fleet.met()
        async with start(FREE, knowledge, elsewhere=Elsewhere(fleet.files)):
            await telegram.driver.wait_for(lambda state: state["polled"])
            await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(100)])
            post = await _answer(telegram, 1, "[1]")
            assert post["text"].endswith("[1] picture, row 2, left")
            assert await _read(telegram, post) == f"picture\n\n{ALL}"


async def test_which_picture_of_an_album_it_was_is_told(service: str, telegram: Telegram) -> None:
    await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(200), photo(100)])
    post = await _answer(telegram, 1, "[1]")
    assert post["text"].endswith("[1] picture 2 of 2, row 2, left")


async def test_a_picture_shown_before_is_cited_and_forgotten_with_the_rest(
    service: str, telegram: Telegram
) -> None:
    invoice = await telegram.driver.send(MINA, MINA, files=[photo(100)])
    await telegram.driver.wait_for_text(MINA, ASKS)
    await telegram.driver.send(MINA, MINA, TOTAL)
    assert "[1] picture, row 2" in (await _answer(telegram, 2, "[1]"))["text"]
    await telegram.driver.send(MINA, MINA, "/new")
    await telegram.driver.wait_for_text(MINA, "I start afresh")
    await telegram.driver.send(MINA, MINA, TOTAL)
    assert "[1]" not in (await _answer(telegram, 4, f"echo: {TOTAL}"))["text"]
    await telegram.driver.send(MINA, MINA, TOTAL, reply_to=invoice)
    assert "[1] picture, row 2" in (await _answer(telegram, 5, "[1]"))["text"]


async def test_a_picture_of_another_day_is_told_with_its_day(service: str, telegram: Telegram) -> None:
    invoice = await telegram.driver.send(MINA, MINA, files=[photo(100)])
    await telegram.driver.wait_for_text(MINA, ASKS)
    sent = format_date(datetime.now(UTC), "medium", "en")
    await telegram.driver.advance(24 * 3600)
    await telegram.driver.send(MINA, MINA, TOTAL, reply_to=invoice)
    assert f"[1] picture ({sent}), row 2, left" in (await _answer(telegram, 2, "[1]"))["text"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The total was 69.80 EUR. I hope this helps!", "The total was 69.80 EUR [1]. I hope this helps!"),
        ("The total was 96.80 EUR.", "The total was 96.80 EUR."),
        ("The total of Mr. Smith was 69.80 EUR.", "The total of Mr. Smith was 69.80 EUR."),
    ],
)
async def test_the_model_s_own_words_are_cited_only_where_they_stand_in_the_picture(
    said: str, shown: str, service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    engine.say(said)
    await telegram.driver.send(MINA, MINA, "How much did I pay?", files=[photo(100)])
    post = await _answer(telegram, 1, said[:20])
    assert shown in post["text"]
    assert ("[1] picture, row 2, left" in post["text"]) == ("[1]" in shown)


async def test_a_draft_that_the_picture_does_not_hold_is_never_shown(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    engine.say("The total was 96.80 EUR [1].", "The total was 96.80 EUR [1].")
    await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(100)])
    assert "96.80" not in (await _answer(telegram, 1, "[1]"))["text"]
    engine.say("The total was 69.80 EUR [1].")
    await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(100)])
    assert "The total was 69.80 EUR [1]." in (await _answer(telegram, 2, "[1]"))["text"]


async def test_where_documents_alone_may_answer_a_picture_is_quoted_too(
    start: Start, knowledge: Knowledge, eyes: Eyes, telegram: Telegram
) -> None:
    async with start(CITED, knowledge, reader=eyes):
        await telegram.driver.wait_for(lambda state: state["polled"])
        await telegram.driver.send(MINA, MINA, "How much was it?", files=[photo(100)])
        assert "69.80" in (await _answer(telegram, 1, "[1] picture"))["text"]


async def test_what_is_masked_is_kept_masked_and_read_in_clear(
    start: Start, knowledge: Knowledge, eyes: Eyes, telegram: Telegram, engine: ScriptedEngine
) -> None:
    eyes.reads[100] = "Total | 69.80 EUR\nQuestions | peter@example.org"
    policy = Policy(settle_seconds=0, personal_data="mask")
    async with start(policy, knowledge, reader=eyes):
        await telegram.driver.wait_for(lambda state: state["polled"])
        await telegram.driver.send(MINA, MINA, TOTAL, files=[photo(100)])
        post = await _answer(telegram, 1, "[1]")
        assert "[1] picture, row" in post["text"]
        assert "peter@example.org" in await _read(telegram, post)
    assert all("peter@" not in each for each in engine.prompts)


async def test_slack_shows_the_place_and_what_was_read(
    start: Start, knowledge: Knowledge, eyes: Eyes, slack: Slack
) -> None:
    async with start(FREE, knowledge, reader=eyes):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        direct = await slack.driver.open_dm(ANA)
        await slack.driver.send(ANA, direct, TOTAL, files=[{"name": "bill.png", "data": picture(100)}])
        message = await slack.driver.wait_for_text(direct, "In the picture I read:")
        assert "[1] bill.png, row 2, left" in str(message["blocks"])
        (button,) = [
            each
            for block in message["blocks"]
            for each in block.get("elements", [])
            if each["type"] == "button" and each["text"]["text"] == "Read [1]"
        ]
        await slack.driver.click(ANA, direct, message["ts"], button["action_id"], button["value"])
        (opened,) = await slack.driver.wait_for_journal(method="views.open", outcome="ok")
        assert "Invoice 2026-117" in str(opened["body"])


async def test_the_widget_shows_the_place_and_what_was_read(
    start: Start, knowledge: Knowledge, eyes: Eyes
) -> None:
    async with (
        start(FREE, knowledge, reader=eyes, FRONTDESK_WIDGET_ORIGINS=SITE) as url,
        WidgetVisitor(url, site=SITE) as visitor,
    ):
        shot = await visitor.upload("bill.png", "image/png", base64.b64decode(picture(100)))
        await visitor.say(TOTAL, shot["id"])
        await visitor.wait_for(lambda: any("In the picture I read:" in each for each in visitor.answers))
        (source,) = visitor.messages[-1]["sources"]
        assert source["name"] == "bill.png, row 2, left"
        assert (await visitor.read(source["passage"]))["text"] == ALL
