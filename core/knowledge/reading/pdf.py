"""PDF, through PDFium: pages, headings by their size, simple tables; what no page shows is left out."""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from core.errors import Unreadable
from core.knowledge.reading.blocks import Block, Extract, Heading, Paragraph, Place, Row, Table
from core.knowledge.reading.cleaning import flat, visible
from core.knowledge.reading.styles import Colour

MOST_PAGES = 3_000
MOST_CHARACTERS = 20_000_000
SMALLEST = 2.0
"""Points below which nobody reads a letter."""
LARGER = 1.12
"""How much larger than the text around it a heading is."""
GAP = 1.3
"""Gap between words, in font sizes, that sets columns of a table apart."""
SPACED = 1.5
"""Distance between lines, in usual ones, that sets paragraphs apart."""
USUAL_PITCH = 1.3
"""Distance between lines, in font sizes, where there are too few to tell."""
REPEATED = 0.4
"""Share of pages on which a line stands that is a running head or foot."""
NUMBERED, LEAST_NUMBERED = 0.6, 50
"""Share of a document's lines, and lines, from which on numbers that follow each other are a manuscript's."""
PROSE = 40
"""Characters of a manuscript's lines, on average; those of a numbered list are shorter."""
DOTS, MOST_PIXELS = 200, 6_000_000
"""Of a page that is drawn: dots an inch, and pixels at most."""
PICTURED = 0.25
"""Share of a page without text that a picture covers when the page is a scan."""
_WHITE = Colour(255, 255, 255)
_UNSEEN_MODES = frozenset((pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP))
_BOLD = 600
_BULLET = re.compile(r"\s*(?:[-–•▪◦‣●○*]\s|\(?\w{1,2}[.)]\s)")
_PAGE_NUMBER = re.compile(r"[-–\s]*(?:\d{1,4}|[ivxlc]{1,7})[-–\s]*")
_LEADER = re.compile(r"(?:\.\s?){6}")
"""Of a table of contents."""
_FILE_TITLE = re.compile(r"^(?:Microsoft \w+ - .*|untitled\b.*|.*\.\w{2,4})$", re.IGNORECASE)
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class _Style:
    """How the letters of one text object look."""

    size: float
    bold: bool
    unseen: bool
    """Neither filled nor stroked."""
    white: bool


@dataclass(kw_only=True)
class _Line:
    """A line of a page."""

    page: int
    cells: list[str] = field(default_factory=lambda: [""])
    lefts: list[float] = field(default_factory=list)
    """Where each cell begins."""
    sizes: Counter[float] = field(default_factory=Counter)
    bold: bool = True
    bottom: float = math.inf
    right: float = 0.0

    @cached_property
    def size(self) -> float:
        return self.sizes.most_common(1)[0][0]

    @property
    def text(self) -> str:
        return flat(" ".join(self.cells))


def read(content: bytes) -> Extract:
    """Read a PDF.

    Raises:
        Unreadable: it is locked, broken, too long, or has no text.
    """
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise Unreadable("is locked with a password" if locked else "is no PDF, or a broken one") from None
    if len(document) > MOST_PAGES:
        raise Unreadable(f"has more than {MOST_PAGES} pages: split it")
    lines: list[_Line] = []
    scanned: list[int] = []
    hidden = characters = 0
    for number in range(len(document)):
        page = _Page(document, number)
        lines += [line for line in page.lines if not _LEADER.search(line.text)]
        scanned += [number + 1] if page.is_picture else []
        hidden += page.hidden
        characters += sum(len(line.text) for line in page.lines)
        if characters > MOST_CHARACTERS:
            raise Unreadable(f"has more than {MOST_CHARACTERS // 1_000_000} million characters: split it")
    if not lines:
        if scanned:
            return Extract(title=_title(document, []), blocks=[], hidden=hidden, scanned=scanned)
        raise Unreadable("holds no text that anybody would see" if hidden else "holds no text")
    lines = _without_line_numbers(lines)
    blocks = list(_blocks(_without_running(lines, len(document))))
    return Extract(title=_title(document, blocks), blocks=blocks, hidden=hidden, scanned=scanned)


def render(content: bytes, number: int) -> tuple[int, int, bytes]:
    """A page as it is seen: width and height in pixels, and their colours as RGB.

    Args:
        number: from 1.

    Raises:
        Unreadable: it cannot be drawn.
    """
    try:
        page = pypdfium2.PdfDocument(content)[number - 1]
        width, height = page.get_size()
        scale = min(DOTS / 72, math.sqrt(MOST_PIXELS / max(width * height, 1.0)))
        drawn = page.render(scale=scale, rev_byteorder=True)
    except (pypdfium2.PdfiumError, IndexError, ValueError):
        raise Unreadable(f"has a page that cannot be drawn: {number}") from None
    rows = bytes(drawn.buffer)
    starts = range(0, drawn.stride * drawn.height, drawn.stride)
    return drawn.width, drawn.height, b"".join(rows[at : at + 3 * drawn.width] for at in starts)


class _Page:
    """One page, as lines of what it shows."""

    def __init__(self, document: pypdfium2.PdfDocument, number: int) -> None:
        self.lines: list[_Line] = []
        self.hidden = 0
        self.is_picture = False
        """It has no text that is seen, and a picture covers a good part of it."""
        self._number = number + 1
        self._styles: dict[int | None, _Style] = {}
        try:
            self._page = document[number]
            self._text = self._page.get_textpage()
        except pypdfium2.PdfiumError:
            return
        try:
            self._bounds = self._page.get_bbox()
            self._read()
            self.is_picture = not self.lines and any(
                _area(each) >= PICTURED * _area(self._bounds) for each in self._pictures
            )
        finally:
            self._text.close()
            self._page.close()

    def _read(self) -> None:
        line = _Line(page=self._number)
        for at in range(pdfium.FPDFText_CountChars(self._text)):
            code = pdfium.FPDFText_GetUnicode(self._text, at)
            if code in (10, 13):
                line = self._ended(line)
            elif code in (32, 160, 9):
                line.cells[-1] += " "
            elif 0 < code < 0x110000:
                self._letter(line, at, chr(code))
        self._ended(line)

    def _ended(self, line: _Line) -> _Line:
        if line.sizes:
            self.lines.append(line)
        return _Line(page=self._number)

    def _letter(self, line: _Line, at: int, letter: str) -> None:
        style = self._style(at)
        box = self._box(at)
        if box is None:
            line.cells[-1] += letter
            return
        if self._is_hidden(style, box):
            self.hidden += 1
            return
        if line.lefts and box[0] - line.right > GAP * style.size:
            line.cells.append("")
            line.lefts.append(box[0])
        elif not line.lefts:
            line.lefts.append(box[0])
        line.cells[-1] += letter
        line.right = max(box[2], box[0])
        line.bottom = min(line.bottom, box[1])
        line.sizes[style.size] += 1
        line.bold = line.bold and style.bold

    def _is_hidden(self, style: _Style, box: _Box) -> bool:
        if style.size < SMALLEST or not _overlap(box, self._bounds):
            return True
        if style.unseen:
            # a scan has its recognised text, unseen, over the picture of the page
            return not any(_overlap(box, picture) for picture in self._pictures)
        return style.white and not any(_overlap(box, each) for each in (*self._painted, *self._pictures))

    def _box(self, at: int) -> _Box | None:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        if not pdfium.FPDFText_GetCharBox(self._text, at, left, right, bottom, top):
            return None
        return left.value, bottom.value, right.value, top.value

    def _style(self, at: int) -> _Style:
        letters = pdfium.FPDFText_GetTextObject(self._text, at)
        key = ctypes.cast(letters, ctypes.c_void_p).value
        if key not in self._styles:
            self._styles[key] = self._styled(at, letters)
        return self._styles[key]

    def _styled(self, at: int, letters: Any) -> _Style:
        matrix = pdfium.FS_MATRIX()
        scale = math.hypot(matrix.b, matrix.d) if pdfium.FPDFText_GetMatrix(self._text, at, matrix) else 1.0
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        coloured = pdfium.FPDFText_GetFillColor(self._text, at, red, green, blue, alpha)
        white = coloured and (alpha.value < 10 or Colour(red.value, green.value, blue.value).close_to(_WHITE))
        mode = pdfium.FPDFTextObj_GetTextRenderMode(letters) if letters else 0
        return _Style(
            size=round(2 * pdfium.FPDFText_GetFontSize(self._text, at) * scale) / 2,
            bold=pdfium.FPDFText_GetFontWeight(self._text, at) >= _BOLD,
            unseen=mode in _UNSEEN_MODES,
            white=bool(white) and mode == pdfium.FPDF_TEXTRENDERMODE_FILL,
        )

    @cached_property
    def _pictures(self) -> Sequence[_Box]:
        """Where pictures are."""
        return [
            each.get_bounds()
            for each in self._page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
        ]

    @cached_property
    def _painted(self) -> Sequence[_Box]:
        """Where the page is painted in another colour than white."""
        found = []
        kinds = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING]
        for each in self._page.get_objects(filter=kinds, max_depth=3):
            red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
            coloured = pdfium.FPDFPageObj_GetFillColor(each.raw, red, green, blue, alpha)
            if not coloured or not Colour(red.value, green.value, blue.value).close_to(_WHITE):
                found.append(each.get_bounds())
        return found


def _area(box: _Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(inner: _Box, outer: _Box) -> bool:
    """Whether the middle of one lies in the other."""
    across, up = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= across <= outer[2] and outer[1] <= up <= outer[3]


def _without_line_numbers(lines: list[_Line]) -> list[_Line]:
    """Manuscripts number their lines in the margin, which would make tables of their pages."""
    numbered = [line for line in lines if line.cells[0].strip().isdecimal()]
    counted = sum(int(after.cells[0]) == int(before.cells[0]) + 1 for before, after in pairwise(numbered))
    if counted < max(LEAST_NUMBERED, NUMBERED * len(lines)):
        return lines
    if sum(len(line.text) for line in numbered) < PROSE * len(numbered):
        return lines
    for line in numbered:
        del line.cells[0], line.lefts[0]
    return [line for line in lines if line.cells]


def _without_running(lines: Sequence[_Line], pages: int) -> list[_Line]:
    """Without heads and feet that return on the pages, whatever their number says."""
    edges: Counter[str] = Counter()
    at_edge: set[int] = set()
    for _, found in groupby(lines, key=lambda line: line.page):
        page = list(found)
        for line in {id(each): each for each in (*page[:2], *page[-2:])}.values():
            edges[_numberless(line)] += 1
            at_edge.add(id(line))
    least = max(3, REPEATED * pages)
    kept = [line for line in lines if id(line) not in at_edge or not _runs(line, edges, least)]
    return kept or list(lines)


def _runs(line: _Line, edges: Counter[str], least: float) -> bool:
    return edges[_numberless(line)] >= least or _PAGE_NUMBER.fullmatch(line.text) is not None


def _numberless(line: _Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _blocks(lines: Sequence[_Line]) -> Iterator[Block]:
    usual, levels = _sizes(lines)
    gathered: list[_Line] = []
    for kind, found in groupby(lines, key=lambda line: _level(line, usual, levels)):
        run = list(found)
        if kind is None:
            gathered = run
            yield from _body(gathered)
            continue
        text = flat(" ".join(line.text for line in run))
        place = Place(unit="page", first=run[0].page, last=run[-1].page)
        if len(text) <= 200 and len(run) <= 3:
            yield Heading(level=kind, text=text, place=place)
        else:
            yield from _body(run)


def _sizes(lines: Sequence[_Line]) -> tuple[float, dict[float, int]]:
    """The size of most letters, and the levels of larger ones."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters.update(line.sizes)
    usual = letters.most_common(1)[0][0]
    larger = sorted((size for size in letters if size > usual * LARGER), reverse=True)
    return usual, {size: min(level, 5) for level, size in enumerate(larger, 1)}


def _level(line: _Line, usual: float, levels: dict[float, int]) -> int | None:
    """Of a heading; None for any other line."""
    if sum(map(str.isalpha, line.text)) < 2 or len(line.text) > 200:
        return None
    if line.size in levels and len(line.cells) < 3:
        return levels[line.size]
    is_alone = len(line.cells) == 1 and len(line.text.split()) <= 12 and line.text[-1] not in ".,;:"
    return 6 if line.bold and is_alone and line.size >= usual else None


def _body(lines: Sequence[_Line]) -> Iterator[Block]:
    """Paragraphs and tables."""
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and len(lines[end].cells) > 1 and _aligned(lines[at], lines[end]):
            end += 1
        if end - at >= 3:
            yield _table(lines[at:end])
        else:
            end = at + 1
            while end < len(lines) and not _begins_table(lines[end:]) and not _parted(lines, end):
                end += 1
            yield _paragraph(lines[at:end])
        at = end


def _begins_table(lines: Sequence[_Line]) -> bool:
    return len(lines) >= 3 and all(len(line.cells) > 1 and _aligned(lines[0], line) for line in lines[:3])


def _aligned(one: _Line, other: _Line) -> bool:
    """Whether the cells of two lines begin below each other, all but one."""
    if abs(len(one.cells) - len(other.cells)) > 1 or one.page != other.page:
        return False
    near = 3 * one.size
    matched = sum(any(abs(left - each) <= near for each in one.lefts) for left in other.lefts)
    return matched >= max(2, len(other.lefts) - 1)


def _table(lines: Sequence[_Line]) -> Table:
    header, *rows = [tuple(map(flat, line.cells)) for line in lines]
    place = Place(unit="page", first=lines[0].page, last=lines[-1].page)
    return Table(header=header, rows=[Row(cells=row, place=place) for row in rows])


def _parted(lines: Sequence[_Line], at: int) -> bool:
    """Whether a paragraph begins at a line."""
    before, line = lines[at - 1], lines[at]
    if _BULLET.match(line.text) or abs(line.size - before.size) > 0.6:
        return True
    if line.page != before.page:
        return before.text[-1:] in ".!?:" or line.text[:1].isupper()
    pitches = [
        upper.bottom - lower.bottom
        for upper, lower in pairwise(lines[max(at - 4, 0) : at + 4])
        if upper.page == lower.page and upper.bottom > lower.bottom
    ]
    usual = min(pitches) if len(pitches) > 1 else USUAL_PITCH * line.size
    pitch = before.bottom - line.bottom
    return pitch <= 0 or pitch > SPACED * max(usual, line.size)


def _paragraph(lines: Sequence[_Line]) -> Paragraph:
    # PDFium itself puts words together again that a line cut
    text = " ".join(line.text for line in lines)
    return Paragraph(text=text, place=Place(unit="page", first=lines[0].page, last=lines[-1].page))


def _title(document: pypdfium2.PdfDocument, blocks: Sequence[Block]) -> str:
    try:
        own = flat(visible(document.get_metadata_dict().get("Title", "")))
    except (pypdfium2.PdfiumError, UnicodeError):
        own = ""
    if len(own.split()) > 1 and not _FILE_TITLE.match(own):
        return own
    headings = [block for block in blocks[:20] if isinstance(block, Heading)]
    return min(headings, key=lambda heading: heading.level).text if headings else ""
