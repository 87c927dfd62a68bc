"""The whole service as people in Telegram meet it: real clients, both platforms in one process."""

from collections.abc import AsyncIterator

import pytest

from bots.playground.telegram.driver import State, TelegramDriver, chat_of, replies, texts
from bots.playground.telegram.seed import FORUM, GROUP, JONAS, MINA, ORDERS, RETURNS
from bots.playground.telegram.state import Payload
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram

MENTION = "@frontdesk_bot"


@pytest.fixture
async def people(telegram: Telegram, start: Start) -> AsyncIterator[TelegramDriver]:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield telegram.driver


async def test_a_private_question_is_answered_once(people: TelegramDriver) -> None:
    await people.start(MINA)
    await people.wait_for_text(MINA, "/help")
    await people.send(MINA, MINA, "how are you?")
    await people.wait_for_text(MINA, "echo: how are you?")
    assert len(replies(await people.state(), MINA)) == 2


async def test_in_a_group_a_mention_and_a_reply_are_answered_and_chatter_is_not(
    people: TelegramDriver,
) -> None:
    await people.send(JONAS, GROUP, "who brings cake?")
    await people.send(MINA, GROUP, f"{MENTION} where is the flour?")
    answer = await people.wait_for_text(GROUP, "where is the flour?")
    await people.send(JONAS, GROUP, "and the sugar?", reply_to=answer["id"])
    await people.wait_for_text(GROUP, "and the sugar?")
    assert not [text for text in texts(await people.state(), GROUP) if "cake" in text]


async def test_an_answer_stays_in_its_topic_and_topics_do_not_know_each_other(
    engine: ScriptedEngine, people: TelegramDriver
) -> None:
    await people.send(MINA, FORUM, f"{MENTION} my order is 17", topic=ORDERS)
    assert (await people.wait_for_text(FORUM, "my order is 17"))["thread"] == ORDERS
    await people.send(MINA, FORUM, f"{MENTION} I send it back", topic=RETURNS)
    assert (await people.wait_for_text(FORUM, "I send it back"))["thread"] == RETURNS
    assert "17" not in engine.prompts[-1]


async def test_an_edited_question_gets_a_new_answer_in_the_same_message(people: TelegramDriver) -> None:
    asked = await people.send(MINA, MINA, "how is the bred?")
    before = await people.wait_for_text(MINA, "echo: how is the bred?")
    await people.edit(MINA, MINA, asked, "how is the bread?")
    after = await people.wait_for_text(MINA, "echo: how is the bread?")
    assert after["id"] == before["id"]
    assert len(replies(await people.state(), MINA)) == 1


async def test_stop_under_a_draft_keeps_what_was_written(
    engine: ScriptedEngine, people: TelegramDriver
) -> None:
    engine.hold.clear()
    await people.send(MINA, MINA, "one two three four five six")
    await people.wait_for(lambda state: any(each["can_stop"] and each["text"] for each in state["drafts"]))
    await people.stop(MINA)
    stopped = await people.wait_for_text(MINA, "Stopped")
    assert "six" not in stopped["text"]
    engine.hold.set()
    await people.send(MINA, MINA, "seven")
    await people.wait_for_text(MINA, "echo: seven")


async def test_stop_under_a_growing_message_keeps_what_was_written(
    engine: ScriptedEngine, people: TelegramDriver
) -> None:
    engine.hold.clear()
    await people.send(MINA, GROUP, f"{MENTION} one two three four five six")

    def growing(state: State) -> list[Payload]:
        return [each for each in replies(state, GROUP) if button(each, "Stop") and "echo" in each["text"]]

    message = growing(await people.wait_for(growing))[-1]
    await people.click(MINA, GROUP, message["id"], button(message, "Stop"))
    stopped = await people.wait_for_text(GROUP, "Stopped")
    assert stopped["id"] == message["id"]
    assert "six" not in stopped["text"]


async def test_a_judgement_by_button_or_reaction_is_kept_and_can_be_asked_for(people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "good morning")

    def rateable(state: State) -> list[Payload]:
        return [each for each in replies(state, MINA) if button(each, "👍")]

    answer = rateable(await people.wait_for(rateable))[-1]
    await people.click(MINA, MINA, answer["id"], button(answer, "👍"))
    await people.react(MINA, MINA, answer["id"], ["👎"])
    await people.send(MINA, MINA, "/me")
    await people.wait_for_text(MINA, "1 rating of my answers")


async def test_two_conversations_are_answered_side_by_side(
    engine: ScriptedEngine, people: TelegramDriver
) -> None:
    engine.hold.clear()
    await people.send(MINA, MINA, "what is bread made of")
    await people.send(JONAS, JONAS, "what is butter made of")
    await people.wait_for(
        lambda state: {each["chat"] for each in state["drafts"] if each["text"]} == {MINA, JONAS}
    )
    engine.hold.set()
    await people.wait_for_text(MINA, "echo: what is bread made of")
    await people.wait_for_text(JONAS, "echo: what is butter made of")
    state = await people.state()
    assert [len(replies(state, chat)) for chat in (MINA, JONAS)] == [1, 1]


async def test_a_demand_to_slow_down_delays_an_answer_and_loses_none(people: TelegramDriver) -> None:
    await people.add_fault("too_many_requests", method="send*", remaining=2, retry_after=1)
    await people.send(MINA, GROUP, f"{MENTION} are you busy?")
    await people.wait_for_text(GROUP, "are you busy?")
    assert len(replies(await people.state(), GROUP)) == 1


async def test_a_repeated_update_is_answered_once(engine: ScriptedEngine, people: TelegramDriver) -> None:
    await people.add_fault("duplicate_delivery", method="message")
    await people.send(MINA, MINA, "once, please")
    await people.wait_for_text(MINA, "echo: once, please")
    await people.clear_faults()
    await people.send(MINA, MINA, "and now?")
    await people.wait_for_text(MINA, "echo: and now?")
    assert len(engine.prompts) == 2
    assert len(chat_of(await people.state(), MINA)["messages"]) == 4


async def test_a_lost_answer_leads_to_no_second_post(people: TelegramDriver) -> None:
    await people.add_fault("drop_after_commit", method="editMessageText", remaining=2)
    await people.send(MINA, GROUP, f"{MENTION} are you there?")
    await people.wait_for_text(GROUP, "are you there?")
    assert len(replies(await people.state(), GROUP)) == 1


def button(message: Payload, label: str) -> str:
    """The data of the button with this label; empty where there is none."""
    buttons = (each for row in message["buttons"] for each in row)
    return next((str(each["callback_data"]) for each in buttons if each["text"] == label), "")
