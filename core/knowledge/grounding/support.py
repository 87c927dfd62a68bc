"""How much of a sentence stands in the passages that it cites, and in which of their sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.knowledge.grounding.claims import Claim
from core.knowledge.grounding.thresholds import Thresholds
from core.knowledge.grounding.wording import HEDGES
from core.language.figures import Figure

BEHIND = 3
"""Sentences of the passages that may stand together behind one sentence of the answer."""

Similarity = Callable[[str, str], float]
"""How alike two texts are, by a sentence encoder: a cosine."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A sentence of a passage, and how much of the claim's words it has."""

    passage: int
    claim: Claim
    overlap: float

    @property
    def rank(self) -> tuple[float, int, str]:
        """Better ones last; the same whatever order the passages came in."""
        return self.overlap, -len(self.claim.content), self.claim.span.text


def overlap(claim: Claim, source: Claim) -> float:
    """Share of its words and figures that the source has."""
    total = len(claim.content) + len(claim.figures)
    if not total:
        return 0.0
    words = sum(has(source, lemma) for lemma in claim.content)
    return (words + sum(states(source, figure) for figure in claim.figures)) / total


def states(source: Claim, figure: Figure) -> bool:
    """Whether a sentence states a figure, however it is spelled."""
    return any(other.states(figure) for other in source.figures)


def has(source: Claim, lemma: str) -> bool:
    """Whether a sentence has a word, or one of its family."""
    if lemma in source.content or lemma in source.words:
        return True
    return len(lemma) > 5 and any(akin(lemma, other) for other in source.content)


def akin(one: str, other: str) -> bool:
    """Of one family: install and installation."""
    shorter = min(len(one), len(other))
    return shorter > 4 and one[: max(5, shorter - 2)] == other[: max(5, shorter - 2)]


def best_sentences(claim: Claim, sources: Sequence[Standing]) -> list[Standing]:
    """The few sentences that together have most of the claim's words, the best first."""
    missing, chosen = set(claim.content), list[Standing]()
    rest = sorted(sources, key=lambda source: source.rank, reverse=True)[:50]
    while rest and len(chosen) < BEHIND:
        gains = [sum(has(source.claim, lemma) for lemma in missing) for source in rest]
        best = max(gains)
        if best == 0:
            break
        source = rest.pop(gains.index(best))
        chosen.append(source)
        missing = {lemma for lemma in missing if not has(source.claim, lemma)}
    return chosen


def support(
    claim: Claim, chosen: Sequence[Standing], similarity: Similarity | None, limits: Thresholds
) -> float:
    """Share of the claim's words and figures that stand in the chosen sentences, 0 to 1."""
    total = len(claim.content) + len(claim.figures)
    if not chosen or not total:
        return 0.0
    missing = {lemma for lemma in claim.content if not any(has(source.claim, lemma) for source in chosen)}
    unsaid = [each for each in claim.figures if not any(states(source.claim, each) for source in chosen)]
    words = 1.0 - (len(missing - HEDGES) + len(unsaid)) / total
    if similarity is None or not limits.likeness:
        return words
    alike = similarity(claim.span.text, " ".join(source.claim.span.text for source in chosen))
    return (1 - limits.likeness) * words + limits.likeness * max(0.0, min(1.0, alike))
