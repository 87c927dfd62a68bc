"""How well a passage fits a question, and from where on it is answered from.

The search's own score orders passages within one search and says nothing across searches. Relevance does: the
share of what the question asks about that stands in the passage, with an encoder blended with the likeness
of their meaning. Its thresholds are calibrated on data, per encoder, and kept in `relevance.json`.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from core.knowledge.passages import Found
from core.language.query import SearchQuery
from core.language.words import each_word

KEPT = Path(__file__).with_name("relevance.json")
"""By the name of the encoder; under the empty name those of words alone."""
_NAME = 2.0
"""What a word of a name counts for, against 1 for any other."""
_STEM, _ENDING = 5, 3
"""Letters from which words that begin alike count as one family; and of an ending: open, opens, opening."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Calibrated numbers; `frontdesk kb eval --calibrate` finds those of a team's own documents."""

    answer: float
    """The least relevance of a passage that is answered from."""
    about: float
    """The least that shows the question to be one for the documents, though they do not answer it."""
    alike: float = 0.0
    """The share of the cosine in the relevance; 0 without an encoder."""
    low: float = 0.2
    """The cosine that counts as not alike at all."""
    high: float = 0.8
    """The cosine that counts as alike as can be."""


@cache
def limits(encoder: str = "", own: Path | None = None) -> Limits:
    """Those for an encoder, by the name of its model; for none, of words alone.

    Args:
        own: where a team keeps those of its own documents, which win.
    """
    for path in (own, KEPT):
        if path is not None and path.is_file():
            kept: Mapping[str, Mapping[str, float]] = json.loads(path.read_text(encoding="utf-8"))
            if encoder in kept:
                return Limits(**kept[encoder])
    return limits()


def keep(found: Limits, encoder: str, path: Path) -> None:
    """Store limits for an encoder, beside those of others."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(kept | {encoder: vars(found)}, indent=2) + "\n", encoding="utf-8")
    limits.cache_clear()


def relevance(query: SearchQuery, found: Found, limits: Limits) -> float:
    """How well a passage fits, 0 to 1."""
    covered = coverage(query, " ".join((found.document.title, *found.passage.headings, found.passage.text)))
    if found.similarity is None or not limits.alike:
        return covered
    alike = (found.similarity - limits.low) / (limits.high - limits.low)
    return (1 - limits.alike) * covered + limits.alike * max(0.0, min(1.0, alike))


def coverage(query: SearchQuery, text: str) -> float:
    """The share of what a question asks about that stands in a text; names count double."""
    weights = wanted(query)
    there = sorted(set(each_word(text)))
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if _is_there(word, there)) / total if total else 0.0


def wanted(query: SearchQuery) -> Mapping[str, float]:
    """The words to be found, each with what it counts for."""
    weights = {word: 1.0 for term in query.terms for word in each_word(term)}
    named = {word for name in query.names for word in each_word(name)}
    return weights | {word: _NAME for word in weights if word in named}


def _is_there(word: str, there: Sequence[str]) -> bool:
    """Whether the word or a form of it is among sorted others; questions may have thousands of words."""
    stem = word[: max(_STEM, len(word) - 2)]
    alike = takewhile(lambda other: other.startswith(stem), there[bisect_left(there, stem) :])
    return any(
        other == word or len(word) >= _STEM or (len(word) >= _ENDING and len(other) <= len(word) + _ENDING)
        for other in alike
    )
