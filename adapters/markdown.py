"""One Markdown for all platforms: parsed without HTML, links by allow-list, split on block boundaries."""

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

JOINER = "\u2060"
"""Word joiner: invisible, and enough to keep a platform from making a mention of what follows."""
SCHEMES = ("http", "https", "mailto", "tel")
"""Schemes a link may have; everything else is shown as text."""

Fits = Callable[[str], bool]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FENCE = re.compile(r"(?: {0,3})(`{3,}|~{3,})([^\n]*)")
_OPEN_LINK = re.compile(r"!?\[([^\[\]\n]*)(?:\]\([^()\n]*)?$")
_EXTENDS = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["reference", "html_block", "html_inline"])  # a definition would swallow its words
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # we decide, and show what we refuse
    return parser


_PARSER = _parser()


def clean(text: str) -> str:
    """Text without control characters and lone surrogates, which no platform takes."""
    return _UNSAFE.sub("\ufffd", text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n"))


def parse(text: str) -> SyntaxTreeNode:
    """The tree of `text`, which is cleaned first."""
    return SyntaxTreeNode(_PARSER.parse(clean(text)))


def is_allowed(url: str) -> bool:
    """Whether a link may lead there."""
    scheme = _SCHEME.match(url.strip())
    return scheme is not None and scheme[1].lower() in SCHEMES


def closed(text: str) -> str:
    """Unfinished Markdown, as it comes out of a model, closed so that no raw marks flash up."""
    if _open_fence(text):
        return text
    head, _, last = text.rpartition("\n\n")
    last = _OPEN_LINK.sub(r"\1", last)
    for mark in ("`", "**", "~~"):
        if last.count(mark) % 2:
            last = last.removesuffix(mark) if last.endswith(mark) else last + mark
    return f"{head}\n\n{last}" if head else last


def split(text: str, fits: Fits, window: int) -> list[str]:
    """Cut Markdown into parts that each satisfy `fits`: between blocks where possible, else inside them.

    Args:
        text: Markdown, not empty.
        fits: whether a part is small enough; true for every part of something that fits.
        window: characters a part may have at most, whatever `fits` says.

    Returns:
        At least one part. The same text gives the same parts.
    """
    text = clean(text)
    if len(text) <= window and fits(text):
        return [text]
    bounded: Fits = lambda part: len(part) <= window and fits(part)  # noqa: E731
    parts: list[str] = []
    for block in _blocks(text):
        joined = f"{parts[-1]}\n\n{block}" if parts else block
        if parts and bounded(joined):
            parts[-1] = joined
        elif bounded(block):
            parts.append(block)
        else:
            parts.extend(_broken(block, bounded, window))
    return parts or [""]


def _blocks(text: str) -> Iterator[str]:
    """The source of each top-level block."""
    lines = text.split("\n")
    for token in _PARSER.parse(text):
        if token.level == 0 and token.map and token.nesting >= 0:
            block = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")
            if block:
                yield block


def _broken(block: str, fits: Fits, window: int) -> Iterator[str]:
    """A block that is too large, in pieces that fit; code stays code."""
    fence = _FENCE.match(block)
    if fence is None:
        yield from _pieces(block, fits, window)
        return
    opening, mark = fence[0].strip(), fence[1]
    body = block.split("\n", 1)[1] if "\n" in block else ""
    body = body.rstrip("\n").removesuffix(mark).rstrip("\n")
    if len(opening) > 100:  # not a language: then it is text like any other
        yield from _pieces(block, fits, window)
        return
    for piece in _pieces(body, lambda part: fits(f"{opening}\n{part}\n{mark}"), window, keep=True):
        yield f"{opening}\n{piece}\n{mark}"


def _pieces(text: str, fits: Fits, window: int, *, keep: bool = False) -> Iterator[str]:
    """Prefixes that fit, as long as possible, ending at good boundaries; `keep` leaves indentation alone."""
    while text:
        size = _largest(text, fits, window)
        if size < len(text):
            size = _boundary(text, size)
        piece = text[:size]
        text = text[size:]
        if keep:
            yield piece.removesuffix("\n")
            continue
        text = text.lstrip()
        if piece.strip():
            yield piece.strip()


def _largest(text: str, fits: Fits, window: int) -> int:
    """The length of a prefix that fits, at least 1, found by halving."""
    low, high = 1, min(len(text), window)
    if fits(text[:high]):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle)
    return low


def _boundary(text: str, size: int) -> int:
    """The best place to cut at or before `size`, in its second half; never inside a visible character."""
    for mark in _BREAKS:
        at = text.rfind(mark, size // 2, size)
        if at > 0:
            return at + len(mark)
    at = size
    while at > max(1, size - 32) and (_EXTENDS.match(text[at]) or text[at - 1] == "\u200d"):
        at -= 1
    return at


def _open_fence(text: str) -> bool:
    """Whether the text ends inside a fenced code block."""
    opened = ""
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if fence and not opened:
            opened = fence[1]
        elif fence and fence[1].startswith(opened) and not fence[2].strip():
            opened = ""
    return bool(opened)


def table_rows(node: SyntaxTreeNode) -> list[list[str]]:
    """The words of a table's cells."""
    rows = [row for section in node.children for row in section.children]
    return [[plain(cell) for cell in row.children] for row in rows]


def draw_table(rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned with spaces, a rule under the head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=False)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def plain(node: SyntaxTreeNode) -> str:
    """The visible words below a node, without marks; a refused link's address counts as visible."""
    match node.type:
        case "text" | "code_inline" | "fence" | "code_block":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link" | "image":
            return link_text(node)
    return "".join(plain(child) for child in node.children)


def link_text(node: SyntaxTreeNode) -> str:
    """What stands for a link or an image: its words, and its address where it is not a link any more."""
    url = str(node.attrs.get("href") or node.attrs.get("src") or "")
    words = "".join(plain(child) for child in node.children) or url
    return words if is_allowed(url) or url in ("", words) else f"{words} ({url})"
