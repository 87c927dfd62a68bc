"""Answering in a passage's own words: the few sentences in a row that say most of what was asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.knowledge.passages import Found
from core.knowledge.relevance import coverage
from core.language.analysis import LanguagePipeline, Span
from core.language.query import SearchQuery

SENTENCES = 3
LENGTH = 600
"""Characters of a quotation; a single sentence may be longer, up to twice that."""
_LOOKED_AT = 200
"""Sentences of a passage."""
_EACH = 0.06
"""What a further sentence must add to the share of the question's words."""
_TOO_SHORT = 40
"""Characters below which a sentence says little alone: a heading, the end of a list's lead."""
_FENCE = "```"


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A piece of a passage, verbatim."""

    found: Found
    text: str


async def quote(pipeline: LanguagePipeline, query: SearchQuery, found: Sequence[Found]) -> Sequence[Quote]:
    """The best piece of each passage, in their order."""
    read = await pipeline.analyse([each.passage.text for each in found])
    return [
        Quote(found=each, text=_piece(query, each.passage.text, analysis.sentences[:_LOOKED_AT]))
        for each, analysis in zip(found, read, strict=True)
    ]


def _piece(query: SearchQuery, text: str, sentences: Sequence[Span]) -> str:
    """Of equally good pieces the first."""
    pieces = list(_pieces(text, sentences)) or [text[: 2 * LENGTH]]
    return max(pieces, key=lambda piece: _worth(query, piece))


def _pieces(text: str, sentences: Sequence[Span]) -> Iterator[str]:
    for first, begin in enumerate(sentences):
        for end in sentences[first : first + SENTENCES]:
            if end.end - begin.start > (2 * LENGTH if end is begin else LENGTH):
                break
            if piece := _whole(text, begin.start, end.end).strip():
                yield piece


def _whole(text: str, start: int, end: int) -> str:
    """With the rest of a code block that it ends in, so that what follows is no code."""
    piece = text[start:end]
    if piece.count(_FENCE) % 2 == 0:
        return piece
    closing = text.find(_FENCE, end)
    if 0 <= closing <= start + LENGTH:
        return text[start : closing + len(_FENCE)]
    return piece.replace(_FENCE, "")


def _worth(query: SearchQuery, piece: str) -> float:
    sentences = 1 + sum(piece.count(mark) for mark in (". ", "\n"))
    short = 0.2 if len(piece) < _TOO_SHORT else 0.0
    return coverage(query, piece) - _EACH * min(sentences, SENTENCES) - short
