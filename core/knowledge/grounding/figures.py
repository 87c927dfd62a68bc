"""Figures and names of a claim that its passages do not have, or have in another connection."""

from collections.abc import Mapping, Sequence, Set

from core.knowledge.grounding.claims import Claim, Name
from core.knowledge.grounding.support import Standing
from core.knowledge.grounding.thresholds import Thresholds
from core.knowledge.grounding.verdict import Fault, Finding
from core.language.figures import Figure, Kind

_NEARBY = 80
"""Characters around a figure in which its connection is looked for."""


def wrong_figures(claim: Claim, sources: Sequence[Standing], limits: Thresholds) -> list[Finding]:
    """Figures that stand nowhere, or only in another connection, where a different one stands in this."""
    findings = []
    for figure in claim.figures:
        right, wrong, home = -1.0, -1.0, None
        for source in sorted(sources, key=lambda source: source.rank):
            for other in source.claim.figures:
                fit = _fits(claim, figure, source, other)
                if other.states(figure) and fit >= right:
                    right, home = fit, source
                elif other.comparable(figure) and not other.states(figure):
                    wrong = max(wrong, fit)
        if home is None or wrong > right + limits.margin:
            is_date = figure.kind in (Kind.DATE, Kind.TIME)
            findings.append(Finding(fault=Fault.DATE if is_date else Fault.NUMBER, about=figure.text))
        else:
            findings += (
                Finding(fault=Fault.NAME, about=name.text)
                for name in claim.names
                if is_other(name, claim, home)
            )
    return findings


def _fits(claim: Claim, figure: Figure, source: Standing, other: Figure) -> float:
    """How well the surroundings of two figures agree, 0 to 2: the sentences, and the words close by."""
    ours, theirs = _nearby(claim, figure), _nearby(source.claim, other)
    total = sum(ours.values())
    shared = sum(min(weight, theirs.get(lemma, 0.0)) for lemma, weight in ours.items())
    return source.overlap + (shared / total if total else 0.0)


def _nearby(claim: Claim, figure: Figure) -> Mapping[str, float]:
    """The words around a figure, the closer the heavier."""
    found: dict[str, float] = {}
    for start, lemma in claim.places:
        distance = figure.start - start if start < figure.start else start - figure.end
        if 0 <= distance <= _NEARBY:
            found[lemma] = max(found.get(lemma, 0.0), 1.0 / (1.0 + distance / 10.0))
    return found


def wrong_names(claim: Claim, sources: Sequence[Standing], chosen: Sequence[Standing]) -> list[Finding]:
    known = {word for source in sources for word in source.claim.words}
    initials = {"".join(word[0] for word in name.words) for source in sources for name in source.claim.names}
    findings = []
    for name in claim.names:
        missing = [word for word in name.words if not _known(word, known, initials)]
        if missing or (chosen and is_other(name, claim, chosen[0])):
            findings.append(Finding(fault=Fault.NAME, about=name.text))
    return findings


def _known(word: str, known: Set[str], initials: Set[str]) -> bool:
    return word in known or word in initials or all(part in known for part in word.split("-"))


def is_other(name: Name, claim: Claim, source: Standing) -> bool:
    """True where the source has, in place of this name, another of its kind that the claim does not have."""
    if all(word in source.claim.words for word in name.words):
        return False
    return any(
        set(other.words) - claim.words and (other.kind == name.kind or "" in (other.kind, name.kind))
        for other in source.claim.names
    )
