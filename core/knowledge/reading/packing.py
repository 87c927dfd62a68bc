"""Blocks to passages: as much as an encoder takes in, within one section, no sentence cut."""

import math
import re
from collections.abc import Iterator, Sequence

from core.knowledge.passages import Passage
from core.knowledge.reading.blocks import Block, Extract, Heading, Pair, Paragraph, Place, Table
from core.knowledge.reading.cleaning import flat, tidy, visible
from core.language import rules
from core.language.blocks import blocks as paragraphs

MOST = 230
"""Tokens of a passage, about 180 English words: sentence encoders cut off behind 256, headings included."""
ENOUGH = 150
"""Tokens of a passage that takes up no further whole paragraph."""
ROWS = 130
"""Tokens of the rows of a table in one passage: what many rows together mean is near to nothing asked."""
LONGEST = 4_000
"""Characters that no passage exceeds, whatever its words look like."""
HEADINGS = 6
"""Headings kept above a passage, the innermost."""
HEADING = 200
"""Characters of a heading, or of a column's, that are kept."""
TELLING = 4
"""Words of a heading that says something by itself."""
COLUMNS = 60
"""Of a table; what is to the right of them stands in the last."""
_PIECE = re.compile(r"[^\W_]+|[^\w\s]|_")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uac00-\ud7af]")
_LETTERS = 6
"""Letters of a word that is one token of a sentence encoder, by and large."""


def tokens(text: str) -> int:
    """About how many tokens an encoder makes of it."""
    words = _PIECE.findall(text)
    counted = sum(len(word) if _UNSPACED.match(word) else math.ceil(len(word) / _LETTERS) for word in words)
    return counted


def pack(extract: Extract) -> Iterator[Passage]:
    """The passages of a document, in its order."""
    path: list[Heading] = []
    section: list[Block] = []
    for block in [*extract.blocks, None]:
        if block is not None and not isinstance(block, Heading):
            section.append(block)
            continue
        above = [] if block is None else [each for each in path if each.level < block.level]
        if path and not section and len(above) < len(path):
            yield from _alone(path)
        yield from _section(_headings(path), section)
        section = []
        path = above if block is None else [*above, block]


def _alone(path: Sequence[Heading]) -> Iterator[Passage]:
    """A heading with nothing below it, where it is a sentence of its own."""
    *above, heading = path
    text = flat(visible(heading.text))
    if len(text.split()) >= TELLING:
        yield from _prose(_headings(above), [Paragraph(text=text, place=heading.place)])


def _section(headings: tuple[str, ...], section: Sequence[Block]) -> Iterator[Passage]:
    gathered: list[Paragraph] = []
    for block in section:
        match block:
            case Paragraph():
                gathered.append(block)
                continue
            case Table():
                yield from _prose(headings, gathered)
                yield from _table(headings, block)
            case Pair():
                yield from _prose(headings, gathered)
                question = flat(visible(block.question))[:HEADING]
                yield from _prose((*headings, question), [Paragraph(text=block.answer, place=block.place)])
        gathered = []
    yield from _prose(headings, gathered)


def _headings(path: Sequence[Heading]) -> tuple[str, ...]:
    texts = [flat(visible(heading.text))[:HEADING] for heading in path]
    return tuple([text for text in texts if text][-HEADINGS:])


def _prose(headings: tuple[str, ...], found: Sequence[Paragraph]) -> Iterator[Passage]:
    """Paragraphs together, as long as they fit."""
    room = MOST - min(tokens(" ".join(headings)), MOST // 3)
    texts: list[str] = []
    place: Place | None = None
    size = 0
    for text, where in _pieces(found, room):
        need = tokens(text)
        if texts and (size + need > room or size >= ENOUGH or sum(map(len, texts)) + len(text) > LONGEST):
            yield _passage("\n\n".join(texts), headings, place)
            texts, place, size = [], None, 0
        texts.append(text)
        place = where if place is None else place.through(where)
        size += need
    if texts:
        yield _passage("\n\n".join(texts), headings, place)


def _pieces(found: Sequence[Paragraph], room: int) -> Iterator[tuple[str, Place | None]]:
    for paragraph in found:
        text = tidy(visible(paragraph.text))
        if not text:
            continue
        if tokens(text) <= room and len(text) <= LONGEST:
            yield text, paragraph.place
        else:
            for piece in _shorter(text, room):
                yield piece, paragraph.place


def _shorter(text: str, room: int) -> Iterator[str]:
    """A long paragraph in pieces of whole sentences; a sentence that is too long itself, between words."""
    piece, size = "", 0
    for sentence, gap in _sentences(text):
        need = tokens(sentence)
        if piece and (size + need > room or len(piece) + len(sentence) > LONGEST):
            yield piece.strip()
            piece, size = "", 0
        if need > 2 * room or len(sentence) > LONGEST:
            yield from _cut(sentence, room)
            continue
        piece += (gap if piece else "") + sentence
        size += need
    if piece.strip():
        yield piece.strip()


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence with the gap before it."""
    end = 0
    for offset, paragraph in paragraphs(text):
        for span in rules.analyse(paragraph, "").sentences:
            start = offset + span.start
            gap = "\n" if "\n" in text[end:start] else " "
            yield text[start : offset + span.end], gap
            end = offset + span.end


def _cut(sentence: str, room: int) -> Iterator[str]:
    piece: list[str] = []
    size = 0
    for word in sentence.split():
        for part in (word[at : at + LONGEST // 4] for at in range(0, len(word), LONGEST // 4)):
            need = tokens(part)
            if piece and size + need > room:
                yield " ".join(piece)
                piece, size = [], 0
            piece.append(part)
            size += need
    if piece:
        yield " ".join(piece)


def _table(headings: tuple[str, ...], table: Table) -> Iterator[Passage]:
    """Its rows as Markdown, below their header each time."""
    width = min(max([len(table.header), *(len(row.cells) for row in table.rows)], default=0), COLUMNS)
    names = [cell[: max(LONGEST // 4 // width, 10)] for cell in table.header] if width else []
    header = f"{_row(names, width)}\n|{' --- |' * width}"
    gathered: list[str] = []
    place: Place | None = None
    size = 0
    for row in table.rows:
        for cells in _fitting(row.cells):
            text = _row(cells, width)
            need = tokens(text)
            if gathered and size + need > ROWS:
                yield _passage("\n".join([header, *gathered]), headings, place)
                gathered, place, size = [], None, 0
            gathered.append(text)
            place = row.place if place is None else place.through(row.place)
            size += need
    if gathered or any(map(str.strip, names)):
        yield _passage("\n".join([header, *gathered]), headings, place)


def _fitting(cells: Sequence[str]) -> Iterator[Sequence[str]]:
    """The row; a very long one in several that begin with the same first cell."""
    if len(cells) > COLUMNS:
        cells = [*cells[: COLUMNS - 1], " ".join(cells[COLUMNS - 1 :])]
    if sum(map(len, cells)) <= LONGEST // 2:
        yield cells
        return
    first = cells[0][:HEADING]
    for at, cell in enumerate(cells):
        for piece in _shorter(tidy(visible(cell)), MOST):
            filled = [""] * (at + 1)
            filled[0], filled[at] = first, piece
            yield filled


def _row(cells: Sequence[str], width: int) -> str:
    texts = [flat(visible(cell)).replace("|", "\\|") for cell in cells[:width]]
    texts += [""] * (width - len(texts))
    return f"| {' | '.join(texts)} |"


def _passage(text: str, headings: tuple[str, ...], place: Place | None) -> Passage:
    return Passage(text=text, headings=headings, place="" if place is None else str(place))
