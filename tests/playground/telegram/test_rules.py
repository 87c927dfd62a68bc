"""The conformance suite: one rule of the Bot API a row, each with the refusal Telegram gives."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import FORUM, GROUP, MINA, ORDERS
from tests.playground.telegram.client import Client

PARSE = "Bad Request: can't parse entities: "
ENTITY = "Bad Request: can't parse MessageEntity: "
MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


@dataclass(frozen=True)
class Rule:
    """What is asked, and how it is refused."""

    name: str
    method: str
    arguments: dict[str, Any] = field(default_factory=dict)
    status: int = 400
    says: str = ""


def _entity(**fields: Any) -> dict[str, Any]:
    return {
        "chat_id": MINA,
        "text": "héllo 😀",
        "entities": [{"type": "bold", "offset": 0, "length": 1} | fields],
    }


def _button(**fields: Any) -> dict[str, Any]:
    return {"chat_id": MINA, "text": "hi", "reply_markup": {"inline_keyboard": [[fields]]}}


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"chat_id": MINA, "text": text, **more}


RULES = [
    Rule("unknown method", "sendTelepathy", status=404, says="Not Found: method not found"),
    Rule(
        "method of a newer Bot API", "sendRichMessage", {"chat_id": MINA}, 404, "Not Found: method not found"
    ),
    Rule("method that is not emulated", "sendInvoice", status=501, says="Not Implemented"),
    Rule("no chat", "sendMessage", {"text": "hi"}, says="Bad Request: chat_id is empty"),
    Rule("unknown chat", "sendMessage", {"chat_id": 5, "text": "hi"}, says="Bad Request: chat not found"),
    Rule(
        "unknown username",
        "sendMessage",
        {"chat_id": "@nobody", "text": "hi"},
        says="Bad Request: chat not found",
    ),
    Rule(
        "person who never wrote",
        "sendMessage",
        {"chat_id": 1002, "text": "hi"},
        403,
        "Forbidden: bot can't initiate",
    ),
    Rule("no text", "sendMessage", {"chat_id": MINA}, says="Bad Request: message text is empty"),
    Rule("blank text", "sendMessage", _text(" \n\t "), says="Bad Request: text must be non-empty"),
    Rule(
        "control characters only",
        "sendMessage",
        _text("\x00\x01"),
        says="Bad Request: text must be non-empty",
    ),
    Rule("4097 characters", "sendMessage", _text("a" * 4097), says="Bad Request: message is too long"),
    Rule(
        "2049 emoji are 4098 units",
        "sendMessage",
        _text("😀" * 2049),
        says="Bad Request: message is too long",
    ),
    Rule("over 32 KiB of mark-up", "sendMessage", _text("a" * 32769), says="Bad Request: text is too long"),
    Rule(
        "4097 after parsing",
        "sendMessage",
        _text(f"<b>{'a' * 4097}</b>", parse_mode="HTML"),
        says="Bad Request: message is too long",
    ),
    Rule(
        "unknown parse mode",
        "sendMessage",
        _text("hi", parse_mode="RTF"),
        says="Bad Request: unsupported parse_mode",
    ),
    Rule(
        "unescaped full stop",
        "sendMessage",
        _text("Done.", parse_mode="MarkdownV2"),
        says=PARSE + "Character '.' is reserved and must be escaped with the preceding '\\'",
    ),
    Rule(
        "unclosed bold",
        "sendMessage",
        _text("a *b", parse_mode="MarkdownV2"),
        says=PARSE + "Can't find end of Bold entity at byte offset 2",
    ),
    Rule(
        "unclosed bold, old Markdown",
        "sendMessage",
        _text("é *b", parse_mode="Markdown"),
        says=PARSE + "Can't find end of the entity starting at byte offset 3",
    ),
    Rule(
        "unknown tag",
        "sendMessage",
        _text("<p>hi</p>", parse_mode="HTML"),
        says=PARSE + 'Unsupported start tag "p" at byte offset 0',
    ),
    Rule(
        "wrong end tag",
        "sendMessage",
        _text("<b>hi</i>", parse_mode="HTML"),
        says=PARSE + 'Unmatched end tag at byte offset 5, expected "</b>", found "</i>"',
    ),
    Rule(
        "unclosed tag",
        "sendMessage",
        _text("<b>hi", parse_mode="HTML"),
        says=PARSE + 'Can\'t find end tag corresponding to start tag "b"',
    ),
    Rule(
        "end tag alone",
        "sendMessage",
        _text("hi</b>", parse_mode="HTML"),
        says=PARSE + "Unexpected end tag at byte offset 2",
    ),
    Rule(
        "entity beyond the text",
        "sendMessage",
        _entity(offset=0, length=9),
        says="Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at",
    ),
    Rule(
        "entity after the text",
        "sendMessage",
        _entity(offset=20),
        says="Bad Request: entity begins after the end of the text at UTF-16 offset 20",
    ),
    Rule(
        "entity inside a surrogate pair",
        "sendMessage",
        _entity(offset=7),
        says="Bad Request: entity beginning at UTF-16 offset 7 ends in a middle of a UTF-16 symbol",
    ),
    Rule(
        "entity before the text",
        "sendMessage",
        _entity(offset=-1),
        says="Bad Request: receive an entity with incorrect offset -1",
    ),
    Rule(
        "entity of negative length",
        "sendMessage",
        _entity(length=-1),
        says="Bad Request: receive an entity with incorrect length -1",
    ),
    Rule(
        "entity of no known type",
        "sendMessage",
        _entity(type="shout"),
        says=ENTITY + "Unsupported type specified",
    ),
    Rule(
        "entity without an offset",
        "sendMessage",
        _text("hi", entities=[{"type": "bold", "length": 1}]),
        says=ENTITY + 'Can\'t find field "offset"',
    ),
    Rule(
        "link without a URL",
        "sendMessage",
        _entity(type="text_link"),
        says=ENTITY + 'Can\'t find field "url"',
    ),
    Rule(
        "entities that are no list",
        "sendMessage",
        _text("hi", entities={}),
        says="Bad Request: can't parse entities: expected an Array",
    ),
    Rule(
        "broken JSON",
        "sendMessage",
        _text("hi", reply_markup="{"),
        says="Bad Request: can't parse reply markup JSON object",
    ),
    Rule(
        "65 bytes of button data",
        "sendMessage",
        _button(text="ok", callback_data="é" * 32 + "a"),
        says="Bad Request: BUTTON_DATA_INVALID",
    ),
    Rule(
        "empty button data",
        "sendMessage",
        _button(text="ok", callback_data=""),
        says="Bad Request: BUTTON_DATA_INVALID",
    ),
    Rule(
        "button without text",
        "sendMessage",
        _button(callback_data="a"),
        says="Bad Request: can't parse inline keyboard button",
    ),
    Rule(
        "button that does nothing",
        "sendMessage",
        _button(text="ok"),
        says="Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the",
    ),
    Rule(
        "button with a script",
        "sendMessage",
        _button(text="ok", url="javascript:alert(1)"),
        says="Bad Request: inline keyboard button URL 'javascript:alert(1)' is invalid",
    ),
    Rule(
        "reply to nothing",
        "sendMessage",
        _text("hi", reply_parameters={"message_id": 9}),
        says="Bad Request: message to be replied not found",
    ),
    Rule(
        "unknown topic",
        "sendMessage",
        {"chat_id": FORUM, "text": "hi", "message_thread_id": 99},
        says="Bad Request: message thread not found",
    ),
    Rule(
        "topic in a chat without",
        "sendMessage",
        {"chat_id": GROUP, "text": "hi", "message_thread_id": ORDERS},
        says="Bad Request: message thread not found",
    ),
    Rule(
        "number that is none",
        "sendMessage",
        {"chat_id": FORUM, "text": "hi", "message_thread_id": "x"},
        says='Bad Request: field "message_thread_id" must be a valid Number',
    ),
    Rule(
        "unknown business connection",
        "sendMessage",
        _text("hi", business_connection_id="b"),
        says="Bad Request: business connection not found",
    ),
    Rule(
        "edit of nothing",
        "editMessageText",
        _text("hi", message_id=9),
        says="Bad Request: message to edit not found",
    ),
    Rule(
        "edit without an id",
        "editMessageText",
        _text("hi"),
        says="Bad Request: message identifier is not specified",
    ),
    Rule(
        "edit of a person's message",
        "editMessageText",
        _text("hi", message_id=101),
        says="Bad Request: message can't be edited",
    ),
    Rule("edit that changes nothing", "editMessageText", _text("First", message_id=102), says=MODIFIED),
    Rule(
        "buttons that change nothing",
        "editMessageReplyMarkup",
        {"chat_id": MINA, "message_id": 102},
        says=MODIFIED,
    ),
    Rule(
        "caption of a text",
        "editMessageCaption",
        {"chat_id": MINA, "message_id": 102, "caption": "x"},
        says="Bad Request: there is no caption in the message to edit",
    ),
    Rule(
        "deleting nothing",
        "deleteMessage",
        {"chat_id": MINA, "message_id": 9},
        says="Bad Request: message to delete not found",
    ),
    Rule(
        "deleting a person's message in a group",
        "deleteMessage",
        {"chat_id": GROUP, "message_id": 103},
        says="Bad Request: message can't be deleted",
    ),
    Rule(
        "deleting too many",
        "deleteMessages",
        {"chat_id": MINA, "message_ids": list(range(101))},
        says="Bad Request: there must be between 1 and 100",
    ),
    Rule(
        "forwarding nothing",
        "forwardMessage",
        {"chat_id": MINA, "from_chat_id": MINA, "message_id": 9},
        says="Bad Request: message to forward not found",
    ),
    Rule(
        "copying nothing",
        "copyMessage",
        {"chat_id": MINA, "from_chat_id": MINA, "message_id": 9},
        says="Bad Request: message to copy not found",
    ),
    Rule(
        "pinning without the right",
        "pinChatMessage",
        {"chat_id": GROUP, "message_id": 103},
        says="Bad Request: not enough rights to manage pinned messages in the chat",
    ),
    Rule(
        "draft in a group",
        "sendMessageDraft",
        {"chat_id": GROUP, "draft_id": 1, "text": "x"},
        says="Bad Request: TEXTDRAFT_PEER_INVALID",
    ),
    Rule(
        "draft in a forum",
        "sendMessageDraft",
        {"chat_id": FORUM, "draft_id": 1, "text": "x"},
        says="Bad Request: TEXTDRAFT_PEER_INVALID",
    ),
    Rule(
        "draft number 0",
        "sendMessageDraft",
        _text("x", draft_id=0),
        says="Bad Request: draft_id must be non-zero",
    ),
    Rule(
        "draft of 4097 characters",
        "sendMessageDraft",
        _text("a" * 4097, draft_id=1),
        says="Bad Request: message is too long",
    ),
    Rule(
        "chat action of no known kind",
        "sendChatAction",
        {"chat_id": MINA, "action": "dance"},
        says="Bad Request: wrong parameter action in request",
    ),
    Rule(
        "unknown callback query",
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        says="Bad Request: query is too old and response timeout expired or query ID is invalid",
    ),
    Rule(
        "201 characters in a note",
        "answerCallbackQuery",
        {"callback_query_id": "1", "text": "a" * 201},
        says="Bad Request: MESSAGE_TOO_LONG",
    ),
    Rule(
        "reaction that is no emoji of Telegram's",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 101, "reaction": [{"type": "emoji", "emoji": "🦖"}]},
        says="Bad Request: REACTION_INVALID",
    ),
    Rule(
        "two reactions of a bot",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 101, "reaction": [{"type": "emoji", "emoji": "👍"}] * 2},
        says="Bad Request: REACTION_INVALID",
    ),
    Rule(
        "reaction to nothing",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 9, "reaction": []},
        says="Bad Request: message to react not found",
    ),
    Rule("no file id", "getFile", says="Bad Request: file_id not specified"),
    Rule(
        "unknown file",
        "getFile",
        {"file_id": "x"},
        says="Bad Request: wrong file_id or the file is temporarily unavailable",
    ),
    Rule(
        "document missing",
        "sendDocument",
        {"chat_id": MINA},
        says="Bad Request: there is no document in the request",
    ),
    Rule(
        "photo by unknown id",
        "sendPhoto",
        {"chat_id": MINA, "photo": "x"},
        says="Bad Request: wrong file identifier/HTTP URL specified",
    ),
    Rule(
        "photo from the internet",
        "sendPhoto",
        {"chat_id": MINA, "photo": "https://example.com/a.jpg"},
        says="Bad Request: failed to get HTTP URL content",
    ),
    Rule(
        "1025 characters in a caption",
        "sendPhoto",
        {"chat_id": MINA, "photo": "x", "caption": "a" * 1025},
        says="Bad Request: message caption is too long",
    ),
    Rule(
        "album of one",
        "sendMediaGroup",
        {"chat_id": MINA, "media": [{"type": "photo", "media": "x"}]},
        says="Bad Request: there must be between 2 and 10 items",
    ),
    Rule(
        "mixed album",
        "sendMediaGroup",
        {"chat_id": MINA, "media": [{"type": "photo", "media": "x"}, {"type": "document", "media": "y"}]},
        says="Bad Request: can't use the media of the specified type in the album",
    ),
    Rule(
        "command in capitals",
        "setMyCommands",
        {"commands": [{"command": "Help", "description": "Help"}]},
        says="Bad Request: BOT_COMMAND_INVALID",
    ),
    Rule(
        "command without a description",
        "setMyCommands",
        {"commands": [{"command": "help"}]},
        says="Bad Request: can't parse BotCommand",
    ),
    Rule(
        "101 commands",
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b"}] * 101},
        says="Bad Request: BOT_COMMANDS_TOO_MUCH",
    ),
    Rule("name of 65 characters", "setMyName", {"name": "a" * 65}, says="Bad Request: name is too long"),
    Rule(
        "topic in a group without",
        "createForumTopic",
        {"chat_id": GROUP, "name": "x"},
        says="Bad Request: the chat is not a forum",
    ),
    Rule(
        "topic without a name",
        "createForumTopic",
        {"chat_id": FORUM, "name": " "},
        says="Bad Request: TOPIC_TITLE_EMPTY",
    ),
    Rule(
        "unknown topic to close",
        "closeForumTopic",
        {"chat_id": FORUM, "message_thread_id": 99},
        says="Bad Request: TOPIC_ID_INVALID",
    ),
    Rule(
        "webhook without HTTPS",
        "setWebhook",
        {"url": "http://example.com/"},
        says="Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    ),
    Rule(
        "webhook on another port",
        "setWebhook",
        {"url": "https://example.com:9000/"},
        says="Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    ),
    Rule(
        "secret with a space",
        "setWebhook",
        {"url": "https://example.com", "secret_token": "a b"},
        says="Bad Request: secret token contains unallowed characters",
    ),
    Rule(
        "secret of 257 characters",
        "setWebhook",
        {"url": "https://example.com", "secret_token": "a" * 257},
        says="Bad Request: secret token is too long",
    ),
    Rule(
        "allowed_updates that are no list",
        "getUpdates",
        {"allowed_updates": "message"},
        says="Bad Request: can't parse allowed updates JSON object",
    ),
]


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
