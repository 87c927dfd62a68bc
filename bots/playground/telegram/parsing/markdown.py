"""The legacy Markdown mode (core.telegram.org/bots/api#markdown-style): no nesting, lenient escapes."""

from bots.playground.telegram.parsing.builder import Builder, parse_error
from bots.playground.telegram.state import Payload

_ENDS = {"_": ("italic", "_"), "*": ("bold", "*"), "`": ("code", "`"), "[": ("text_link", "]")}


def parse(source: str) -> tuple[str, list[Payload]]:
    """The plain text and its entities.

    Raises:
        TelegramError: an entity without an end.
    """
    out, at = Builder(), 0
    while at < len(source):
        if source[at] == "\\" and source[at + 1 : at + 2] in ("_", "*", "`", "["):
            out.write(source[at + 1])
            at += 2
        elif source[at] in _ENDS:
            at = _entity(source, at, out)
        else:
            out.write(source[at])
            at += 1
    return out.text, out.entities


def _entity(source: str, start: int, out: Builder) -> int:
    """Read one entity; returns the position after it."""
    kind, mark = _ENDS[source[start]]
    if source.startswith("```", start):
        kind, mark = "pre", "```"
    begin = start + (3 if kind == "pre" else 1)
    end = source.find(mark, begin)
    if end < 0:
        where = len(source[:start].encode("utf-8", "surrogatepass"))
        raise parse_error(f"Can't find end of the entity starting at byte offset {where}")
    out.open(kind, start)
    out.write(source[begin:end])
    after = end + len(mark)
    if kind != "text_link":
        out.close()
        return after
    return _link(source, after, out)


def _link(source: str, after: int, out: Builder) -> int:
    closing = source.find(")", after)
    if not source.startswith("(", after) or closing < 0:
        out.nesting.pop()
        return after
    out.close(url=source[after + 1 : closing])
    return closing + 1
