"""What people do, and what the bot then hears; every update is validated by aiogram's models."""

from typing import Any

import pytest

from bots.playground.telegram.driver import TelegramDriver, chat_of
from bots.playground.telegram.seed import AYA, FORUM, GROUP, JONAS, MINA, ORDERS, RETURNS
from tests.playground.telegram.client import Client

ALL = [
    "message",
    "edited_message",
    "message_reaction",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "stopped_message_generation",
]


async def kinds(client: Client) -> list[str]:
    """The kinds of the updates that wait."""
    return [next(key for key in each if key != "update_id") for each in await client.updates()]


async def only(client: Client, kind: str) -> dict[str, Any]:
    """The content of the single update that waits, which is of this kind."""
    (update,) = await client.updates()
    content: dict[str, Any] = update[kind]
    await client.updates(offset=update["update_id"] + 1)
    return content


async def test_a_deep_link_brings_its_payload(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA, "order_42")
    message = await only(client, "message")
    assert message["text"] == "/start order_42"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_long_texts_are_cut_as_apps_cut_them(client: Client, people: TelegramDriver) -> None:
    text = "😀" * 5000
    await people.send(MINA, MINA, text)
    parts = [each["message"]["text"] for each in await client.updates()]
    assert "".join(parts) == text
    assert [len(part) for part in parts] == [2048, 2048, 904]


async def test_nothing_is_not_sent(people: TelegramDriver) -> None:
    with pytest.raises(ValueError, match="nothing to send"):
        await people.send(MINA, MINA, " \x00 ")


async def test_an_edit(client: Client, people: TelegramDriver) -> None:
    message = await people.send(MINA, MINA, "helo")
    await only(client, "message")
    await people.edit(MINA, MINA, message, "hello")
    edited = await only(client, "edited_message")
    assert (edited["message_id"], edited["text"], "edit_date" in edited) == (message, "hello", True)


async def test_only_the_author_edits(people: TelegramDriver) -> None:
    message = await people.send(MINA, GROUP, "hello")
    with pytest.raises(ValueError, match="one's own"):
        await people.edit(JONAS, GROUP, message, "bye")


async def test_a_deletion_is_not_told(client: Client, people: TelegramDriver) -> None:
    message = await people.send(MINA, MINA, "hello")
    await only(client, "message")
    await people.delete(MINA, message)
    assert await client.updates() == []
    assert chat_of(await people.state(), MINA)["messages"] == []


async def test_reactions_in_groups_need_an_administrator(client: Client, people: TelegramDriver) -> None:
    await client.updates(allowed_updates=ALL)
    for chat, hears in ((GROUP, False), (FORUM, True)):
        message = await people.send(MINA, chat, "/help")
        await only(client, "message")
        await people.react(MINA, chat, message, ["👍"])
        assert await kinds(client) == ["message_reaction"] * hears


async def test_a_reaction_changes(client: Client, people: TelegramDriver) -> None:
    await client.updates(allowed_updates=ALL)
    message = await people.send(MINA, MINA, "hello")
    await people.react(MINA, MINA, message, ["👍"])
    await people.react(MINA, MINA, message, ["👎"])
    await people.react(MINA, MINA, message, [])
    changes = [each["message_reaction"] for each in (await client.updates())[1:]]
    shown = [
        ([r["emoji"] for r in c["old_reaction"]], [r["emoji"] for r in c["new_reaction"]]) for c in changes
    ]
    assert shown == [([], ["👍"]), (["👍"], ["👎"]), (["👎"], [])]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("lunch at noon?", False),
        ("/help", True),
        ("/help@frontdesk_bot", True),
        ("/help@FrontDesk_Bot", True),
        ("/help@other_bot", False),
        ("hey @frontdesk_bot, lunch?", True),
        ("mail me@frontdesk_bot.com", False),
        ("@frontdesk_bottom", False),
    ],
)
async def test_privacy_mode(text: str, heard: bool, client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, GROUP, text)
    assert await kinds(client) == ["message"] * heard


async def test_an_answer_to_the_bot_is_heard(client: Client, people: TelegramDriver) -> None:
    sent = await client.result("sendMessage", chat_id=GROUP, text="Lunch?")
    await people.send(MINA, GROUP, "yes", reply_to=sent["message_id"])
    message = await only(client, "message")
    assert message["reply_to_message"]["message_id"] == sent["message_id"]


async def test_without_privacy_everything_is_heard(client: Client, people: TelegramDriver) -> None:
    assert (await client.result("getMe"))["can_read_all_group_messages"] is False
    await people.configure(privacy=False)
    assert (await client.result("getMe"))["can_read_all_group_messages"] is True
    await people.send(MINA, GROUP, "lunch?")
    assert (await only(client, "message"))["text"] == "lunch?"


async def test_an_administrator_hears_everything(client: Client, people: TelegramDriver) -> None:
    await people.act("promote_bot", chat=GROUP, person=MINA)
    assert (await only(client, "my_chat_member"))["new_chat_member"]["status"] == "administrator"
    await people.send(MINA, GROUP, "lunch?")
    assert (await only(client, "message"))["text"] == "lunch?"


async def test_forum_topics(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, FORUM, "Where is it?", topic=ORDERS)
    message = await only(client, "message")
    assert (message["message_thread_id"], message["is_topic_message"]) == (ORDERS, True)
    assert message["chat"]["is_forum"] is True
    sent = await client.result("sendMessage", chat_id=FORUM, message_thread_id=RETURNS, text="Here")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (RETURNS, True)


async def test_a_person_opens_a_topic(client: Client, people: TelegramDriver) -> None:
    topic = (await people.act("create_topic", chat=FORUM, person=AYA, name="Invoices"))["id"]
    message = await only(client, "message")
    assert message["forum_topic_created"]["name"] == "Invoices"
    assert (message["message_id"], message["message_thread_id"]) == (topic, topic)


async def test_the_bot_runs_topics(client: Client, people: TelegramDriver) -> None:
    topic = (await client.result("createForumTopic", chat_id=FORUM, name="Bugs"))["message_thread_id"]
    place = {"chat_id": FORUM, "message_thread_id": topic}
    await client.result("editForumTopic", **place, name="Errors")
    await client.result("closeForumTopic", **place)
    with pytest.raises(ValueError, match="closed"):
        await people.send(MINA, FORUM, "hello", topic=topic)
    await client.result("reopenForumTopic", **place)
    await people.send(MINA, FORUM, "hello", topic=topic)
    await client.result("deleteForumTopic", **place)
    topics = chat_of(await people.state(), FORUM)["topics"]
    assert [each["name"] for each in topics] == ["Orders", "Returns"]


async def test_topics_in_a_private_chat(client: Client, people: TelegramDriver) -> None:
    with pytest.raises(ValueError, match="no topics"):
        await people.act("create_topic", chat=MINA, person=MINA, name="Trip")
    await people.configure(private_topics=True)
    assert (await client.result("getMe"))["has_topics_enabled"] is True
    topic = (await people.act("create_topic", chat=MINA, person=MINA, name="Trip"))["id"]
    await only(client, "message")
    await people.send(MINA, MINA, "To Lisbon", topic=topic)
    message = await only(client, "message")
    assert (message["message_thread_id"], message["is_topic_message"]) == (topic, True)


async def test_ids_of_groups_and_supergroups_are_numbered_apart(people: TelegramDriver) -> None:
    private = await people.send(MINA, MINA, "one")
    group = await people.send(MINA, GROUP, "two")
    forum = await people.send(MINA, FORUM, "three")
    assert (private, group, forum) == (101, 102, RETURNS + 1)


async def test_blocking_is_told(client: Client, people: TelegramDriver) -> None:
    await people.block(MINA)
    change = await only(client, "my_chat_member")
    statuses = (change["old_chat_member"]["status"], change["new_chat_member"]["status"])
    assert statuses == ("member", "kicked")
    with pytest.raises(ValueError, match="blocked"):
        await people.send(MINA, MINA, "hello")
    await people.start(MINA)
    assert await kinds(client) == ["my_chat_member", "message"]


async def test_adding_and_removing_the_bot(client: Client, people: TelegramDriver) -> None:
    group = (await people.act("create_group", person=MINA, title="Trip", members=[JONAS]))["id"]
    assert await kinds(client) == ["my_chat_member", "message"]
    await people.act("remove_bot", chat=group, person=MINA)
    assert (await client.updates())[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    await people.act("add_bot", chat=group, person=MINA)
    last = (await client.updates())[-1]["message"]
    assert [each["id"] for each in last["new_chat_members"]] == [424242]


async def test_members_come_and_go(client: Client, people: TelegramDriver) -> None:
    await client.updates(allowed_updates=ALL)
    await people.act("leave", chat=FORUM, person=AYA)
    assert await kinds(client) == ["chat_member", "message"]
    assert await client.result("getChatMemberCount", chat_id=FORUM) == 3
    member = await client.result("getChatMember", chat_id=FORUM, user_id=AYA)
    assert member["status"] == "left"
    await people.act("join", chat=FORUM, person=AYA, by=MINA)
    assert (await client.updates())[-1]["message"]["new_chat_members"][0]["id"] == AYA


async def test_a_migration_is_told_in_both_chats(client: Client, people: TelegramDriver) -> None:
    new = await people.migrate(GROUP)
    old_side, new_side = (each["message"] for each in await client.updates())
    assert (old_side["chat"]["id"], old_side["migrate_to_chat_id"]) == (GROUP, new)
    assert (new_side["chat"]["id"], new_side["migrate_from_chat_id"]) == (new, GROUP)


async def test_a_forward(client: Client, people: TelegramDriver) -> None:
    message = await people.send(JONAS, GROUP, "lunch at noon")
    await people.act("forward", chat=MINA, person=MINA, from_chat=GROUP, message_id=message)
    forwarded = await only(client, "message")
    assert forwarded["forward_origin"]["sender_user"]["id"] == JONAS


async def test_a_button(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    await only(client, "message")
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    sent = await client.result("sendMessage", chat_id=MINA, text="Sure?", reply_markup=markup)
    with pytest.raises(ValueError, match="no such button"):
        await people.click(MINA, MINA, sent["message_id"], "no")
    await people.click(MINA, MINA, sent["message_id"], "yes")
    query = await only(client, "callback_query")
    assert (query["data"], query["from"]["id"], query["message"]["text"]) == ("yes", MINA, "Sure?")


async def test_somebody_new(client: Client, people: TelegramDriver) -> None:
    person = (await people.act("create_person", name="Lee", language="ko"))["id"]
    await people.start(person)
    assert (await only(client, "message"))["from"]["language_code"] == "ko"


async def test_an_update_made_by_hand(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "hello")
    (update,) = await client.updates()
    await people.deliver(update)
    assert await client.updates() == [update, update]


async def test_an_update_made_by_hand_comes_though_its_id_was_confirmed(
    client: Client, people: TelegramDriver
) -> None:
    await people.send(MINA, MINA, "hello")
    (update,) = await client.updates()
    beyond = update["update_id"] + 1
    assert await client.updates(offset=beyond) == []
    await people.deliver(update)
    assert await client.updates(offset=beyond) == [update]
    assert await client.updates(offset=beyond) == []
    with pytest.raises(ValueError, match="update_id"):
        await people.deliver({"message": {}})


async def test_what_does_not_exist_is_refused(people: TelegramDriver) -> None:
    with pytest.raises(ValueError, match="no chat 7"):
        await people.send(MINA, 7, "hello")
    with pytest.raises(ValueError, match="levitate"):
        await people.act("levitate")
    with pytest.raises(ValueError, match="only members"):
        await people.send(JONAS, MINA, "hello")


async def test_people_are_mentioned_by_their_ids(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    link = f'<a href="tg://user?id={JONAS}">Jonas</a>, <a href="tg://user?id=5">nobody</a>'
    sent = await client.result("sendMessage", chat_id=MINA, text=link, parse_mode="HTML")
    assert [each["user"]["first_name"] for each in sent["entities"]] == ["Jonas"]
    entity = {
        "type": "text_mention",
        "offset": 0,
        "length": 5,
        "user": {"id": JONAS, "is_bot": False, "first_name": "J"},
    }
    sent = await client.result("sendMessage", chat_id=MINA, text="Jonas", entities=[entity])
    assert sent["entities"][0]["user"]["username"] == "jonas_w"


async def test_an_answer_stays_in_its_topic(client: Client, people: TelegramDriver) -> None:
    message = await people.send(MINA, FORUM, "Where is it?", topic=ORDERS)
    sent = await client.result(
        "sendMessage", chat_id=FORUM, text="Here", reply_parameters={"message_id": message}
    )
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (ORDERS, True)
    await people.send(MINA, FORUM, "Thanks", reply_to=sent["message_id"])
    assert (await client.updates())[-1]["message"]["message_thread_id"] == ORDERS


async def test_threads_of_answers_are_no_topics(client: Client, people: TelegramDriver) -> None:
    group = await people.migrate(GROUP)
    first = await people.send(MINA, group, "/help")
    second = await client.result(
        "sendMessage", chat_id=group, text="?", reply_parameters={"message_id": first}
    )
    await people.send(MINA, group, "more", reply_to=second["message_id"])
    message = (await client.updates())[-1]["message"]
    assert message["message_thread_id"] == first
    assert "is_topic_message" not in message
    await client.result("sendMessage", chat_id=group, message_thread_id=first, text="So.")
