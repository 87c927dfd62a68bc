"""Answering in a passage's own words: the few sentences in a row that say most of what was asked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.knowledge.passages import Found
from core.knowledge.relevance import coverage
from core.language.analysis import Analysis, LanguagePipeline, Span
from core.language.query import SearchQuery

SENTENCES = 5
LENGTH = 700
"""Characters of a quotation; a single sentence may be longer, up to twice that."""
_LOOKED_AT = 200
"""Sentences of a passage."""
_EACH = 0.03
"""What a further sentence must add to the share of the question's words."""
_TOO_SHORT = 40
"""Characters below which a sentence says little alone: a heading, the end of a list's lead."""
_PROSE = 0.3
"""What it counts for that a piece says something, rather than names it."""
_DEFINITION = 0.2
"""What it counts for that a piece says what something is, where that is asked."""
_WHAT = re.compile(r"\s*(?:what(?:'s|\s+is|\s+are)|define)\b", re.IGNORECASE)
_DEFINES = re.compile(r"\b(?:is|are)\s+(?:an?|the)\b")
_MARKUP = re.compile(r"://|::|^[^\S\n]*+[|.#]|\]\(", re.MULTILINE)
_FENCE = "```"


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A piece of a passage, verbatim."""

    found: Found
    text: str
    worth: float
    """How much it says of what was asked; comparable within one question."""


async def quote(pipeline: LanguagePipeline, query: SearchQuery, found: Sequence[Found]) -> Sequence[Quote]:
    """The best piece of each passage, in their order."""
    read = await pipeline.analyse([each.passage.text for each in found])
    return [_best(query, each, analysis) for each, analysis in zip(found, read, strict=True)]


def _best(query: SearchQuery, found: Found, analysis: Analysis) -> Quote:
    """Of equally good pieces the first."""
    text = found.passage.text
    sentences = analysis.sentences[:_LOOKED_AT]
    prose = [_is_prose(analysis, sentence) for sentence in sentences]
    pieces = list(_pieces(text, sentences, prose)) or [(text[: 2 * LENGTH], 0.0)]
    worths = [_worth(query, *piece) for piece in pieces]
    best = worths.index(max(worths))
    return Quote(found=found, text=pieces[best][0], worth=worths[best])


def _is_prose(analysis: Analysis, sentence: Span) -> bool:
    """Whether it says something: it has a verb, and no address or markup makes up much of it."""
    tokens = analysis.within(sentence)
    has_verb = not analysis.modelled or any(token.part in ("VERB", "AUX") for token in tokens)
    return has_verb and not _MARKUP.search(sentence.text)


def _pieces(text: str, sentences: Sequence[Span], prose: Sequence[bool]) -> Iterator[tuple[str, float]]:
    """Each with the share of its sentences that are prose."""
    for first, begin in enumerate(sentences):
        for last, end in enumerate(sentences[first : first + SENTENCES], first + 1):
            if end.end - begin.start > (2 * LENGTH if end is begin else LENGTH):
                break
            if piece := _whole(text, begin.start, end.end).strip():
                yield piece, sum(prose[first:last]) / (last - first)


def _whole(text: str, start: int, end: int) -> str:
    """With the rest of a code block that it ends in, so that what follows is no code."""
    piece = text[start:end]
    if piece.count(_FENCE) % 2 == 0:
        return piece
    closing = text.find(_FENCE, end)
    if 0 <= closing <= start + LENGTH:
        return text[start : closing + len(_FENCE)]
    return piece.replace(_FENCE, "")


def _worth(query: SearchQuery, piece: str, prose: float) -> float:
    sentences = 1 + sum(piece.count(mark) for mark in (". ", "\n"))
    short = 0.2 if len(piece) < _TOO_SHORT else 0.0
    defines = _DEFINITION if _asks_what_it_is(query) and _DEFINES.search(piece) else 0.0
    return coverage(query, piece) + defines + _PROSE * prose - _EACH * min(sentences, SENTENCES) - short


def _asks_what_it_is(query: SearchQuery) -> bool:
    return _WHAT.match(query.text) is not None
