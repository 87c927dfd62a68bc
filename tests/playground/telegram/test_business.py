"""Business accounts: the bot reads along and answers in the owner's name."""

from typing import Any

import pytest

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import JONAS, MINA
from tests.playground.telegram.client import Client

OWNER, CUSTOMER = JONAS, MINA


async def next_one(client: Client, kind: str) -> Any:
    """The content of the first update that waits, which is of this kind."""
    update = (await client.updates())[0]
    await client.updates(offset=update["update_id"] + 1)
    return update[kind]


async def connect(people: TelegramDriver, **rights: bool) -> str:
    """Connect the bot to the owner's account."""
    more = {"rights": rights} if rights else {}
    return str((await people.act("connect_business", person=OWNER, **more))["id"])


async def test_a_customer_writes_and_the_bot_answers(client: Client, people: TelegramDriver) -> None:
    business = await connect(people)
    connection = await next_one(client, "business_connection")
    assert (connection["id"], connection["user"]["id"], connection["is_enabled"]) == (business, OWNER, True)
    assert connection["rights"]["can_reply"] is True
    await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    message = await next_one(client, "business_message")
    assert (message["business_connection_id"], message["from"]["id"]) == (business, CUSTOMER)
    place = {"business_connection_id": business, "chat_id": CUSTOMER}
    sent = await client.result("sendMessage", **place, text="We are.")
    assert (sent["from"]["id"], sent["sender_business_bot"]["id"]) == (OWNER, 424242)
    edited = await client.result("editMessageText", **place, message_id=sent["message_id"], text="Until six.")
    assert edited["text"] == "Until six."
    assert await client.result("readBusinessMessage", **place, message_id=message["message_id"])
    assert await client.updates() == []


async def test_what_the_owner_types_is_heard_too(client: Client, people: TelegramDriver) -> None:
    business = await connect(people)
    await next_one(client, "business_connection")
    await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    await next_one(client, "business_message")
    message = await people.send(OWNER, CUSTOMER, "Yse", business=business)
    assert (await next_one(client, "business_message"))["from"]["id"] == OWNER
    await people.edit(OWNER, CUSTOMER, message, "Yes", business=business)
    assert (await next_one(client, "edited_business_message"))["text"] == "Yes"
    await people.delete(CUSTOMER, message, business=business)
    deleted = await next_one(client, "deleted_business_messages")
    assert (deleted["business_connection_id"], deleted["message_ids"]) == (business, [message])


async def test_the_owner_switches_the_bot_off(client: Client, people: TelegramDriver) -> None:
    business = await connect(people)
    await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    await people.act("change_business", business=business, enabled=False)
    assert (await client.updates())[-1]["business_connection"]["is_enabled"] is False
    place = {"business_connection_id": business, "chat_id": CUSTOMER}
    assert (await client.error("sendMessage", **place, text="Yes"))[0] == 400
    pending = len(await client.updates())
    await people.send(CUSTOMER, CUSTOMER, "Hello?", business=business)
    assert len(await client.updates()) == pending


async def test_rights_are_needed(client: Client, people: TelegramDriver) -> None:
    business = await connect(people, can_read_messages=True)
    message = await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    place = {"business_connection_id": business, "chat_id": CUSTOMER}
    assert (await client.error("sendMessage", **place, text="Yes"))[0] == 400
    both = {"business_connection_id": business, "message_ids": [message]}
    assert (await client.error("deleteBusinessMessages", **both))[0] == 400
    await people.act("change_business", business=business, rights={"can_delete_all_messages": True})
    assert await client.result("deleteBusinessMessages", **both)


async def test_a_chat_that_slept_for_a_day_is_closed(client: Client, people: TelegramDriver) -> None:
    business = await connect(people)
    await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    await people.advance(25 * 3600)
    place = {"business_connection_id": business, "chat_id": CUSTOMER}
    assert await client.error("sendMessage", **place, text="Yes") == (
        400,
        "Bad Request: BUSINESS_PEER_USAGE_MISSING",
    )


async def test_drafts_are_not_for_business_chats(client: Client, people: TelegramDriver) -> None:
    business = await connect(people)
    await people.send(CUSTOMER, CUSTOMER, "Are you open?", business=business)
    status, _ = await client.error(
        "sendMessageDraft", business_connection_id=business, chat_id=CUSTOMER, draft_id=1, text="W"
    )
    assert status == 400


async def test_strangers_do_not_write_into_a_business_chat(people: TelegramDriver) -> None:
    business = await connect(people)
    with pytest.raises(ValueError, match="only members"):
        await people.send(1003, CUSTOMER, "Hi", business=business)
