"""One Markdown for all platforms: parsed without HTML, links by allow-list."""

import re
from collections.abc import Collection, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from rich.cells import cell_len

JOINER = "\u2060"
"""Word joiner: invisible, and enough to keep a platform from making a mention of what follows."""
SCHEMES = ("http", "https", "mailto", "tel")
"""Schemes a link may have; everything else is shown as text."""

_DEPTH = 16
"""Emphasis within emphasis; what lies deeper keeps its words only."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_UNSAFE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["reference", "html_block", "html_inline"])  # a definition would swallow its words
    parser.disable("image")  # "!" and a link: nothing is fetched, and nobody can nest images without end
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # we decide, and show what we refuse
    return parser


def _simplify(state: StateCore) -> None:
    """Bound the nesting of inline tokens, and drop the "!" that made an image of a link."""
    for token in state.tokens:
        if token.children:
            token.children = list(_shallow(token.children))
            for mark, link in zip(token.children, token.children[1:], strict=False):
                if mark.type == "text" and link.type == "link_open":
                    mark.content = mark.content.removesuffix("!")


def _shallow(tokens: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += token.nesting == 1
        if token.nesting == 0 or depth <= _DEPTH:
            yield token
        depth -= token.nesting == -1


_PARSER = _parser()
_PARSER.core.ruler.push("simplify", _simplify)
_BLOCKS = _parser()
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def clean(text: str) -> str:
    """Text without control characters and lone surrogates, which no platform takes."""
    return _UNSAFE.sub("\ufffd", text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n"))


def parse(text: str) -> SyntaxTreeNode:
    """The tree of `text`, which is cleaned first. Images are links in it."""
    return SyntaxTreeNode(_PARSER.parse(clean(text)))


def is_allowed(url: str, schemes: Collection[str] = SCHEMES) -> bool:
    """Whether a link may lead there."""
    scheme = _SCHEME.match(url.strip())
    return scheme is not None and scheme[1].lower() in schemes


def fenced_lines(text: str) -> set[int]:
    """Numbers of the lines, from 0, that stand in fenced code blocks."""
    fences = (token.map for token in _BLOCKS.parse(text) if token.type == "fence" and token.map)
    return {line for start, end in fences for line in range(start + 1, end)}


def blocks(text: str) -> Iterator[str]:
    """The source of each top-level block."""
    lines = text.split("\n")
    for token in _BLOCKS.parse(text):
        if token.level == 0 and token.map and token.nesting >= 0:
            block = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")
            if block:
                yield block


def table_rows(node: SyntaxTreeNode) -> list[list[str]]:
    """The words of a table's cells; links show their addresses, as they cannot be followed there."""
    rows = [row for section in node.children for row in section.children]
    return [[plain(cell, schemes=()) for cell in row.children] for row in rows]


def draw_table(rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned with spaces, a rule under the head; wide characters count for two."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=False)]
    lines = [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def plain(node: SyntaxTreeNode, schemes: Collection[str] = SCHEMES) -> str:
    """The visible words below a node, without marks; the address of a link outside `schemes` is visible."""
    match node.type:
        case "text" | "code_inline" | "fence" | "code_block":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
    words = "".join(plain(child, schemes) for child in node.children)
    return link_text(words, link_url(node), schemes) if node.type == "link" else words


def link_url(node: SyntaxTreeNode) -> str:
    """Where a link leads."""
    return str(node.attrs.get("href", ""))


def link_text(words: str, url: str, schemes: Collection[str] = SCHEMES) -> str:
    """What stands for a link: its words, and its address where it is not a link any more."""
    address = url.removeprefix("mailto:").removeprefix("tel:")
    if is_allowed(url, schemes) or address in words:
        return words or url
    return f"{words} ({address})" if words else address
