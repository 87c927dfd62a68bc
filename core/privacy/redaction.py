"""The one place where a text loses what tells of whom it is: every finding is replaced by its kind."""

import re
from collections.abc import Collection, Iterable, Iterator

from core.language.analysis import Analysis
from core.language.figures import find_figures
from core.privacy.detection.detector import Reading
from core.privacy.detection.finding import Finding, Kind

RULED = ("en", "de", "es")
"""Languages for which there are rules for names."""
_KINDS = {"PERSON": "name", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place"}
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|(?<!\w[-./\\])\b\w(?:[^\W\d]|[-./\\]\w)*+\d[\w./\\-]*+", re.ASCII
)
"""Web pages, and words with digits in them: numbers of orders, versions, paths."""
_LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[ ./()-]{0,2}\d){6,}\b")
"""Numbers of seven digits or more, of which nobody knows what they are: customers, orders."""

_Span = tuple[int, int, str]


def redacted(text: Reading, names: Collection[str] = ()) -> str:
    """The text with every address, number and name replaced, and all that could be one.

    Without a model, and for words that it takes for none, capitals within a sentence count as a name; a name
    in lower case that the model does not see can get through.

    Args:
        names: in lower case, words that may stay: of the operator's own documents.
    """
    return _replaced(text.text, (*_strict(text, names), *_guessed(text.analysis, names)))


def anonymous(text: Reading) -> str:
    """The text without names of people and without what leads to one.

    Milder than `redacted`: products, places, dates and prices stay, so that there is something to learn from.
    In languages without rules and without a model, capitals within a sentence count as a name.
    """
    found = [*_spans(each for each in text.findings if each.kind is not Kind.PLACE)]
    found += [(*each.span(), "number") for each in _LONG_NUMBER.finditer(text.text)]
    if not text.analysis.modelled and text.analysis.language not in RULED:
        found += _capitals(text.analysis, ())
    return _replaced(text.text, found)


def masked(text: Reading, kinds: Collection[Kind]) -> str:
    """The text without findings of these kinds."""
    return _replaced(text.text, _spans(each for each in text.findings if each.kind in kinds))


def _replaced(text: str, spans: Iterable[_Span]) -> str:
    result, end = "", 0
    for start, stop, kind in _merged(spans):
        result += f"{text[end:start]}[{kind}]"
        end = stop
    return result + text[end:]


def _spans(findings: Iterable[Finding]) -> Iterator[_Span]:
    for each in findings:
        yield each.start, each.end, each.kind


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """Without overlaps: what begins first, and is longer, wins; neighbours of one kind become one."""
    kept: list[_Span] = []
    for start, stop, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(stop, kept[-1][1]), kept[-1][2])
        elif kept and start == kept[-1][1] + 1 and kind == kept[-1][2]:
            kept[-1] = (kept[-1][0], stop, kind)
        else:
            kept.append((start, stop, kind))
    return kept


def _strict(text: Reading, names: Collection[str]) -> Iterator[_Span]:
    """What was found, save places of the operator's own documents."""
    for each in text.findings:
        words = set(text.text[each.start : each.end].casefold().split())
        if each.kind is not Kind.PLACE or not words <= set(names):
            yield each.start, each.end, each.kind


def _guessed(text: Analysis, names: Collection[str]) -> Iterator[_Span]:
    """What could be an address, a number or a name."""
    for found in _ADDRESS.finditer(text.text):
        yield found.start(), found.end(), "number" if found[0][0].isdigit() else "address"
    for figure in find_figures(text.text[:4_000]):
        yield figure.start, figure.end, "number"
    for entity in text.entities:
        kind = _KINDS.get(entity.kind)
        words = {token.text.casefold() for token in text.within(entity)}
        if kind and (kind == "name" or not words <= set(names)):
            yield entity.start, entity.end, kind
    yield from _capitals(text, names)


def _capitals(text: Analysis, names: Collection[str]) -> Iterator[_Span]:
    begins = {sentence.first for sentence in text.sentences}
    for index, token in enumerate(text.tokens):
        capital = token.text[:1].isupper() and token.text != "I"
        is_name = token.part == "PROPN" or (capital and index not in begins)
        if is_name and any(map(str.isalnum, token.text)) and token.text.casefold() not in names:
            yield token.start, token.end, "name"
