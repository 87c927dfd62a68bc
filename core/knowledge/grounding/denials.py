"""Denials that a claim adds or leaves out, and words that say the opposite of its passage."""

from collections.abc import Sequence, Set

from core.knowledge.grounding.claims import Claim, Denial, canonical
from core.knowledge.grounding.support import Standing, akin
from core.knowledge.grounding.verdict import Fault, Finding
from core.knowledge.grounding.wording import NEGATIVE_PREFIXES, OPPOSITES, RESTRICTIONS

_COPIED = 0.8
"""Share of words in common from which a sentence is a copy of another."""
_NEAR = 0.5
"""Share of the best sentence's overlap that another needs for its denials to count."""


def wrong_denials(claim: Claim, chosen: Sequence[Standing]) -> list[Finding]:
    """Denials on one side that have no counterpart on the other."""
    near = [source.claim for source in chosen if source.overlap >= _NEAR * chosen[0].overlap]
    theirs = [denial for source in near for denial in source.denials]
    ruled_out = [other.reach for other in theirs] + [words for source in near for words in source.excluded]
    for denial in claim.denials:
        if not any(_meet(denial.reach, other) for other in ruled_out) and not _is_denied(denial, chosen):
            return [Finding(fault=Fault.NEGATION, about=" ".join(sorted(denial.core)))]
    for other in theirs:
        meant = bool(other.core) and all(_is_said(claim, lemma) for lemma in other.core)
        kept = any(_meet(other.reach, denial.reach) for denial in claim.denials)
        if meant and not kept and not any(_denied_by(word) & claim.words for word in other.core):
            return [Finding(fault=Fault.NEGATION, about=" ".join(sorted(other.core)))]
    if chosen and _is_copy(claim, chosen[0].claim) and claim.negations != chosen[0].claim.negations:
        return [Finding(fault=Fault.NEGATION, about=claim.span.text)]
    return []


def _meet(one: Set[str], other: Set[str]) -> bool:
    return any(word == theirs or akin(word, theirs) for word in one for theirs in other)


def _is_said(claim: Claim, lemma: str) -> bool:
    return lemma in claim.content or lemma in claim.words


def _is_denied(denial: Denial, chosen: Sequence[Standing]) -> bool:
    """By a word: "unavailable" for what is not available."""
    return any(_denied_by(word) & source.claim.words for word in denial.core for source in chosen)


def _denied_by(word: str) -> Set[str]:
    return {prefix + mark + word for prefix in NEGATIVE_PREFIXES for mark in ("", "-")}


def _is_copy(claim: Claim, source: Claim) -> bool:
    """True where the two have nearly all their words in common: a denial cannot hide in other words."""
    shared = len(claim.content & source.content)
    return shared >= _COPIED * max(len(claim.content), len(source.content), 1)


def opposites(claim: Claim, chosen: Sequence[Standing]) -> list[Finding]:
    """Words of which the best sentence has the opposite, and words that sharpen what no sentence says so."""
    if not chosen:
        return []
    ours, best = claim.free, chosen[0].claim.free
    anywhere = {word for source in chosen for word in source.claim.free}
    denied = {word for each in (claim, chosen[0].claim) for denial in each.denials for word in denial.reach}
    found = []
    for word in sorted(ours - best):
        excluded = OPPOSITES.get(word, frozenset()) | _denied_by(word) | _affirmed_by(word)
        if canonical(word) in denied or any(canonical(other) in denied for other in excluded & best):
            excluded = set[str]()
        sharpened = word in RESTRICTIONS and not RESTRICTIONS[word] & anywhere
        if excluded & best - ours or sharpened:
            found.append(Finding(fault=Fault.OPPOSITE, about=word))
    return found


def _affirmed_by(word: str) -> Set[str]:
    """What an "unused" thing is not."""
    rests = [word.removeprefix(prefix) for prefix in NEGATIVE_PREFIXES if word.startswith(prefix)]
    return {rest for rest in rests if len(rest) > 3}
