"""Plain text, and reStructuredText as text with its headings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.knowledge.reading.blocks import Block, Extract, Heading, Paragraph, Place
from core.knowledge.reading.cleaning import flat, visible
from core.knowledge.reading.decoding import decoded

_ADORNMENT = re.compile(r"([=\-`:.'\"~^_*+#<>])\1{2,}\s*")
_RULED = re.compile(r"\s*[+|][-=+|\s]*[-=]{2}[-=+|\s]*")
"""A line between the rows of a drawn table: it says nothing, and an encoder reads every sign of it."""
_ROLE = re.compile(r":[a-zA-Z][\w:+.-]{0,40}:`~?([^`<\n]{1,200}?)(?:\s*<[^`>\n]{0,300}>)?`")
_LINK = re.compile(r"`([^`<\n]{1,200}?)\s*<[^`>\n]{0,500}>`__?")
_LITERAL = re.compile(r"``([^`\n]{1,200})``")
_DIRECTIVE = re.compile(r"\s*\.\.\s+(?:\|[^|\n]{1,80}\|\s+)?([\w:.+-]{1,60})::\s*(.*)")
_COMMENT = re.compile(r"\s*+\.\.(?:\s|$)")
_SILENT = frozenset(
    (
        *(
            "toctree",
            "image",
            "figure",
            "highlight",
            "raw",
            "meta",
            "index",
            "only",
            "currentmodule",
            "module",
        ),
        *("include", "literalinclude", "role", "default-role", "contents", "tabularcolumns", "sectionauthor"),
        *("automodule", "autoclass", "autofunction", "automethod", "autosummary", "ifconfig", "plot"),
    )
)
"""Directives that show nothing of their own."""
_OPTION = re.compile(r"\s+:[\w-]{1,40}:")
_ITEM = re.compile(r"\s*(?:[-*+•‣–]\s|\(?[\w#]{1,3}[.)]\s|[|+>]|:\w|(?:Q|A|Question|Answer)\s*\d{0,3}[.:)])")


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Lines that belong together, with the number of the first."""

    first: int
    lines: Sequence[str]

    @property
    def place(self) -> Place:
        return Place(unit="line", first=self.first, last=self.first + len(self.lines) - 1)


def read(content: bytes, marked_up: bool = False) -> Extract:
    """Read a text.

    Args:
        marked_up: it is reStructuredText: comments and what only steers its layout are left out.

    Raises:
        Unreadable: it is no text.
    """
    lines = visible(decoded(content)).expandtabs(8).split("\n")
    blocks = list(_blocks(lines, marked_up))
    first = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return Extract(title=flat(first), blocks=blocks)


def _blocks(lines: Sequence[str], marked_up: bool) -> Iterator[Block]:
    levels: dict[str, int] = {}
    silent: int | None = None
    for group in _groups(lines):
        indent = _indent(group.lines[0])
        if silent is not None and indent > silent:
            continue
        silent = None
        for heading, rest in _headings(group, levels):
            if heading is not None:
                yield heading
                continue
            kept = _shown(rest) if marked_up else rest
            if kept is None:
                silent = indent
            elif kept.lines:
                yield Paragraph(text=_text(kept, marked_up), place=kept.place)


def _groups(lines: Sequence[str]) -> Iterator[_Lines]:
    """Runs of lines between empty ones."""
    begun: int | None = None
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            begun = begun or number
        elif begun is not None:
            yield _Lines(first=begun, lines=lines[begun - 1 : number - 1])
            begun = None


def _headings(group: _Lines, levels: dict[str, int]) -> Iterator[tuple[Heading | None, _Lines]]:
    """The headings at the top of a group, then what is left."""
    lines, at = group.lines, 0
    while at < len(lines):
        over = _ADORNMENT.fullmatch(lines[at])
        title = at + 1 if over else at
        under = _ADORNMENT.fullmatch(lines[title + 1]) if title + 1 < len(lines) else None
        text = lines[title].strip() if title < len(lines) else ""
        if under is None or not _is_title(text, lines[title + 1]) or (over and over[1] != under[1]):
            break
        style = under[1] * (2 if over else 1)
        levels.setdefault(style, len(levels) + 1)
        place = Place(unit="line", first=group.first + at, last=group.first + title + 1)
        heading = Heading(level=levels[style], text=_plain(text), place=place)
        yield heading, group
        at = title + 2
    rest = [line for line in lines[at:] if not _RULED.fullmatch(line)]
    rest = [line for line in rest if not _ADORNMENT.fullmatch(line)] if at == 0 else rest
    if rest:
        yield None, _Lines(first=group.first + at, lines=rest)


def _is_title(text: str, under: str) -> bool:
    return any(map(str.isalnum, text)) and len(text) <= 200 and len(under.strip()) >= min(len(text) - 2, 60)


def _shown(group: _Lines) -> _Lines | None:
    """What of a paragraph is shown; None where it and all that is indented below it are not."""
    directive = _DIRECTIVE.match(group.lines[0])
    if directive is None:
        return None if _COMMENT.match(group.lines[0]) else group
    if directive[1] in _SILENT:
        return None
    below = [line for line in group.lines[1:] if not _OPTION.match(line)]
    return _Lines(first=group.first, lines=[line for line in (directive[2], *below) if line.strip()])


def _text(group: _Lines, marked_up: bool) -> str:
    """Prose on one line; lists, code and drawings as they stand."""
    indent = min(_indent(line) for line in group.lines)
    lines = [line[indent:].rstrip() for line in group.lines]
    is_prose = not any(line[:1].isspace() or _ITEM.match(line) for line in lines)
    text = (" " if is_prose else "\n").join(lines)
    return _plain(text) if marked_up else text


def _plain(text: str) -> str:
    """Without the signs of reStructuredText around words."""
    return _LITERAL.sub(r"`\1`", _LINK.sub(r"\1", _ROLE.sub(r"\1", text)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
