"""Markdown as a tree that the page makes elements of: `[tag, attributes, *children]`, or a string of text."""

from collections.abc import Sequence
from typing import Any

from markdown_it.tree import SyntaxTreeNode

from adapters import citations, markdown
from core.message import Choice, Citation

PART = 20_000
"""Characters of one message; a longer answer takes several."""
Nodes = list[Any]
"""Strings and elements, as JSON takes them; the page knows the tags below and no others."""
_PLAIN = {
    "strong": "strong",
    "em": "em",
    "s": "s",
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "list_item": "li",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
}
_BARE = {"softbreak": "br", "hardbreak": "br", "hr": "hr"}


def split(text: str) -> list[str]:
    """Markdown cut into parts of one message each."""
    return markdown.split(text, len, PART)


def render(text: str) -> Nodes:
    """One part."""
    return _children(markdown.parse(text))


def preview(text: str) -> Nodes:
    """A growing text, closed cleanly."""
    return render(markdown.closed(markdown.clean(text)))


def plain(text: str) -> str:
    """The words alone, as they are read out."""
    return markdown.plain(markdown.parse(text)).strip()


def sources(cited: Sequence[Citation]) -> list[dict[str, object]]:
    """What the numbers of an answer stand for; names are plain words, addresses are checked."""
    return [
        {
            "number": each.number,
            "passage": each.passage,
            "name": citations.name(each),
            "link": citations.address(each),
        }
        for each in cited[: citations.MOST]
    ]


def choices(offered: Sequence[Choice]) -> list[dict[str, str]]:
    """Buttons to choose by."""
    return [{"id": each.id, "label": citations.shortened(each.label, 80) or "…"} for each in offered]


def _children(node: SyntaxTreeNode) -> Nodes:
    return [made for child in node.children for made in _node(child)]


def _node(node: SyntaxTreeNode) -> Nodes:
    if tag := _PLAIN.get(node.type):
        return [[tag, {}, *_children(node)]]
    if tag := _BARE.get(node.type):
        return [[tag, {}]]
    match node.type:
        case "text":
            return [node.content] if node.content else []
        case "paragraph":
            return _children(node) if node.hidden else [["p", {}, *_children(node)]]
        case "heading":
            return [["p", {}, ["strong", {}, *_children(node)]]]
        case "ordered_list":
            return [["ol", {"start": int(node.attrs.get("start", 1))}, *_children(node)]]
        case "code_inline":
            return [["code", {}, node.content]]
        case "fence" | "code_block":
            return [["pre", {}, ["code", {}, node.content.rstrip("\n")]]]
        case "link":
            return _link(node)
    return _children(node)


def _link(node: SyntaxTreeNode) -> Nodes:
    url = markdown.link_url(node)
    if not markdown.is_allowed(url):
        return [markdown.plain(node)]
    return [["a", {"href": url}, *(_children(node) or [url])]]
