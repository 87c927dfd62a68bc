"""A Telegram group with topics as the desk, through the real client: customers write to the same bot."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots.playground.telegram.driver import State, TelegramDriver, chat_of
from bots.playground.telegram.seed import AYA, FORUM, JONAS, MINA, RETURNS
from core.clock import SystemClock
from core.desk_policy import DeskSection
from tests.bots.conftest import Start, Telegram
from tests.bots.drafts import said_otherwise
from tests.crash.service import Unpaced
from tests.playground.slack.conftest import Slack

DESK = DeskSection(platform="telegram", channel=str(FORUM))


@pytest.fixture
async def driver(slack: Slack, telegram: Telegram, start: Start) -> AsyncIterator[TelegramDriver]:
    await telegram.driver.set_limits(0)
    async with start(desk=DESK, pacer=Unpaced(SystemClock())):
        await telegram.driver.wait_for(lambda state: state["polled"])
        await telegram.driver.start(MINA)
        yield telegram.driver


def topics(state: State, name: str) -> list[dict[str, Any]]:
    return [each for each in chat_of(state, FORUM)["topics"] if name in each["name"]]


def is_closed(state: State, name: str) -> bool:
    return any(each["closed"] for each in topics(state, name))


def posts(state: State, topic: int, text: str = "") -> list[dict[str, Any]]:
    """What the bot says in a topic."""
    return [
        each
        for each in chat_of(state, FORUM)["messages"]
        if each["thread"] == topic and each["sender"] == state["bot"]["id"] and text in each["text"]
    ]


async def in_topic(driver: TelegramDriver, topic: int, text: str) -> dict[str, Any]:
    state = await driver.wait_for(lambda state: posts(state, topic, text))
    return posts(state, topic, text)[-1]


async def hand_over(driver: TelegramDriver) -> int:
    """Mina asks for a person; returns the topic of her ticket."""
    await driver.send(MINA, MINA, "can I talk to a human please")
    await driver.wait_for_text(MINA, "Your ticket number is")
    state = await driver.wait_for(lambda state: topics(state, "Mina"))
    topic = int(topics(state, "Mina")[-1]["id"])
    await in_topic(driver, topic, "can I talk to a human please")
    return topic


async def press(driver: TelegramDriver, agent: int, message: dict[str, Any], name: str) -> None:
    await driver.click(agent, FORUM, message["id"], f"desk:{name}")


async def test_a_ticket_is_a_topic_with_a_pinned_card_and_what_agents_write_there_reaches_the_customer(
    driver: TelegramDriver,
) -> None:
    topic = await hand_over(driver)
    state = await driver.wait_for(lambda state: any(each["pinned"] for each in posts(state, topic)))
    (card,) = [each for each in posts(state, topic) if each["pinned"]]
    assert "asked for a person" in card["text"]
    buttons = [each["text"] for row in card["buttons"] for each in row]
    assert buttons == ["Take", "Hand back to the assistant", "Snooze", "Resolve", "Spam"]
    await driver.send(MINA, MINA, "my parcel is lost")
    await in_topic(driver, topic, "Mina: my parcel is lost")
    await press(driver, AYA, card, "take")
    await driver.wait_for_text(MINA, "Aya from our team is here now.")
    await driver.wait_for(lambda state: topics(state, "Ticket 1 · Mina · assigned · Aya"))
    await driver.send(AYA, FORUM, "// it is at the depot", topic=topic)
    said = await driver.send(AYA, FORUM, "/tmp/parcel is what we lok for", topic=topic)
    told = await driver.wait_for_text(MINA, "tmp/parcel is what we lok for")
    assert told["text"].startswith("Aya: ")
    await driver.edit(AYA, FORUM, said, "we look for it")
    mended = await driver.wait_for_text(MINA, "Aya: we look for it")
    assert mended["id"] == told["id"]
    await press(driver, AYA, card, "back")
    await driver.wait_for_text(MINA, "You are talking to the assistant again")
    await driver.wait_for(lambda state: is_closed(state, "returned"))
    await driver.send(MINA, MINA, "thank you")
    await driver.wait_for_text(MINA, "echo: thank you")
    assert "depot" not in str(chat_of(await driver.state(), MINA))


async def test_a_closed_topic_opens_again_with_its_ticket(driver: TelegramDriver) -> None:
    topic = await hand_over(driver)
    card = await in_topic(driver, topic, "asked for a person")
    await press(driver, AYA, card, "resolve")
    await driver.wait_for_text(MINA, "Was our help good?")
    await driver.wait_for(lambda state: is_closed(state, "resolved"))
    await driver.send(MINA, MINA, "/human")
    await driver.wait_for(lambda state: topics(state, "Mina · open"))
    state = await driver.wait_for(lambda state: not is_closed(state, "Mina"))
    assert len(topics(state, "Mina")) == 1


async def test_files_go_both_ways_through_a_topic(driver: TelegramDriver) -> None:
    topic = await hand_over(driver)
    photo = [{"kind": "photo", "size": 3000}]
    await driver.send(MINA, MINA, "look at this", files=photo)
    await in_topic(driver, topic, "look at this")
    await driver.wait_for(lambda state: any(each["media"] for each in posts(state, topic)))
    await driver.send(AYA, FORUM, "the label", topic=topic, files=[{"name": "label.pdf", "text": "a label"}])
    await driver.wait_for_text(MINA, "the label")
    mine = next(each for each in (await driver.state())["chats"] if each["id"] == MINA)
    await driver.wait_for(
        lambda state: "label.pdf" in str([each for each in state["chats"] if each["id"] == MINA])
    )
    assert mine["id"] == MINA


async def test_a_suggestion_is_sent_by_its_button_or_by_a_reply_in_other_words(
    driver: TelegramDriver, tmp_path: Path
) -> None:
    topic = await hand_over(driver)
    await driver.send(MINA, MINA, "are you open?")
    draft = await in_topic(driver, topic, "echo: are you open?")
    await press(driver, AYA, draft, "edit")
    asked = await driver.wait_for_journal(method="answerCallbackQuery", outcome="ok")
    assert "Responda a este mensaje" in str(asked[-1]["body"])
    await press(driver, AYA, draft, "send")
    await driver.wait_for_text(MINA, "Aya: echo: are you open?")
    await driver.send(MINA, MINA, "on Sunday?")
    draft = await in_topic(driver, topic, "echo: on Sunday?")
    await driver.send(JONAS, FORUM, "closed, sorry", topic=topic, reply_to=draft["id"])
    await driver.wait_for_text(MINA, "Jonas: closed, sorry")
    await driver.wait_for(lambda state: not posts(state, topic, "echo: on Sunday?"))
    (kept,) = await said_otherwise(tmp_path / "home")
    assert (kept.state, kept.text, kept.sent) == ("edited", "echo: on Sunday?", "closed, sorry")


async def test_who_left_the_group_moves_nothing(driver: TelegramDriver) -> None:
    topic = await hand_over(driver)
    await driver.act("leave", person=JONAS, chat=FORUM)
    forged = {
        "update_id": 900_000,
        "message": {
            "message_id": 900,
            "date": 1,
            "chat": {"id": FORUM, "type": "supergroup", "title": "Support", "is_forum": True},
            "from": {"id": JONAS, "is_bot": False, "first_name": "Jonas"},
            "message_thread_id": topic,
            "is_topic_message": True,
            "text": "send me your password",
        },
    }
    await driver.deliver(forged)
    await in_topic(driver, topic, "Only members of this channel can do that.")
    assert "password" not in str(chat_of(await driver.state(), MINA))


async def test_agents_talk_elsewhere_in_the_group_without_an_answer(driver: TelegramDriver) -> None:
    topic = await hand_over(driver)
    await driver.send(AYA, FORUM, "who has time?", topic=RETURNS)
    await driver.send(AYA, FORUM, "who has time?")
    await driver.send(AYA, FORUM, "hello", topic=topic)
    await driver.wait_for_text(MINA, "Aya: hello")
    assert not posts(await driver.state(), RETURNS)
    assert "who has time" not in str(chat_of(await driver.state(), MINA))
