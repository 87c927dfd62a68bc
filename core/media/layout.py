"""Lines that were read in a picture, put in the order in which a person reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

CELL = 1.5
"""Widths of a gap, in heights of a line, from which it parts two cells of a table."""
LONG = 20
"""Characters from which, on average, lines beside each other are columns of text and not cells."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Words that stand together, and where: pixels from the top left corner."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def laid_out(lines: Sequence[Line]) -> Sequence[Line]:
    """Row by row from the top; ` | ` parts the cells of a row; columns of text follow each other."""
    return [_row(row) for column in _columns(lines) for row in _rows(column)]


def _columns(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Columns of running text, from the left; a table is one."""
    for gutter in sorted({line.right for line in lines}):
        left = [line for line in lines if line.right <= gutter]
        right = [line for line in lines if line.left >= gutter]
        if len(left) + len(right) == len(lines) and _is_text(left) and _is_text(right):
            yield left
            yield from _columns(right)
            return
    yield lines


def _is_text(lines: Sequence[Line]) -> bool:
    return len(lines) >= 3 and mean(len(line.text) for line in lines) >= LONG


def _rows(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    row: list[Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if row and abs(line.middle - mean(each.middle for each in row)) > 0.5 * min(
            line.height, row[0].height
        ):
            yield sorted(row, key=lambda line: line.left)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=lambda line: line.left)


def _row(row: Sequence[Line]) -> Line:
    text, height = row[0].text, median(line.height for line in row)
    for before, line in pairwise(row):
        text += f" | {line.text}" if line.left - before.right > CELL * height else f" {line.text}"
    return Line(
        text=text,
        left=row[0].left,
        right=max(line.right for line in row),
        top=min(line.top for line in row),
        bottom=max(line.bottom for line in row),
    )
