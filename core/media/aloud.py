"""What is read aloud of an answer: its words, without marks, links, code and the numbers of sources."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_SILENT = ("fence", "code_block", "image")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\[\d{1,3}\]")
"""Addresses, and the numbers of sources."""
_LOOSE = re.compile(r" ([.,;:!?])")
"""A mark that stands alone, since what was before it is not read."""
_ENDS = (".", "!", "?", ":", ";", ",", "…")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return parser.disable(["reference", "html_block", "html_inline"])  # a definition would swallow its words


_PARSER = _parser()


def aloud(text: str) -> str:
    """The words of a Markdown text, a line for each paragraph, heading, entry and row; there may be none."""
    return "\n".join(filter(None, _lines(SyntaxTreeNode(_PARSER.parse(text)))))


def _lines(node: SyntaxTreeNode) -> Iterator[str]:
    if node.type == "inline":
        yield _line(_words(node))
    elif node.type == "tr":
        yield _line(", ".join(filter(None, (_words(cell).strip() for cell in node.children))))
    elif node.type not in _SILENT:
        for child in node.children:
            yield from _lines(child)


def _words(node: SyntaxTreeNode) -> str:
    if node.type in ("text", "code_inline"):
        return node.content
    if node.type in ("softbreak", "hardbreak"):
        return " "
    return "" if node.type in _SILENT else "".join(map(_words, node.children))


def _line(words: str) -> str:
    """With a mark at its end, so that the voice comes to rest there."""
    said = _LOOSE.sub(r"\1", " ".join(_ADDRESS.sub("", words).split()))
    if not any(map(str.isalnum, said)):
        return ""
    return said if said.endswith(_ENDS) else f"{said}."
