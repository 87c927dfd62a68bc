"""The HTML mode (core.telegram.org/bots/api#html-style): a few tags, each to be closed."""

import re
from html import unescape

from bots.playground.telegram.parsing.builder import Builder, parse_error
from bots.playground.telegram.state import Payload

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[^\s>]*)(?P<attributes>[^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_KNOWN_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
}


def parse(source: str) -> tuple[str, list[Payload]]:
    """The plain text and its entities.

    Raises:
        TelegramError: an unknown tag, or one that is not closed where it should be.
    """
    out, at = Builder(), 0
    names: list[str] = []
    while (start := source.find("<", at)) >= 0:
        out.write(_plain(source[at:start]))
        match = _TAG.match(source, start)
        if match is None:
            raise parse_error(f"Unclosed start tag at byte offset {_bytes(source[:start])}")
        (_end if match["end"] else _start)(match, names, out)
        at = match.end()
    out.write(_plain(source[at:]))
    if names:
        raise parse_error(f'Can\'t find end tag corresponding to start tag "{names[-1]}"')
    return out.text, out.entities


def _start(match: "re.Match[str]", names: list[str], out: Builder) -> None:
    name = match["name"].lower()
    attributes = {
        each[1].lower(): unescape(each[2] or each[3] or each[4] or "")
        for each in _ATTRIBUTE.finditer(match["attributes"])
    }
    if name not in _TYPES or (name == "span" and attributes.get("class") != "tg-spoiler"):
        where = _bytes(match.string[: match.start()])
        raise parse_error(f'Unsupported start tag "{name}" at byte offset {where}')
    expands = name == "blockquote" and "expandable" in match["attributes"].split()
    names.append(name)
    out.open("expandable_blockquote" if expands else _TYPES[name], match.start(), **_extra(name, attributes))


def _extra(name: str, attributes: dict[str, str]) -> dict[str, str]:
    if name == "a":
        return {"url": attributes.get("href", "")}
    if name == "tg-emoji":
        return {"custom_emoji_id": attributes.get("emoji-id", "")}
    if name == "code" and attributes.get("class", "").startswith("language-"):
        return {"language": attributes["class"].removeprefix("language-")}
    return {}


def _end(match: "re.Match[str]", names: list[str], out: Builder) -> None:
    where = _bytes(match.string[: match.start()])
    if not names:
        raise parse_error(f"Unexpected end tag at byte offset {where}")
    expected, found = names.pop(), match["name"].lower()
    if found not in ("", expected):
        raise parse_error(
            f'Unmatched end tag at byte offset {where}, expected "</{expected}>", found "</{found}>"'
        )
    if expected == "code" and [each.type for each in out.nesting[-2:]] == ["pre", "code"]:
        out.nesting[-2].extra |= out.nesting.pop().extra
    else:
        out.close()


def _plain(text: str) -> str:
    return _KNOWN_ENTITY.sub(lambda match: unescape(match[0]), text)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
