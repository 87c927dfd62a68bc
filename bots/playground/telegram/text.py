"""Text as Telegram measures and reads it: cleaned, trimmed, counted in UTF-16 code units."""

import re
from dataclasses import dataclass
from typing import Any

from bots.playground.telegram import links
from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.parsing import html, markdown, markdown_v2
from bots.playground.telegram.parsing.builder import is_emoji_id, utf16_length
from bots.playground.telegram.state import Payload

LENGTH = 4096
CAPTION = 1024
RAW_BYTES = 1 << 15
"""Longest text before its mark-up is parsed, in bytes."""
MOST_ENTITIES = 100
FORMATS = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "blockquote",
        "expandable_blockquote",
    }
)
"""Entities a bot may give."""
FINDINGS = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
)
"""Entities the server finds by itself; given ones are ignored."""

_FIELDS: dict[str, type] = {
    "type": str,
    "offset": int,
    "length": int,
    "url": str,
    "language": str,
    "custom_emoji_id": str,
    "user": dict,
}
_NEEDED: dict[str, tuple[str, type]] = {
    "text_link": ("url", str),
    "custom_emoji": ("custom_emoji_id", str),
    "text_mention": ("user", dict),
}
"""What entities of some types must have besides their place."""
_PARSERS = {"html": html.parse, "markdown": markdown.parse, "markdownv2": markdown_v2.parse}
_DROPPED = re.compile("[\r\u2028-\u202e]")
_BLANKED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FOUND = re.compile(
    r"(?P<url>(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?\"')\]])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w@])(?P<mention>@\w{3,32})\b"
    r"|(?<![\w/])(?P<bot_command>/\w{1,64}(?:@\w{3,32})?)\b"
    r"|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Formatted:
    """A text and its entities."""

    text: str = ""
    entities: list[Payload]


def formatted(text: str, parse_mode: str, entities: list[Any], *, limit: int = LENGTH) -> Formatted:
    """What a bot's text becomes on the server; the parse mode goes before explicit entities.

    Raises:
        TelegramError: too long, an unknown parse mode, or wrong entities.
    """
    if len(text.encode("utf-8", "surrogatepass")) > RAW_BYTES:
        raise bad_request("text is too long")
    mode = parse_mode.lower()
    if text and mode not in ("", "none"):
        if mode not in _PARSERS:
            raise bad_request("unsupported parse_mode")
        plain, given = _PARSERS[mode](text)
    else:
        plain, given = text, [each for each in map(_entity, entities) if each is not None]
    _check_bounds(plain, given)
    result = _tidied(plain, given)
    if utf16_length(result.text) > limit:
        raise bad_request("message is too long" if limit == LENGTH else "message caption is too long")
    return result


def written(text: str) -> Formatted:
    """What a person's text becomes: cleaned, with what is found in it."""
    body = clean(text).strip()
    return Formatted(text=body, entities=found(body, []))


def clean(text: str) -> str:
    """Without what Telegram drops or blanks; each is one code unit, so blanks keep offsets right."""
    return (
        _BLANKED.sub(" ", _DROPPED.sub("", text))
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


def found(text: str, given: list[Payload]) -> list[Payload]:
    """The given entities, and the mentions, commands and links outside of code and links."""
    taken = [each for each in given if each["type"] in ("code", "pre", "text_link", "text_mention")]
    seen = [_at(match) for match in _FOUND.finditer(text)]
    free = [each for each in seen if not any(_overlap(each, other) for other in taken)]
    return sorted([*given, *free], key=lambda each: (each["offset"], -each["length"]))


def excerpt(text: str, entity: Payload) -> str:
    """The part of a text that an entity covers."""
    units = text.encode("utf-16-le", "surrogatepass")
    start = entity["offset"] * 2
    return units[start : start + entity["length"] * 2].decode("utf-16-le", "surrogatepass")


def _at(match: "re.Match[str]") -> Payload:
    start = utf16_length(match.string[: match.start()])
    return {"type": str(match.lastgroup), "offset": start, "length": utf16_length(match[0])}


def _overlap(one: Payload, other: Payload) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"]
    )


def _entity(given: Any) -> Payload | None:
    """An entity in the form we keep; None for those that the server finds by itself."""
    if not isinstance(given, dict):
        raise _unparsable("expected an Object")
    for name in ("offset", "length"):
        if name not in given:
            raise _unparsable(f'Can\'t find field "{name}"')
        if not isinstance(given[name], int):
            raise _unparsable(f'Field "{name}" must be a valid Number')
    kind = given.get("type")
    if kind in FINDINGS:
        return None
    if kind not in FORMATS:
        raise _unparsable("Unsupported type specified")
    needed, shape = _NEEDED.get(kind, ("type", str))
    if not isinstance(given.get(needed), shape):
        raise _unparsable(f'Can\'t find field "{needed}"')
    if kind == "custom_emoji" and not is_emoji_id(given["custom_emoji_id"]):
        raise _unparsable('Field "custom_emoji_id" must be a valid Number')
    if kind == "text_link" and (reason := links.problem(given["url"])):
        raise bad_request(f"entity URL '{given['url']}' is invalid: {reason}")
    return {name: given[name] for name in _FIELDS if isinstance(given.get(name), _FIELDS[name])}


def _unparsable(reason: str) -> Exception:
    return bad_request(f"can't parse MessageEntity: {reason}")


def _check_bounds(text: str, entities: list[Payload]) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    size = len(units) // 2
    for each in entities:
        offset, length = each["offset"], each["length"]
        if not 0 <= offset <= 1_000_000:
            raise bad_request(f"receive an entity with incorrect offset {offset}")
        if not 0 <= length <= 1_000_000:
            raise bad_request(f"receive an entity with incorrect length {length}")
        if offset >= size and length > 0:
            raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
        if offset + length > size:
            raise bad_request(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset "
                f"{offset + length}"
            )
        if _splits(units, offset) or _splits(units, offset + length):
            raise bad_request(
                f"entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol"
            )


def _splits(units: bytes, offset: int) -> bool:
    """Whether an offset falls between the two halves of a surrogate pair."""
    return offset * 2 < len(units) and 0xDC <= units[offset * 2 + 1] <= 0xDF


def _tidied(text: str, entities: list[Payload]) -> Formatted:
    """Cleaned, without white space around; entities move along and shrink."""
    tidy = clean(text)
    body = tidy.strip()
    lead, size = utf16_length(tidy) - utf16_length(tidy.lstrip()), utf16_length(body)
    kept = []
    for each in entities[:MOST_ENTITIES]:
        start = min(max(0, _cleaned_length(text, each["offset"]) - lead), size)
        end = min(max(0, _cleaned_length(text, each["offset"] + each["length"]) - lead), size)
        if end > start:
            kept.append(each | {"offset": start, "length": end - start})
    return Formatted(text=body, entities=found(body, kept))


def _cleaned_length(text: str, units: int) -> int:
    """What cleaning leaves of the first `units` code units."""
    return utf16_length(clean(excerpt(text, {"offset": 0, "length": units})))
