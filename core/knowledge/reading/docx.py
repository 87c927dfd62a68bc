"""DOCX: headings by their styles, lists, tables; hidden, deleted and unreadably small text left out."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph as DocxParagraph
from lxml import etree

from core.errors import Unreadable
from core.knowledge.reading.blocks import Block, Extract, Heading, Paragraph, Place, Row, Table
from core.knowledge.reading.cleaning import flat, visible
from core.knowledge.reading.styles import NEAR

MOST_PARTS = 1_000
LARGEST_PART = 60_000_000
"""Bytes of a part once unpacked."""
LARGEST = 100_000_000
"""Bytes of all parts once unpacked."""
RATIO = 100
"""How far a part of more than a megabyte may have been packed; XML of repetitive tables reaches about 50."""
MEGABYTE = 1_000_000
SMALLEST = 4
"""Half points below which nobody reads a letter."""
_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""OLE: what Word makes of a document with a password, and of the old format."""


def read(content: bytes) -> Extract:
    """Read a Word document.

    Raises:
        Unreadable: it is locked, broken, or unpacks to too much.
    """
    if content.startswith(_LOCKED):
        raise Unreadable("is locked with a password, or in Word's format of before 2007")
    _check(content)
    try:
        return _extract(docx.Document(io.BytesIO(content)))
    except (
        *(PackageNotFoundError, zipfile.BadZipFile, etree.XMLSyntaxError),
        *(KeyError, ValueError, AttributeError, OSError, NotImplementedError, RuntimeError),
    ):
        raise Unreadable("is no Word document, or a broken one") from None


def _extract(document: Document) -> Extract:
    reader = _Reader(document)
    blocks = list(reader.blocks())
    own = flat(visible(document.core_properties.title or ""))
    first = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return Extract(title=own or flat(first), blocks=blocks, hidden=reader.hidden)


def _check(content: bytes) -> None:
    """Refuse a bomb by what its directory says; unpacking stops at that, and breaks off where it lied."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Unreadable("is no Word document, or a broken one") from None
    packed_too_well = any(
        part.file_size > MEGABYTE and part.file_size > RATIO * max(part.compress_size, 1) for part in parts
    )
    if (
        len(parts) > MOST_PARTS
        or packed_too_well
        or max((part.file_size for part in parts), default=0) > LARGEST_PART
        or sum(part.file_size for part in parts) > LARGEST
    ):
        raise Unreadable("unpacks to more than a document may be")


class _Reader:
    """Goes through the body once."""

    def __init__(self, document: Document) -> None:
        self.hidden = 0
        self._document = document
        self._page = 1
        self._has_pages = next(document.element.iter(qn("w:lastRenderedPageBreak")), None) is not None
        self._styles = _outline(document)

    def blocks(self) -> Iterator[Block]:
        for item in self._document.iter_inner_content():
            if isinstance(item, DocxTable):
                if (table := self._table(item)) is not None:
                    yield table
            elif (block := self._paragraph(item)) is not None:
                yield block

    def _paragraph(self, paragraph: DocxParagraph) -> Block | None:
        first = self._page
        text = self._text(paragraph._p)
        if not text.strip():
            return None
        place = Place(unit="page", first=first, last=self._page) if self._has_pages else None
        level = self._level(paragraph._p)
        if level is not None:
            return Heading(level=level, text=flat(text), place=place)
        numbered = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
        listed = numbered or self._style(paragraph._p).startswith("List")
        return Paragraph(text=f"- {text}" if listed else text, place=place)

    def _table(self, table: DocxTable) -> Table | None:
        first = self._page
        rows = [
            tuple(self._cell(cell) for cell in row.findall(qn("w:tc")))
            for row in table._tbl.findall(qn("w:tr"))
        ]
        rows = [row for row in rows if any(map(str.strip, row))]
        if not rows:
            return None
        place = Place(unit="page", first=first, last=self._page) if self._has_pages else None
        return Table(header=rows[0], rows=[Row(cells=row, place=place) for row in rows[1:]])

    def _cell(self, cell: Any) -> str:
        return flat(" ".join(self._text(paragraph) for paragraph in cell.iter(qn("w:p"))))

    def _text(self, paragraph: Any) -> str:
        """What stands in a paragraph; insertions under review count, deletions do not."""
        said: list[str] = []
        for run in paragraph.iter(qn("w:r")):
            text = self._run(run)
            if self._is_hidden(run):
                self.hidden += len(text.strip())
            else:
                said.append(text)
        return "".join(said)

    def _run(self, run: Any) -> str:
        said: list[str] = []
        for part in run:
            if part.tag == qn("w:t"):
                said.append(part.text or "")
            elif part.tag in (qn("w:tab"), qn("w:ptab")):
                said.append(" ")
            elif part.tag == qn("w:lastRenderedPageBreak"):
                self._page += 1
            elif part.tag in (qn("w:br"), qn("w:cr")):
                said.append("\n")
            elif part.tag == qn("w:noBreakHyphen"):
                said.append("-")
        return "".join(said)

    def _is_hidden(self, run: Any) -> bool:
        look = run.find(qn("w:rPr"))
        if look is None:
            return False
        vanish = look.find(qn("w:vanish"))
        if vanish is not None and vanish.get(qn("w:val")) not in ("0", "false", "off"):
            return True
        size = look.find(qn("w:sz"))
        points = (size.get(qn("w:val")) or "") if size is not None else ""
        if points.isdecimal() and int(points) < SMALLEST:
            return True
        colour = look.find(qn("w:color"))
        painted = look.find(qn("w:highlight")) is not None or _is_shaded(run)
        return colour is not None and not painted and _is_white(colour.get(qn("w:val")) or "")

    def _style(self, paragraph: Any) -> str:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return (style.get(qn("w:val")) or "") if style is not None else ""

    def _level(self, paragraph: Any) -> int | None:
        """Of a heading: as the paragraph itself or its style says."""
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if own is not None:
            return _outline_level(own)
        return self._styles.get(self._style(paragraph))


def _outline(document: Document) -> dict[str, int]:
    """The levels of the styles of headings, whatever language they are called in."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(qn("w:style")):
        name = style.find(qn("w:name"))
        own = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        identity = style.get(qn("w:styleId")) or ""
        if name is not None and (name.get(qn("w:val")) or "").casefold() == "title":
            levels[identity] = 1
        elif own is not None and (level := _outline_level(own)) is not None:
            levels[identity] = level
    return levels


def _outline_level(element: Any) -> int | None:
    """Below the title, which is 1; Word counts headings from 0, and 9 is none."""
    value = element.get(qn("w:val")) or ""
    return int(value) + 2 if value.isdecimal() and int(value) < 9 else None


def _is_shaded(run: Any) -> bool:
    """Whether something around it is painted: white letters are seen there."""
    for around in (run, *run.iterancestors()):
        for properties in ("w:rPr", "w:pPr", "w:tcPr", "w:tblPr"):
            shade = around.find(f"{qn(properties)}/{qn('w:shd')}")
            if shade is not None and not _is_white(shade.get(qn("w:fill")) or "auto"):
                return (shade.get(qn("w:fill")) or "auto") != "auto"
        if around.tag == qn("w:tbl"):
            # a style of tables may paint rows
            return around.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}") is not None
    return False


def _is_white(colour: str) -> bool:
    try:
        return len(colour) == 6 and min(int(colour[at : at + 2], 16) for at in (0, 2, 4)) >= 255 - NEAR
    except ValueError:
        return False
