"""Sending messages: texts, mark-up, entities, buttons, places."""

from typing import Any

from bots.playground.telegram.seed import FORUM, GROUP, MINA, ORDERS
from tests.playground.telegram.rules.rule import Rule, text

PARSE = "Bad Request: can't parse entities: "
ENTITY = "Bad Request: can't parse MessageEntity: "


def _entity(**fields: Any) -> dict[str, Any]:
    return text("héllo 😀", entities=[{"type": "bold", "offset": 0, "length": 1} | fields])


def _button(**fields: Any) -> dict[str, Any]:
    return text("hi", reply_markup={"inline_keyboard": [[fields]]})


RULES = [
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
    Rule("blank text", "sendMessage", text(" \n\t "), says="Bad Request: text must be non-empty"),
    Rule(
        "control characters only",
        "sendMessage",
        text("\x00\x01"),
        says="Bad Request: text must be non-empty",
    ),
    Rule("4097 characters", "sendMessage", text("a" * 4097), says="Bad Request: message is too long"),
    Rule(
        "2049 emoji are 4098 units",
        "sendMessage",
        text("😀" * 2049),
        says="Bad Request: message is too long",
    ),
    Rule("over 32 KiB of mark-up", "sendMessage", text("a" * 32769), says="Bad Request: text is too long"),
    Rule(
        "4097 after parsing",
        "sendMessage",
        text(f"<b>{'a' * 4097}</b>", parse_mode="HTML"),
        says="Bad Request: message is too long",
    ),
    Rule(
        "unknown parse mode",
        "sendMessage",
        text("hi", parse_mode="RTF"),
        says="Bad Request: unsupported parse_mode",
    ),
    Rule(
        "unescaped full stop",
        "sendMessage",
        text("Done.", parse_mode="MarkdownV2"),
        says=PARSE + "Character '.' is reserved and must be escaped with the preceding '\\'",
    ),
    Rule(
        "unclosed bold",
        "sendMessage",
        text("a *b", parse_mode="MarkdownV2"),
        says=PARSE + "Can't find end of Bold entity at byte offset 2",
    ),
    Rule(
        "unclosed bold, old Markdown",
        "sendMessage",
        text("é *b", parse_mode="Markdown"),
        says=PARSE + "Can't find end of the entity starting at byte offset 3",
    ),
    Rule(
        "link without an end",
        "sendMessage",
        text("[shop](https://a.example", parse_mode="MarkdownV2"),
        says=PARSE + "Can't find end of a URL at byte offset 7",
    ),
    Rule(
        "tag without an end",
        "sendMessage",
        text("1 < 2", parse_mode="HTML"),
        says=PARSE + "Unclosed start tag at byte offset 2",
    ),
    Rule(
        "unknown tag",
        "sendMessage",
        text("<p>hi</p>", parse_mode="HTML"),
        says=PARSE + 'Unsupported start tag "p" at byte offset 0',
    ),
    Rule(
        "wrong end tag",
        "sendMessage",
        text("<b>hi</i>", parse_mode="HTML"),
        says=PARSE + 'Unmatched end tag at byte offset 5, expected "</b>", found "</i>"',
    ),
    Rule(
        "unclosed tag",
        "sendMessage",
        text("<b>hi", parse_mode="HTML"),
        says=PARSE + 'Can\'t find end tag corresponding to start tag "b"',
    ),
    Rule(
        "end tag alone",
        "sendMessage",
        text("hi</b>", parse_mode="HTML"),
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
        text("hi", entities=[{"type": "bold", "length": 1}]),
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
        text("hi", entities={}),
        says="Bad Request: can't parse entities: expected an Array",
    ),
    Rule(
        "broken JSON",
        "sendMessage",
        text("hi", reply_markup="{"),
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
        says="Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the",
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
        text("hi", reply_parameters={"message_id": 9}),
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
        text("hi", business_connection_id="b"),
        says="Bad Request: business connection not found",
    ),
    Rule(
        "button with another protocol",
        "sendMessage",
        _button(text="ok", url="ftp://example.com"),
        says="Bad Request: inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL",
    ),
    Rule(
        "button to localhost",
        "sendMessage",
        _button(text="ok", url="http://localhost:8080/"),
        says="Bad Request: inline keyboard button URL 'http://localhost:8080/' is invalid: Wrong HTTP URL",
    ),
    Rule(
        "web app without HTTPS",
        "sendMessage",
        _button(text="ok", web_app={"url": "http://example.com"}),
        says="Bad Request: inline keyboard button Web App URL 'http://example.com' is invalid: Only HTTPS",
    ),
    Rule(
        "button that pays",
        "sendMessage",
        _button(text="ok", pay=True),
        says="Bad Request: BUTTON_TYPE_INVALID",
    ),
    Rule(
        "button that copies 257 characters",
        "sendMessage",
        _button(text="ok", copy_text={"text": "a" * 257}),
        says="Bad Request: BUTTON_COPY_TEXT_INVALID",
    ),
    Rule(
        "link that is no URL",
        "sendMessage",
        _entity(type="text_link", url="not-a-url"),
        says="Bad Request: entity URL 'not-a-url' is invalid: Wrong HTTP URL",
    ),
    Rule(
        "link to nowhere",
        "sendMessage",
        _entity(type="text_link", url=""),
        says="Bad Request: entity URL '' is invalid: URL host is empty",
    ),
    Rule(
        "custom emoji without a number",
        "sendMessage",
        _entity(type="custom_emoji", custom_emoji_id="9999999999999999999"),
        says=ENTITY + 'Field "custom_emoji_id" must be a valid Number',
    ),
    Rule(
        "custom emoji without a number in HTML",
        "sendMessage",
        text('<tg-emoji emoji-id="x">x</tg-emoji>', parse_mode="HTML"),
        says=PARSE + "Invalid custom emoji identifier specified",
    ),
    Rule(
        "mention of nobody",
        "sendMessage",
        _entity(type="text_mention", user={"id": 5}),
        says="Bad Request: user not found",
    ),
    Rule(
        "mention without a user",
        "sendMessage",
        _entity(type="text_mention"),
        says=ENTITY + 'Can\'t find field "user"',
    ),
    Rule(
        "nested entity without an end",
        "sendMessage",
        text("*bold _italic\\_*", parse_mode="MarkdownV2"),
        says=PARSE + "Can't find end of Bold entity at byte offset 15",
    ),
    Rule(
        "preview of what is no URL",
        "sendMessage",
        text("hi", link_preview_options={"url": "not-a-url"}),
        says="Bad Request: WEBPAGE_URL_INVALID",
    ),
    Rule(
        "broadcast that nobody pays for",
        "sendMessage",
        text("hi", allow_paid_broadcast=True),
        says="Bad Request: FLOODSKIP_NOT_ALLOWED",
    ),
]
