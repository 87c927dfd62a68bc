"""Cutting a text into pieces that no sentence runs across, so that work and memory stay bounded."""

import re
from collections.abc import Iterator

LONGEST = 4_000
"""Characters that are analysed in one go; longer paragraphs are cut at a gap between words."""
_OPENS = re.compile(r"\s*(?:[-*+•‣–]\s|\d{1,3}[.)]\s|#|\||>)")
"""A line that begins something of its own: an item of a list, a heading, a row of a table, a quotation."""
_CLOSES = re.compile(r"\s*[#|]")
"""A line that ends with itself: a heading, a row of a table."""


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, items, headings and rows, each with the offset at which it begins.

    Breaks within a paragraph become spaces, so that offsets hold.
    """
    begin = end = 0
    closed = False
    for line in text.splitlines(keepends=True):
        if closed or not line.strip() or _OPENS.match(line):
            yield from _cut(text, begin, end)
            begin = end
        end += len(line)
        closed = not line.strip() or _CLOSES.match(line) is not None
    yield from _cut(text, begin, end)


def _cut(text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    while end - begin > LONGEST:
        gap = max(text.rfind(" ", begin, begin + LONGEST), text.rfind("\n", begin, begin + LONGEST))
        middle = gap + 1 if gap > begin else begin + LONGEST
        yield begin, _flat(text[begin:middle])
        begin = middle
    if text[begin:end].strip():
        yield begin, _flat(text[begin:end])


def _flat(piece: str) -> str:
    """Without breaks, and without halves of characters, which are no text (lone surrogates)."""
    spaced = re.sub(r"[\s\0]", " ", piece)
    return re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", spaced)
