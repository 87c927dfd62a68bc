"""Markdown as Telegram text with entities: offsets in UTF-16 code units, no parse mode, nothing to escape."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it.tree import SyntaxTreeNode

from adapters import markdown
from adapters.markdown import JOINER

LENGTH = 4096
"""UTF-16 code units per message (core.telegram.org/bots/api#sendmessage)."""
ENTITIES = 100
"""Entities per message; Telegram ignores further ones."""
_CODE = ("code", "pre")
_BULLETS = ("•", "◦", "▪")
_LIVE = re.compile(
    r"@(?=\w)"  # mentions
    r"|(?<![\w/:.])/(?=[A-Za-z0-9_])"  # commands
    r"|(?<!\bhttps)(?<!\bhttp):(?=//)",  # addresses such as tg://
    re.ASCII | re.IGNORECASE,
)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A stretch of text and what it is."""

    type: str
    """As in the Bot API: bold, italic, strikethrough, code, pre, text_link, blockquote."""
    offset: int
    """UTF-16 code units."""
    length: int
    url: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class TelegramText:
    """One message."""

    text: str
    entities: tuple[Entity, ...] = ()


def render(text: str) -> list[TelegramText]:
    """Markdown in as many messages as it takes."""
    return [layout(part) for part in split(text)]


def split(text: str) -> list[str]:
    """Markdown cut into parts whose layout fits one message each."""
    return markdown.split(text, _fits, 2 * LENGTH)


def preview(text: str) -> TelegramText:
    """What fits of a growing text into one message, closed cleanly."""
    return layout(split(markdown.closed(markdown.clean(text)))[0])


def layout(text: str) -> TelegramText:
    """One part as text and entities."""
    canvas = _Canvas()
    _blocks(canvas, markdown.parse(text), depth=0)
    return canvas.finish()


def utf16_length(text: str) -> int:
    """Length as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def _fits(part: str) -> bool:
    made = layout(part)
    return utf16_length(made.text) <= LENGTH and len(made.entities) <= ENTITIES


class _Canvas:
    """Text under construction, with entities by character position."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._entities: list[Entity] = []
        self._quoted = False

    def write(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)

    @contextmanager
    def span(self, type: str, *, url: str = "", language: str = "") -> Iterator[None]:
        """Everything written inside is of this type."""
        start = self._size
        yield
        if self._size > start:
            self._entities.append(
                Entity(type=type, offset=start, length=self._size - start, url=url, language=language)
            )

    @contextmanager
    def quote(self) -> Iterator[None]:
        """A block quote; Telegram does not nest them."""
        if self._quoted:
            yield
            return
        self._quoted = True
        with self.span("blockquote"):
            yield
        self._quoted = False

    def gap(self, lines: int) -> None:
        """End the paragraph, so that `lines` line breaks stand before what follows."""
        if self._size:
            tail = "".join(self._pieces[-2:])
            have = len(tail) - len(tail.rstrip("\n"))
            self.write("\n" * max(0, lines - have))

    def finish(self) -> TelegramText:
        """The message: nothing live that should not be, nothing hanging over, offsets in UTF-16."""
        text = "".join(self._pieces)
        entities = _without_nested_code(self._entities)
        text, entities = _neutralised(text, entities)
        text, entities = _trimmed(text, entities)
        return TelegramText(text=text, entities=tuple(_in_utf16(text, entities)))


def _blocks(canvas: _Canvas, node: SyntaxTreeNode, depth: int) -> None:
    for child in node.children:
        canvas.gap(1 if child.hidden or (node.type == "list_item" and child.type != "fence") else 2)
        _block(canvas, child, depth)


def _block(canvas: _Canvas, node: SyntaxTreeNode, depth: int) -> None:
    match node.type:
        case "paragraph":
            _inline(canvas, node)
        case "heading":
            with canvas.span("bold"):
                _inline(canvas, node)
        case "fence" | "code_block":
            language = node.info.split()[0] if node.info.split() else ""
            with canvas.span("pre", language=language):
                canvas.write(node.content.rstrip("\n"))
        case "blockquote":
            with canvas.quote():
                _blocks(canvas, node, depth)
        case "bullet_list" | "ordered_list":
            _list(canvas, node, depth)
        case "table":
            with canvas.span("pre"):
                canvas.write(markdown.draw_table(markdown.table_rows(node)))
        case "hr":
            canvas.write("―――")
        case _:
            _inline(canvas, node)


def _list(canvas: _Canvas, node: SyntaxTreeNode, depth: int) -> None:
    first = int(node.attrs.get("start", 1))
    for number, item in enumerate(node.children, first):
        canvas.gap(1)
        mark = f"{number}." if node.type == "ordered_list" else _BULLETS[min(depth, len(_BULLETS) - 1)]
        canvas.write("\u00a0" * 2 * depth + mark + " ")
        for position, child in enumerate(item.children):
            if position:
                canvas.gap(1)
            _block(canvas, child, depth + 1)


def _inline(canvas: _Canvas, node: SyntaxTreeNode) -> None:
    for child in node.children:
        match child.type:
            case "text":
                canvas.write(child.content)
            case "softbreak" | "hardbreak":
                canvas.write("\n")
            case "code_inline":
                with canvas.span("code"):
                    canvas.write(child.content)
            case "strong" | "em" | "s":
                with canvas.span({"strong": "bold", "em": "italic", "s": "strikethrough"}[child.type]):
                    _inline(canvas, child)
            case "link" | "image":
                _link(canvas, child)
            case _:
                _inline(canvas, child)


def _link(canvas: _Canvas, node: SyntaxTreeNode) -> None:
    url = str(node.attrs.get("href") or node.attrs.get("src") or "")
    if node.type == "link" and markdown.is_allowed(url) and node.children:
        with canvas.span("text_link", url=url):
            _inline(canvas, node)
    elif markdown.is_allowed(url):
        with canvas.span("text_link", url=url):
            canvas.write(markdown.plain(node) or url)
    else:
        canvas.write(markdown.link_text(node))


def _without_nested_code(entities: list[Entity]) -> list[Entity]:
    """Code stands in nothing else: what surrounds it is cut around it."""
    code = [each for each in entities if each.type in _CODE]
    result = list(code)
    for each in entities:
        if each.type == "blockquote" or each in code:
            result.extend([] if each in code else [each])
            continue
        result.extend(_around(each, code))
    return result


def _around(entity: Entity, holes: list[Entity]) -> Iterator[Entity]:
    """The stretches of an entity that lie outside all holes."""
    start, end = entity.offset, entity.offset + entity.length
    for hole in sorted(holes, key=lambda each: each.offset):
        if hole.offset >= end or hole.offset + hole.length <= start:
            continue
        if hole.offset > start:
            yield replace(entity, offset=start, length=hole.offset - start)
        start = hole.offset + hole.length
    if start < end:
        yield replace(entity, offset=start, length=end - start)


def _neutralised(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Keep Telegram from linking what nobody meant: a joiner after the sign, outside code and addresses."""
    dead = [(each.offset, each.offset + each.length) for each in entities if each.type in _CODE]
    dead += [match.span() for match in _URL.finditer(text)]
    cuts = [
        match.end()
        for match in _LIVE.finditer(text)
        if not any(low <= match.start() < high for low, high in dead)
    ]
    if not cuts:
        return text, entities
    edges = [0, *cuts, len(text)]
    joined = JOINER.join(text[low:high] for low, high in pairwise(edges))
    return joined, [_shifted(each, cuts) for each in entities]


def _shifted(entity: Entity, cuts: list[int]) -> Entity:
    before = sum(cut <= entity.offset for cut in cuts)
    inside = sum(entity.offset < cut < entity.offset + entity.length for cut in cuts)
    return replace(entity, offset=entity.offset + before, length=entity.length + inside)


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Telegram trims a message, and entities must not hang over its ends."""
    lead = len(text) - len(text.lstrip())
    body = text.strip()
    kept = []
    for each in entities:
        start = max(0, each.offset - lead)
        end = min(len(body), each.offset + each.length - lead)
        if end > start and body[start:end].strip():
            kept.append(replace(each, offset=start, length=end - start))
    return body, kept


def _in_utf16(text: str, entities: list[Entity]) -> Iterator[Entity]:
    for each in sorted(entities, key=lambda entity: (entity.offset, -entity.length)):
        stretch = text[each.offset : each.offset + each.length]
        yield replace(each, offset=utf16_length(text[: each.offset]), length=utf16_length(stretch))
