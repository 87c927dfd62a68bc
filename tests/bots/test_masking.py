"""What people should not have written, and what is not to be kept, as they meet it on both platforms."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver, State, channel_of, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, HELP
from bots.playground.telegram.driver import TelegramDriver, chat_of
from bots.playground.telegram.seed import FORUM, GROUP, JONAS, MINA, ORDERS
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack

CARD = "4111 1111 1111 1111"
TOKEN = "xoxb-123456789012-AbCdEfGhIjKlMnOp"
MENTION, HANDLE = f"<@{BOT_USER}>", "@frontdesk_bot"
MASKING = Policy(settle_seconds=0, personal_data="mask")


def kept(home: Path) -> bytes:
    """All bytes of the database, as nothing is encrypted in these tests."""
    return b"".join(each.read_bytes() for each in home.rglob("frontdesk.db*") if each.is_file())


def whispers(state: State, channel: str) -> list[dict[str, Any]]:
    return [each for each in channel_of(state, channel)["messages"] if each["ephemeral_to"]]


@pytest.fixture
async def driver(slack: Slack, start: Start) -> AsyncIterator[SlackDriver]:
    async with start():
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        yield slack.driver


@pytest.fixture
async def people(telegram: Telegram, start: Start) -> AsyncIterator[TelegramDriver]:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield telegram.driver


async def test_who_posts_a_card_number_in_a_channel_is_told_alone_and_nobody_hears_it_again(
    driver: SlackDriver, engine: ScriptedEngine, bare_environment: Path
) -> None:
    root = await driver.send(ANA, HELP, f"{MENTION} refund my card {CARD} please")
    await driver.wait_for_text(HELP, "echo: refund my card [card number] please")
    state = await driver.wait_for(lambda state: bool(whispers(state, HELP)))
    (told,) = whispers(state, HELP)
    assert told["ephemeral_to"] == ANA and "a card number" in shown(told) and "1111" not in shown(told)
    await driver.send(BEN, HELP, "what was the number?", thread_ts=root)
    await driver.wait_for_text(HELP, "echo: what was the number?")
    assert not any("1111" in prompt for prompt in engine.prompts)
    assert b"4111 1111" not in kept(bare_environment)


async def test_a_card_number_for_the_assistant_alone_is_nobody_elses_business(driver: SlackDriver) -> None:
    channel = await driver.open_dm(ANA)
    await driver.send(ANA, channel, f"my card is {CARD}")
    await driver.wait_for_text(channel, f"echo: my card is {CARD}")
    assert not whispers(await driver.state(), channel)


async def test_a_token_that_is_edited_into_a_message_is_noticed_once(
    driver: SlackDriver, bare_environment: Path
) -> None:
    ts = await driver.send(ANA, HELP, f"{MENTION} how do I sign in?")
    await driver.wait_for_text(HELP, "how do I sign in?")
    await driver.edit(ANA, HELP, ts, f"{MENTION} how do I sign in with {TOKEN}?")
    await driver.wait_for_text(HELP, "how do I sign in with [secret]?")
    await driver.edit(ANA, HELP, ts, f"{MENTION} how can I sign in with {TOKEN}?")
    await driver.wait_for_text(HELP, "how can I sign in with [secret]?")
    state = await driver.wait_for(lambda state: bool(whispers(state, HELP)))
    assert len(whispers(state, HELP)) == 1
    assert TOKEN.encode() not in kept(bare_environment)


async def test_in_a_group_the_author_may_have_the_message_deleted_and_nobody_else(
    people: TelegramDriver, bare_environment: Path
) -> None:
    asked = await people.send(JONAS, FORUM, f"{HANDLE} mein Passwort ist Frosch!Teich9", topic=ORDERS)
    warned = await people.wait_for_text(FORUM, "ein Passwort, einen Schlüssel oder ein Token")
    assert "Frosch" not in warned["text"]
    button = next(each for row in warned["buttons"] for each in row if "löschen" in each["text"])
    await people.click(MINA, FORUM, warned["id"], button["callback_data"])
    await people.wait_for_text(FORUM, "Only who wrote the message")
    assert asked in [each["id"] for each in chat_of(await people.state(), FORUM)["messages"]]
    await people.click(JONAS, FORUM, warned["id"], button["callback_data"])
    await people.wait_for_text(FORUM, "Ihre Nachricht ist gelöscht.")
    assert asked not in [each["id"] for each in chat_of(await people.state(), FORUM)["messages"]]
    assert b"Frosch" not in kept(bare_environment)


async def test_a_bot_that_may_not_delete_says_so(people: TelegramDriver) -> None:
    await people.send(MINA, GROUP, f"{HANDLE} my card is {CARD}")
    warned = await people.wait_for_text(GROUP, "a card number, and everybody")
    button = next(each for row in warned["buttons"] for each in row if "Delete" in each["text"])
    await people.click(MINA, GROUP, warned["id"], button["callback_data"])
    await people.wait_for_text(GROUP, "Please delete it yourself")


async def test_a_masked_name_is_answered_to_and_kept_nowhere_in_clear(
    telegram: Telegram, start: Start, engine: ScriptedEngine, bare_environment: Path
) -> None:
    async with start(MASKING, FRONTDESK_SECRET_KEY="a secret of thirty-two characters"):
        people = telegram.driver
        await people.wait_for(lambda state: state["polled"])
        await people.send(MINA, MINA, "My name is Ottoline Quarrington, call me on +44 7700 900123")
        await people.wait_for_text(MINA, "echo: My name is Ottoline Quarrington, call me on +44 7700 900123")
        await people.send(MINA, MINA, "Is Ottoline Quarrington on your list?")
        answer = await people.wait_for_text(MINA, "echo: Is Ottoline Quarrington on your list?")
        await people.react(
            MINA, MINA, answer["id"], ["👎"]
        )  # with which Telegram sends the answer back to us
        await people.send(MINA, MINA, "/me")
        await people.wait_for_text(MINA, "1 rating of my answers")
    assert "My name is <PERSON_1>, call me on <PHONE_1>" in engine.prompts[0]
    assert "Is <PERSON_1> on your list?" in engine.prompts[1]
    assert not any("Ottoline" in prompt for prompt in engine.prompts)
    assert b"Ottoline" not in kept(bare_environment)


async def test_what_is_kept_of_a_masked_conversation_is_masked_but_for_the_list_of_names(
    slack: Slack, start: Start, bare_environment: Path
) -> None:
    async with start(MASKING):
        driver = slack.driver
        await driver.wait_for(lambda state: state["sockets"] == 1)
        await driver.send(ANA, HELP, f"{MENTION} write to ottoline@example.org, card {CARD}")
        await driver.wait_for_text(HELP, "write to ottoline@example.org, card [card number]")
    (database,) = bare_environment.rglob("frontdesk.db")
    with closing(sqlite3.connect(database)) as connection:
        everything = [
            (table, row)
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
            for row in connection.execute(f"SELECT * FROM {table}").fetchall()
        ]
    telling = {table for table, row in everything if "ottoline" in str(row)}
    assert telling == {"conversations"}
    assert not any("4111 1111" in str(row) for _, row in everything)
