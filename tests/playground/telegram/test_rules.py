"""The conformance suite: every rule, refused as Telegram refuses it; then rules that need a history."""

import pytest

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import FORUM, GROUP, MINA, ORDERS
from tests.playground.telegram.client import Client
from tests.playground.telegram.rules import RULES
from tests.playground.telegram.rules.rule import Rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_rule(rule: Rule, client: Client, people: TelegramDriver) -> None:
    assert await people.start(MINA) == 101
    assert (await client.result("sendMessage", chat_id=MINA, text="First"))["message_id"] == 102
    assert await people.send(MINA, GROUP, "hello") == 103
    status, description = await client.error(rule.method, **rule.arguments)
    assert status == rule.status
    assert description.startswith(rule.says)


async def test_an_unknown_token(client: Client) -> None:
    client.token = "424242:AAanother"
    assert await client.error("getMe") == (401, "Unauthorized")


async def test_what_is_no_token(client: Client) -> None:
    client.token = "hello"
    assert await client.error("getMe") == (404, "Not Found")


async def test_a_person_who_blocked_the_bot(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    await people.block(MINA)
    blocked = (403, "Forbidden: bot was blocked by the user")
    for method in ("sendMessage", "sendMessageDraft", "sendChatAction"):
        assert await client.error(method, chat_id=MINA, text="hi", draft_id=1, action="typing") == blocked
    await people.unblock(MINA)
    await client.result("sendMessage", chat_id=MINA, text="hi")


async def test_a_group_that_removed_the_bot(client: Client, people: TelegramDriver) -> None:
    await people.act("remove_bot", chat=GROUP, person=MINA)
    gone = (403, "Forbidden: bot was kicked from the group chat")
    assert await client.error("sendMessage", chat_id=GROUP, text="hi") == gone
    await people.act("remove_bot", chat=FORUM, person=MINA)
    gone = (403, "Forbidden: bot was kicked from the supergroup chat")
    assert await client.error("getChat", chat_id=FORUM) == gone


async def test_a_group_that_the_bot_left(client: Client) -> None:
    await client.result("leaveChat", chat_id=FORUM)
    left = (403, "Forbidden: bot is not a member of the supergroup chat")
    assert await client.error("sendMessage", chat_id=FORUM, text="hi") == left


async def test_a_group_that_became_a_supergroup(client: Client, people: TelegramDriver) -> None:
    new = await people.migrate(GROUP)
    status, body = await client.call("sendMessage", chat_id=GROUP, text="hi")
    assert (status, body["parameters"]) == (400, {"migrate_to_chat_id": new})
    assert body["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    await client.result("sendMessage", chat_id=new, text="hi")


async def test_a_closed_topic(client: Client, people: TelegramDriver) -> None:
    await people.act("demote_bot", chat=FORUM, person=MINA)
    await people.act("close_topic", chat=FORUM, person=MINA, topic=ORDERS)
    closed = await client.error("sendMessage", chat_id=FORUM, message_thread_id=ORDERS, text="hi")
    assert closed == (400, "Bad Request: TOPIC_CLOSED")


async def test_an_old_message_is_not_deleted(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    sent = await client.result("sendMessage", chat_id=MINA, text="hi")
    await people.advance(49 * 3600)
    refused = await client.error("deleteMessage", chat_id=MINA, message_id=sent["message_id"])
    assert refused == (400, "Bad Request: message can't be deleted")


async def test_a_callback_query_gets_old(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    sent = await client.result("sendMessage", chat_id=MINA, text="Sure?", reply_markup=markup)
    query = await people.click(MINA, MINA, sent["message_id"], "yes")
    await people.advance(3600)
    status, description = await client.error("answerCallbackQuery", callback_query_id=query)
    assert (status, "query is too old" in description) == (400, True)


async def test_a_callback_query_is_answered_once(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    sent = await client.result("sendMessage", chat_id=MINA, text="Sure?", reply_markup=markup)
    query = await people.click(MINA, MINA, sent["message_id"], "yes")
    assert await client.result("answerCallbackQuery", callback_query_id=query)
    assert (await client.error("answerCallbackQuery", callback_query_id=query))[0] == 400
