"""Markdown as Telegram text with entities: offsets in UTF-16 code units, no parse mode, nothing to escape."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it.tree import SyntaxTreeNode

from adapters import citations, markdown
from adapters.markdown import JOINER
from core.message import Citation

LENGTH = 4096
"""UTF-16 code units per message (core.telegram.org/bots/api#sendmessage)."""
_SPARE = 600
"""Code units kept free for the joiners that keep what is quoted from coming alive."""
ENTITIES = 100
"""Entities per message; Telegram ignores further ones."""
_CODE = ("code", "pre")
_STYLES = {"strong": "bold", "em": "italic", "s": "strikethrough"}
_WEB = ("http", "https")
"""What Telegram makes links of; it drops others without a word."""
_BULLETS = ("•", "◦", "▪")
_DROPPED = "\u0333\u033f\u030a\u2028-\u202e"
"""Characters that Telegram takes out of messages (TDLib, clean_input_string)."""
_LIVE = re.compile(
    rf"@(?=[\w{_DROPPED}])"  # mentions
    rf"|(?<![\w/])/(?=[\w{_DROPPED}])"  # commands
    rf"|(?<!\bhttps)(?<!\bhttp):(?=[{_DROPPED}]*/[{_DROPPED}]*/)",  # addresses such as tg://
    re.ASCII | re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\bhttps?://(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/[\w./~%@?&=+#-]*)?"  # web pages
    r"|(?<![\w.+-])[\w.+-]++(?<=\w)@(?:[a-z0-9-]+\.)+[a-z]{2,}",  # mailboxes
    re.ASCII | re.IGNORECASE,
)
"""What Telegram reads as one address, so that nothing inside is a mention or a command."""


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
    return markdown.split(text, _length, LENGTH)


def preview(text: str) -> TelegramText:
    """What fits of a growing text into one message, closed cleanly."""
    growing = markdown.closed(markdown.clean(text[: 3 * LENGTH]))
    return layout(markdown.first_part(growing, _length, LENGTH))


def layout(text: str, cited: Sequence[Citation] = ()) -> TelegramText:
    """One part as text and entities, with what its numbers stand for below."""
    canvas = _Canvas()
    _blocks(canvas, markdown.parse(text), depth=0)
    canvas.gap(2)
    for each in cited[: citations.MOST]:
        canvas.gap(1)
        _source(canvas, each)
    return canvas.finish()


def quotation(head: str, text: str) -> TelegramText:
    """Somebody else's words under a head that is no Markdown: as they stand, as far as one message holds."""
    room = LENGTH - utf16_length(head) - _SPARE
    while utf16_length((made := _quoted(head, _cut(text, room))).text) > LENGTH:
        room //= 2
    return made


def _quoted(head: str, text: str) -> TelegramText:
    canvas = _Canvas()
    with canvas.span("bold"):
        canvas.write(head)
    canvas.gap(2)
    with canvas.span("blockquote"):
        canvas.write(markdown.clean(text).strip())
    return canvas.finish()


def _cut(text: str, length: int) -> str:
    """The beginning of a text, by UTF-16 code units."""
    raw = text.encode("utf-16-le", "replace")
    return text if len(raw) <= 2 * length else f"{raw[: 2 * length].decode('utf-16-le', 'ignore')}…"


def fits(text: str, cited: Sequence[Citation]) -> bool:
    """Whether one message holds a part with what its numbers stand for."""
    made = layout(text, cited)
    return utf16_length(made.text) <= LENGTH and len(made.entities) <= ENTITIES


def _source(canvas: "_Canvas", citation: Citation) -> None:
    """The name of a document is no Markdown."""
    name, link = citations.name(citation), citations.address(citation)
    canvas.write(f"[{citation.number}] ")
    if link:
        with canvas.span("text_link", url=link):
            canvas.write(name)
    else:
        canvas.write(name)


def utf16_length(text: str) -> int:
    """Length as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def _length(part: str) -> int:
    """UTF-16 code units; entities count for as many as their share of a message."""
    made = layout(part)
    return max(utf16_length(made.text), -(-len(made.entities) * LENGTH // ENTITIES))


class _Canvas:
    """Text under construction, with entities by character position."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._open: list[Entity] = []
        self._entities: list[Entity] = []

    def write(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)

    @contextmanager
    def span(self, type: str, *, url: str = "", language: str = "") -> Iterator[None]:
        """Everything written inside is of this type; Telegram does not nest quotes, nor anything and code."""
        if type == "blockquote" and self._inside(type):
            yield
            return
        interrupted = self._interrupt() if type in _CODE else []
        self._open.append(Entity(type=type, offset=self._size, length=0, url=url, language=language))
        yield
        self._close(self._open.pop())
        self._open += [replace(each, offset=self._size) for each in interrupted]

    def code(self, text: str) -> None:
        """Code in a line; in a link it is plain, as the link matters more."""
        if self._inside("text_link"):
            self.write(text)
            return
        with self.span("code"):
            self.write(text)

    def _inside(self, type: str) -> bool:
        return any(each.type == type for each in self._open)

    def _interrupt(self) -> list[Entity]:
        """Close all that is open but quotes; returns what to open again."""
        styles = [each for each in self._open if each.type != "blockquote"]
        for each in styles:
            self._open.remove(each)
            self._close(each)
        return styles

    def _close(self, entity: Entity) -> None:
        if self._size > entity.offset:
            self._entities.append(replace(entity, length=self._size - entity.offset))

    def gap(self, lines: int) -> None:
        """End the paragraph, so that `lines` line breaks stand before what follows."""
        if self._size:
            tail = "".join(self._pieces[-2:])
            have = len(tail) - len(tail.rstrip("\n"))
            self.write("\n" * max(0, lines - have))

    def finish(self) -> TelegramText:
        """The message: nothing live that should not be, nothing hanging over, offsets in UTF-16."""
        text = "".join(self._pieces)
        text, entities = _neutralised(text, self._entities[::-1])  # outer ones first
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
            with canvas.span("blockquote"):
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
                canvas.code(child.content)
            case "strong" | "em" | "s":
                with canvas.span(_STYLES[child.type]):
                    _inline(canvas, child)
            case "link":
                _link(canvas, child)
            case _:
                _inline(canvas, child)


def _link(canvas: _Canvas, node: SyntaxTreeNode) -> None:
    url = markdown.link_url(node)
    if not markdown.is_allowed(url, _WEB):
        canvas.write(markdown.plain(node, _WEB))
        return
    with canvas.span("text_link", url=url):
        if node.children:
            _inline(canvas, node)
        else:
            canvas.write(url)


def _neutralised(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Keep Telegram from linking what nobody meant: a joiner after the sign, outside code and addresses."""
    dead = [range(each.offset, each.offset + each.length) for each in entities if each.type in _CODE]
    dead += [range(*match.span()) for match in _ADDRESS.finditer(text)]
    quiet = set().union(*dead)
    cuts = [match.end() for match in _LIVE.finditer(text) if match.start() not in quiet]
    edges = [0, *cuts, len(text)]
    joined = JOINER.join(text[low:high] for low, high in pairwise(edges))
    return joined, [_shifted(each, cuts) for each in entities]


def _shifted(entity: Entity, cuts: list[int]) -> Entity:
    before = bisect_right(cuts, entity.offset)
    until = bisect_left(cuts, entity.offset + entity.length)
    return replace(entity, offset=entity.offset + before, length=entity.length + max(0, until - before))


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space at the ends of the message and of its entities, as Telegram has it."""
    body = text.strip()
    lead = text.find(body)
    kept = []
    for each in entities:
        stretch = text[each.offset : each.offset + each.length].rstrip()
        inner = stretch.lstrip() if each.offset < lead or each.type not in _CODE else stretch
        if inner:
            start = each.offset + len(stretch) - len(inner) - lead
            kept.append(replace(each, offset=start, length=len(inner)))
    return body, kept


def _in_utf16(text: str, entities: list[Entity]) -> Iterator[Entity]:
    wide = [position for position, character in enumerate(text) if character > "\uffff"]
    for each in sorted(entities, key=lambda entity: (entity.offset, -entity.length)):
        before = bisect_left(wide, each.offset)
        inside = bisect_left(wide, each.offset + each.length) - before
        yield replace(each, offset=each.offset + before, length=each.length + inside)
