"""Sentences and words by rules alone, for languages without a model."""

import re

from core.language.analysis import Analysis, Span, Token

_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|\w+(?:[.,]\d+)+|[^\w\s]", re.UNICODE)
_NUMBER = re.compile(r"(?<!\d)\d++(?:[.,:]\d++)+")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s++[^\s\W]|\s*+$)|[。！？]++[」』）]*+")
_ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "etc",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "vs",
        "no",
        "nr",
        "st",
        "ca",
        "approx",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "fig",
        "vol",
        "z.b",
        "d.h",
        "u.a",
        "usw",
        "bzw",
    ]
)


def analyse(text: str, language: str) -> Analysis:
    """Take one paragraph apart."""
    tokens = tuple(
        Token(text=found.group(), start=found.start(), lemma=found.group().casefold())
        for found in _tokens(text)
    )
    return Analysis(
        text=text, language=language, modelled=False, tokens=tokens, sentences=_sentences(text, tokens)
    )


def _tokens(text: str) -> list[re.Match[str]]:
    found, at = [], 0
    while (match := _TOKEN.search(text, at)) is not None:
        match = _NUMBER.match(text, match.start()) or match
        found.append(match)
        at = match.end()
    return found


def _sentences(text: str, tokens: tuple[Token, ...]) -> tuple[Span, ...]:
    ends = [found.end() for found in _END.finditer(text) if not _is_abbreviation(text[: found.start()])]
    spans: list[Span] = []
    first = 0
    for end in [*ends, len(text)]:
        last = first
        while last < len(tokens) and tokens[last].start < end:
            last += 1
        if last > first:
            begin, until = tokens[first].start, tokens[last - 1].end
            spans.append(Span(text=text[begin:until], start=begin, end=until, first=first, last=last))
        first = last
    return tuple(spans)


def _is_abbreviation(before: str) -> bool:
    word = before.rsplit(maxsplit=1)[-1].casefold().lstrip("([\"'") if before.split() else ""
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")
