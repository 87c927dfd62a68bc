"""A text without what could tell of whom it is: names, numbers and addresses replaced by their kind."""

import re
from collections.abc import Collection, Iterator

from core.language.analysis import Analysis
from core.language.figures import find_figures

_KINDS = {"PERSON": "name", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place"}
_ADDRESS = re.compile(
    r"\b\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+|\b(?:https?://|www\.)\S+|(?<!\w)@\w{2,}|\b\w+(?:[-_./\\]\w+)*\d[\w./\\-]*",
    re.ASCII,
)
"""Mailboxes, web pages, handles, and words with digits in them: numbers of orders, versions, paths."""
_CONTACT = re.compile(
    r"\b\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w{2,}"
    r"|[+(]?\b\d(?:[ ./()-]{0,2}\d){6,}\b|\b[A-Z]{2}\d{2}(?: ?\w{4}){3,7}\b"
)
"""Mailboxes, handles, and numbers of seven digits or more: telephones, cards, accounts (IBAN), orders."""


def redacted(text: Analysis, names: Collection[str] = ()) -> str:
    """The text with every address, number and name replaced.

    Without a model, and for words that it takes for none, capitals within a sentence count as a name; a name
    in lower case that the model does not see can get through.

    Args:
        text: taken apart.
        names: in lower case, words that may stay: of the operator's own documents.
    """
    result, end = "", 0
    for start, stop, kind in sorted(_merged(_hidden(text, names))):
        result += f"{text.text[end:start]}[{kind}]"
        end = stop
    return result + text.text[end:]


def anonymous(text: Analysis) -> str:
    """The text without names of people and without what leads to one: mailboxes, handles, long numbers.

    Milder than `redacted`: products, places, dates and prices stay, so that there is something to learn from.
    Without a model, capitals within a sentence count as a name.
    """
    result, end = "", 0
    for start, stop, kind in sorted(_merged(_personal(text))):
        result += f"{text.text[end:start]}[{kind}]"
        end = stop
    return result + text.text[end:]


def _personal(text: Analysis) -> Iterator[tuple[int, int, str]]:
    for found in _CONTACT.finditer(text.text):
        yield found.start(), found.end(), "number" if found[0][0] in "+(0123456789" else "address"
    if not text.modelled:
        yield from ((start, stop, kind) for start, stop, kind in _hidden(text, ()) if kind == "name")
    for entity in text.entities:
        if entity.kind in ("PERSON", "PER"):
            yield entity.start, entity.end, "name"


def _merged(spans: Iterator[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Without overlaps: what begins first, and is longer, wins; neighbours of one kind become one."""
    kept: list[tuple[int, int, str]] = []
    for start, stop, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(stop, kept[-1][1]), kept[-1][2])
        elif kept and start == kept[-1][1] + 1 and kind == kept[-1][2]:
            kept[-1] = (kept[-1][0], stop, kind)
        else:
            kept.append((start, stop, kind))
    return kept


def _hidden(text: Analysis, names: Collection[str]) -> Iterator[tuple[int, int, str]]:
    for found in _ADDRESS.finditer(text.text):
        yield found.start(), found.end(), "number" if found[0][0].isdigit() else "address"
    for figure in find_figures(text.text[:4_000]):
        yield figure.start, figure.end, "number"
    for entity in text.entities:
        kind = _KINDS.get(entity.kind)
        words = {token.text.casefold() for token in text.within(entity)}
        if kind and (kind == "name" or not words <= set(names)):
            yield entity.start, entity.end, kind
    begins = {sentence.first for sentence in text.sentences}
    for index, token in enumerate(text.tokens):
        capital = token.text[:1].isupper() and token.text != "I"
        is_name = token.part == "PROPN" or (capital and index not in begins)
        if is_name and any(map(str.isalnum, token.text)) and token.text.casefold() not in names:
            yield token.start, token.end, "name"
