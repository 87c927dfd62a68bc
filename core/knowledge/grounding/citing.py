"""Citations in an answer: which passages a sentence names, and the answer without them."""

import re
from collections.abc import Sequence, Set

from core.knowledge.grounding.claims import Claim

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()")
_MARKS = re.compile(r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}")
_NUMBERED = re.compile(r"^(\s{0,3})\d{1,2}[.)](?=\s)", re.MULTILINE)


def without_citations(answer: str) -> str:
    """The answer with citations, emphasis and numbers of items blanked out, every character at its place."""
    return _MARKS.sub(_blank, _CITATION.sub(_blank, _NUMBERED.sub(_as_item, answer)))


def _as_item(found: re.Match[str]) -> str:
    """A dash in place of the number, which is none of the claim's."""
    return found[1] + "-".ljust(len(found.group()) - len(found[1]))


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())


def cited_numbers(answer: str) -> Set[int]:
    """The numbers of all passages that an answer cites."""
    return {int(number) for found in _CITATION.finditer(answer) for number in found[1].split(",")}


def citations_by_sentence(answer: str, sentences: Sequence[Claim]) -> list[tuple[int, ...]]:
    """Of each sentence: those within it, and those after it on the same line."""
    cites: list[list[int]] = [[] for _ in sentences]
    for found in _CITATION.finditer(answer):
        before = [place for place, claim in enumerate(sentences) if claim.span.start <= found.start()]
        place = before[-1] if before else 0
        if before and sentences[place].span.end <= found.start():
            between = answer[sentences[place].span.end : found.start()]
            if "\n" in between and place + 1 < len(sentences):
                place += 1
        if sentences:
            cites[place] += (int(number) for number in found[1].split(","))
    return [tuple(dict.fromkeys(each)) for each in cites]
