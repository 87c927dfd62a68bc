"""Text as Telegram measures and reads it: UTF-16 code units, entities, what people's words contain."""

import re
from typing import Any

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.state import Payload

LENGTH = 4096
CAPTION = 1024
ENTITY_TYPES = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
    ]
)
_FOUND = re.compile(r"(?<!\w)(?P<mention>@\w{4,32})|(?<![\w/])(?P<bot_command>/\w{1,64}(?:@\w+)?)", re.ASCII)


def utf16_length(text: str) -> int:
    """Length as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def checked_text(text: str, entities: Any, *, limit: int = LENGTH) -> tuple[str, list[Payload]]:
    """A text a bot wants to send, trimmed as Telegram trims it, and its entities.

    Raises:
        TelegramError: empty, too long, or an entity is wrong (core.telegram.org/bots/api#formatting-options).
    """
    if not text.strip() or not re.search(r"[^\s\u2060\u200b]", text):
        raise bad_request("message text is empty")
    lead = utf16_length(text) - utf16_length(text.lstrip())
    body = text.strip()
    size = utf16_length(body)
    if size > limit:
        raise bad_request("message is too long" if limit == LENGTH else "message caption is too long")
    return body, [_checked_entity(each, lead, size) for each in entities or []][:100]


def _checked_entity(entity: Any, lead: int, size: int) -> Payload:
    if not isinstance(entity, dict) or entity.get("type") not in ENTITY_TYPES:
        raise bad_request("can't parse entities: unsupported entity type")
    offset, length = entity.get("offset"), entity.get("length")
    if not isinstance(offset, int) or not isinstance(length, int) or length <= 0 or offset < 0:
        raise bad_request("can't parse entities: entity offset or length is wrong")
    if offset - lead < 0 or offset - lead + length > size:
        raise bad_request("can't parse entities: entity exceeds the text")
    if entity["type"] == "text_link" and not entity.get("url"):
        raise bad_request("can't parse entities: text_link without url")
    return entity | {"offset": offset - lead}


def found_entities(text: str) -> list[Payload]:
    """Mentions and commands in what a person wrote."""
    return [
        {
            "type": match.lastgroup,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }
        for match in _FOUND.finditer(text)
    ]


def checked_buttons(markup: Any) -> list[list[Payload]]:
    """The rows of an inline keyboard.

    Raises:
        TelegramError: a button without text, or with more than 64 bytes of data.
    """
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    for row in rows:
        for button in row:
            if not button.get("text"):
                raise bad_request("can't parse inline keyboard button: text is empty")
            if len(str(button.get("callback_data", "")).encode()) > 64:
                raise bad_request("BUTTON_DATA_INVALID")
    return list(rows)
