"""Drafts and typing: what a person sees while the bot is still writing."""

from typing import Any

import pytest

from bots.playground.telegram.driver import State, TelegramDriver, chat_of
from bots.playground.telegram.seed import FORUM, MINA, ORDERS
from tests.playground.telegram.client import Client


def draft(state: State) -> Any:
    """The draft that is seen; None when there is none."""
    return state["drafts"][0] if state["drafts"] else None


async def show(client: Client, text: str = "", number: int = 1, **more: Any) -> None:
    """Send a draft to Mina."""
    await client.result("sendMessageDraft", chat_id=MINA, draft_id=number, text=text, **more)


@pytest.fixture(autouse=True)
async def started(people: TelegramDriver) -> None:
    await people.start(MINA)


async def test_the_same_id_goes_on_another_starts_anew(client: Client, people: TelegramDriver) -> None:
    await show(client)
    thinking = draft(await people.state())
    assert (thinking["text"], thinking["changes"]) == ("", 1)
    await show(client, "Your", entities=[{"type": "bold", "offset": 0, "length": 4}])
    await show(client, "Your order")
    grown = draft(await people.state())
    assert (grown["text"], grown["changes"]) == ("Your order", 3)
    await show(client, "Anew", number=2)
    assert draft(await people.state())["changes"] == 1


async def test_a_draft_fades_after_thirty_seconds(client: Client, people: TelegramDriver) -> None:
    await show(client, "Your order")
    await people.advance(29)
    await show(client, "Your order is")
    await people.advance(29)
    assert draft(await people.state())["text"] == "Your order is"
    await people.advance(2)
    await people.wait_for(lambda state: draft(state) is None)


async def test_a_message_ends_the_draft(client: Client, people: TelegramDriver) -> None:
    await show(client, "Your order")
    await client.result("sendMessage", chat_id=MINA, text="Your order is on its way.")
    assert draft(await people.state()) is None


async def test_stop_is_told_and_later_drafts_are_not_shown(client: Client, people: TelegramDriver) -> None:
    await show(client, "Your order", can_stop=True)
    await people.stop(MINA)
    stopped = (await client.updates())[-1]["stopped_message_generation"]
    assert (stopped["chat"]["id"], stopped["draft_id"]) == (MINA, 1)
    await show(client, "Your order is", can_stop=True)
    assert draft(await people.state()) is None
    await client.result("sendMessage", chat_id=MINA, text="Stopped.")
    await show(client, "Next", can_stop=True)
    assert draft(await people.state())["text"] == "Next"


async def test_a_draft_can_stay_after_stop(client: Client, people: TelegramDriver) -> None:
    await show(client, "Your order", can_stop=True, keep_on_stop=True)
    await people.stop(MINA)
    assert draft(await people.state())["text"] == "Your order"


async def test_a_draft_without_the_button_cannot_be_stopped(client: Client, people: TelegramDriver) -> None:
    await show(client, "Your order")
    with pytest.raises(ValueError, match="no draft"):
        await people.stop(MINA)


async def test_a_draft_in_a_topic_of_a_private_chat(client: Client, people: TelegramDriver) -> None:
    await people.configure(private_topics=True)
    topic = (await people.act("create_topic", chat=MINA, person=MINA, name="Trip"))["id"]
    await show(client, "To Lisbon", message_thread_id=topic, can_stop=True)
    await people.stop(MINA, topic)
    assert (await client.updates())[-1]["stopped_message_generation"]["message_thread_id"] == topic


async def test_typing_is_seen_for_five_seconds(client: Client, people: TelegramDriver) -> None:
    await client.result("sendChatAction", chat_id=FORUM, message_thread_id=ORDERS, action="typing")
    assert chat_of(await people.state(), FORUM)["typing_in"] == [ORDERS]
    await people.advance(6)
    await people.wait_for(lambda state: not chat_of(state, FORUM)["typing"])


async def test_a_message_ends_typing(client: Client, people: TelegramDriver) -> None:
    await client.result("sendChatAction", chat_id=MINA, action="typing")
    await client.result("sendMessage", chat_id=MINA, text="Hello")
    assert not chat_of(await people.state(), MINA)["typing"]
