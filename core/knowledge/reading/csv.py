"""Tables of separated values; those with a question and an answer are an FAQ."""

import csv
import io
from collections.abc import Iterator

from core.errors import Unreadable
from core.knowledge.reading.blocks import Block, Extract, Pair, Place, Row, Table
from core.knowledge.reading.decoding import decoded
from core.knowledge.reading.faq import ANSWERS, QUESTIONS, of

SAMPLE = 20_000
"""Characters by which the separator is told."""
LONGEST_CELL = 1_000_000


def read(content: bytes) -> Extract:
    """Read a table whose first row names its columns.

    Raises:
        Unreadable: it is no such table.
    """
    text = decoded(content)
    csv.field_size_limit(LONGEST_CELL)
    try:
        rows = [
            (number, row)
            for number, row in enumerate(
                csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)), 1
            )
            if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise Unreadable(f"is no table of separated values: {error}") from None
    if len(rows) < 2:
        raise Unreadable("has no rows below its header")
    (_, header), *body = rows
    names = [name.strip().casefold() for name in header]
    if QUESTIONS & set(names) and ANSWERS & set(names):
        return Extract(blocks=list(_pairs(names, body)))
    blocks: list[Block] = [
        Table(
            header=tuple(header),
            rows=[
                Row(cells=tuple(row), place=Place(unit="row", first=number, last=number))
                for number, row in body
            ],
        )
    ]
    return Extract(blocks=blocks)


def _separator(text: str) -> str:
    first = text[:SAMPLE].partition("\n")[0]
    return max(",;\t|", key=first.count)


def _pairs(names: list[str], body: list[tuple[int, list[str]]]) -> Iterator[Pair]:
    for number, row in body:
        texts = dict(zip(names, row, strict=False))
        question, answer = of(texts, QUESTIONS), of(texts, ANSWERS)
        if question and answer:
            yield Pair(question=question, answer=answer, place=Place(unit="row", first=number, last=number))
