"""The grounding check: does an answer stand in the passages that it cites?

It decides before anything is sent, by rules over what the language pipeline found; no model is asked. Each
sentence must cite, and in what it cites there must be

- every number, date, time and code, in the same unit and with the same sign, in the same connection;
- every name, and in the same role;
- every denial, and no denial that the answer leaves out;
- enough of its words: a threshold, calibrated on data and kept in `grounding.json`.

Positions of citations are ignored within a sentence: each of its citations speaks for all of it.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from core.knowledge.claims import Claim, Denial, Doing, Name, canonical, claims
from core.knowledge.wording import ASSENT, COURTESY, HEDGES, NEGATIVE_PREFIXES, OPPOSITES, RESTRICTIONS
from core.language.analysis import Analysis, LanguagePipeline
from core.language.figures import Figure, Kind

MOST_SENTENCES = 60
"""Of an answer; a longer one is refused."""
MOST_EVIDENCE = 400
"""Sentences of a passage that are looked at; a passage is a few paragraphs."""
BEHIND = 3
"""Sentences of the passages that may stand together behind one sentence of the answer."""
_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()")
_MARKS = re.compile(r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}")
_NUMBERED = re.compile(r"^(\s{0,3})\d{1,2}[.)](?=\s)", re.MULTILINE)
_COPIED = 0.8
"""Share of words in common from which a sentence is a copy of another."""
_NEAR = 0.5
"""Share of the best sentence's overlap that another needs for its denials to count."""
_NEARBY = 80
"""Characters around a figure in which its connection is looked for."""

Similarity = Callable[[str, str], float]
"""How alike two texts are, by a sentence encoder: a cosine."""


class Fault(StrEnum):
    """Why a sentence is not supported."""

    UNCITED = "uncited"
    UNKNOWN_CITATION = "unknown citation"
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    ROLE = "role"
    """Who does what to whom is turned round."""
    NEGATION = "negation"
    OPPOSITE = "opposite"
    """The passage says the opposite word, or not the word that sharpens the claim ("only")."""
    WORDS = "words"
    """Too little of it stands in what it cites."""
    TOO_LONG = "too long"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One reason, and the piece of the answer that it is about."""

    fault: Fault
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A sentence of a passage that stands behind a sentence of the answer."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A sentence of the answer, and whether it is supported."""

    start: int
    end: int
    factual: bool
    """False for courtesy, which needs no support."""
    citations: tuple[int, ...]
    support: float
    """Share of its words that stand in its evidence, 0 to 1; with an encoder, blended with the likeness."""
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]

    @property
    def supported(self) -> bool:
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of a whole answer."""

    sentences: tuple[Judged, ...]

    @property
    def supported(self) -> bool:
        """True when every sentence is, and at least one says something."""
        return all(each.supported for each in self.sentences) and any(each.factual for each in self.sentences)

    @property
    def support(self) -> float:
        """The least of its sentences; 0 where nothing was said."""
        return min((each.support for each in self.sentences if each.factual), default=0.0)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every reason once."""
        return tuple(dict.fromkeys(found.fault for each in self.sentences for found in each.findings))


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Calibrated numbers; `make bench-kb` prints what they achieve."""

    support: float
    """The least support of a sentence."""
    margin: float
    """By how much better than the right number or name a wrong one must fit to count as confused."""
    likeness: float = 0.0
    """The share of the encoder's cosine in the support; 0 without an encoder."""


@cache
def thresholds(encoder: str = "") -> Thresholds:
    """Those for an encoder, by the name of its model; for none, of words alone."""
    kept = json.loads(Path(__file__).with_name("grounding.json").read_text(encoding="utf-8"))
    return Thresholds(**kept["thresholds"].get(encoder, kept["thresholds"][""]))


async def ground(
    pipeline: LanguagePipeline,
    answer: str,
    passages: Mapping[int, str],
    *,
    language: str = "",
    similarity: Similarity | None = None,
    limits: Thresholds | None = None,
) -> Verdict:
    """Take the answer and its passages apart, then `check`, off the event loop.

    Args:
        answer: Markdown, with citations such as [1] or [1, 3].
        passages: by the number under which the answer cites them.
        language: of the answer and the passages, where it is known.
        similarity: an encoder's, if there is one; called on another thread.
        limits: other thresholds than those for words alone.
    """
    cited = {number: passages[number] for number in sorted(_cited(answer) & set(passages))}
    said, *read = await pipeline.analyse([without_citations(answer), *cited.values()], language)
    analyses = dict(zip(cited, read, strict=True))
    limits = limits or thresholds()
    # A long answer over long passages takes seconds: too long for the loop.
    return await asyncio.to_thread(check, answer, said, analyses, similarity=similarity, limits=limits)


def without_citations(answer: str) -> str:
    """The answer with citations, emphasis and numbers of items blanked out, every character at its place."""
    return _MARKS.sub(_blank, _CITATION.sub(_blank, _NUMBERED.sub(_as_item, answer)))


def _as_item(found: re.Match[str]) -> str:
    """A dash in place of the number, which is none of the claim's."""
    return found[1] + "-".ljust(len(found.group()) - len(found[1]))


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())


def check(
    answer: str,
    said: Analysis,
    passages: Mapping[int, Analysis],
    *,
    similarity: Similarity | None = None,
    limits: Thresholds,
) -> Verdict:
    """Judge an answer; the order of the passages does not matter.

    Args:
        answer: as `ground` takes it.
        said: the analysis of `without_citations(answer)`.
        passages: the analyses of at least the passages that it cites, by their numbers.
    """
    read = {number: claims(analysis, MOST_EVIDENCE) for number, analysis in passages.items()}
    sentences = claims(said, MOST_SENTENCES)
    cites = _citations(answer, sentences)
    judged = [
        _judge(claim, numbers, read, similarity, limits)
        for claim, numbers in zip(sentences, cites, strict=True)
    ]
    if len(said.sentences) > MOST_SENTENCES:
        judged.append(_too_long(said))
    return Verdict(sentences=tuple(judged))


def _too_long(said: Analysis) -> Judged:
    start, end = said.sentences[MOST_SENTENCES].start, said.sentences[-1].end
    return Judged(
        start=start,
        end=end,
        factual=True,
        citations=(),
        support=0.0,
        findings=(Finding(fault=Fault.TOO_LONG),),
        evidence=(),
    )


def _cited(answer: str) -> Set[int]:
    return {int(number) for found in _CITATION.finditer(answer) for number in found[1].split(",")}


def _citations(answer: str, sentences: Sequence[Claim]) -> list[tuple[int, ...]]:
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


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A sentence of a passage, and how much of the claim's words it has."""

    passage: int
    claim: Claim
    overlap: float

    @property
    def rank(self) -> tuple[float, int, str]:
        """Better ones last; the same whatever order the passages came in."""
        return self.overlap, -len(self.claim.content), self.claim.span.text


def _judge(
    claim: Claim,
    numbers: tuple[int, ...],
    read: Mapping[int, Sequence[Claim]],
    similarity: Similarity | None,
    limits: Thresholds,
) -> Judged:
    if _is_courtesy(claim):
        return _judged(claim, numbers, factual=False, support=1.0)
    findings: list[Finding] = []
    if not numbers:
        findings.append(Finding(fault=Fault.UNCITED, about=claim.span.text))
    findings += (
        Finding(fault=Fault.UNKNOWN_CITATION, about=f"[{number}]") for number in numbers if number not in read
    )
    sources = [
        _Source(passage=number, claim=source, overlap=_overlap(claim, source))
        for number in numbers
        for source in read.get(number, ())
    ]
    chosen = _chosen(claim, sources)
    support = _support(claim, chosen, similarity, limits)
    if sources:
        findings += _faults(claim, sources, chosen, limits)
    if support < limits.support or not claim.content - ASSENT:
        findings.append(Finding(fault=Fault.WORDS, about=claim.span.text))
    return _judged(
        claim, numbers, support=support, findings=tuple(dict.fromkeys(findings)), evidence=_evidence(chosen)
    )


def _judged(
    claim: Claim,
    numbers: tuple[int, ...],
    *,
    support: float,
    factual: bool = True,
    findings: tuple[Finding, ...] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Judged:
    return Judged(
        start=claim.span.start,
        end=claim.span.end,
        factual=factual,
        citations=numbers,
        support=support,
        findings=findings,
        evidence=evidence,
    )


def _evidence(chosen: Sequence[_Source]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(passage=each.passage, start=each.claim.span.start, end=each.claim.span.end)
        for each in chosen
    )


def _is_courtesy(claim: Claim) -> bool:
    if claim.figures or claim.names or claim.content & ASSENT:
        return False
    return claim.content <= COURTESY


def _overlap(claim: Claim, source: Claim) -> float:
    """Share of its words and figures that the source has."""
    total = len(claim.content) + len(claim.figures)
    if not total:
        return 0.0
    words = sum(_has(source, lemma) for lemma in claim.content)
    return (words + sum(_states(source, figure) for figure in claim.figures)) / total


def _states(source: Claim, figure: Figure) -> bool:
    return any(other.states(figure) for other in source.figures)


def _has(source: Claim, lemma: str) -> bool:
    if lemma in source.content or lemma in source.words:
        return True
    return len(lemma) > 5 and any(_akin(lemma, other) for other in source.content)


def _akin(one: str, other: str) -> bool:
    """Of one family: install and installation."""
    shorter = min(len(one), len(other))
    return shorter > 4 and one[: max(5, shorter - 2)] == other[: max(5, shorter - 2)]


def _chosen(claim: Claim, sources: Sequence[_Source]) -> list[_Source]:
    """The few sentences that together have most of the claim's words, the best first."""
    missing, chosen = set(claim.content), list[_Source]()
    rest = sorted(sources, key=lambda source: source.rank, reverse=True)[:50]
    while rest and len(chosen) < BEHIND:
        gains = [sum(_has(source.claim, lemma) for lemma in missing) for source in rest]
        best = max(gains)
        if best == 0:
            break
        source = rest.pop(gains.index(best))
        chosen.append(source)
        missing = {lemma for lemma in missing if not _has(source.claim, lemma)}
    return chosen


def _support(
    claim: Claim, chosen: Sequence[_Source], similarity: Similarity | None, limits: Thresholds
) -> float:
    total = len(claim.content) + len(claim.figures)
    if not chosen or not total:
        return 0.0
    missing = {lemma for lemma in claim.content if not any(_has(source.claim, lemma) for source in chosen)}
    unsaid = [each for each in claim.figures if not any(_states(source.claim, each) for source in chosen)]
    words = 1.0 - (len(missing - HEDGES) + len(unsaid)) / total
    if similarity is None or not limits.likeness:
        return words
    alike = similarity(claim.span.text, " ".join(source.claim.span.text for source in chosen))
    return (1 - limits.likeness) * words + limits.likeness * max(0.0, min(1.0, alike))


def _faults(
    claim: Claim, sources: Sequence[_Source], chosen: Sequence[_Source], limits: Thresholds
) -> list[Finding]:
    return [
        *_figures(claim, sources, limits),
        *_names(claim, sources, chosen),
        *_roles(claim, chosen),
        *_denials(claim, chosen),
        *_opposites(claim, chosen),
    ]


def _figures(claim: Claim, sources: Sequence[_Source], limits: Thresholds) -> list[Finding]:
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
                if _is_other(name, claim, home)
            )
    return findings


def _fits(claim: Claim, figure: Figure, source: _Source, other: Figure) -> float:
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


def _names(claim: Claim, sources: Sequence[_Source], chosen: Sequence[_Source]) -> list[Finding]:
    known = {word for source in sources for word in source.claim.words}
    initials = {"".join(word[0] for word in name.words) for source in sources for name in source.claim.names}
    findings = []
    for name in claim.names:
        missing = [word for word in name.words if not _known(word, known, initials)]
        if missing or (chosen and _is_other(name, claim, chosen[0])):
            findings.append(Finding(fault=Fault.NAME, about=name.text))
    return findings


def _known(word: str, known: Set[str], initials: Set[str]) -> bool:
    return word in known or word in initials or all(part in known for part in word.split("-"))


def _is_other(name: Name, claim: Claim, source: _Source) -> bool:
    """True where the source has, in place of this name, another of its kind that the claim does not have."""
    if all(word in source.claim.words for word in name.words):
        return False
    return any(
        set(other.words) - claim.words and (other.kind == name.kind or "" in (other.kind, name.kind))
        for other in source.claim.names
    )


def _roles(claim: Claim, chosen: Sequence[_Source]) -> list[Finding]:
    """Who does what to whom, where the passage has others in these roles."""
    theirs = [doing for source in chosen for doing in source.claim.doings]
    return [
        Finding(fault=Fault.ROLE, about=doing.does) for doing in claim.doings if _is_turned(doing, theirs)
    ]


def _is_turned(doing: Doing, theirs: Sequence[Doing]) -> bool:
    same = [each for each in theirs if each.does == doing.does]
    if any(_agree(doing.who, each.who) and _agree(doing.whom, each.whom) for each in same):
        return False
    if any(_are_one(doing.who, each.whom) or _are_one(doing.whom, each.who) for each in same):
        return True
    elsewhere = any(_are_one(doing.who, each.who) or _are_one(doing.who, each.whom) for each in theirs)
    if elsewhere and any(_are_one(doing.whom, each.whom) and each.who for each in same):
        return True
    undone = [each for each in theirs if each.does != doing.does and _agree(doing.who, each.who)]
    others = any(_are_one(doing.whom, each.whom) for each in undone)
    return others and any(_are_one(doing.who, each.who) and each.whom for each in same)


def _agree(one: Set[str], other: Set[str]) -> bool:
    return not one or not other or one <= other or other <= one


def _are_one(one: Set[str], other: Set[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)


def _denials(claim: Claim, chosen: Sequence[_Source]) -> list[Finding]:
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
    return any(word == theirs or _akin(word, theirs) for word in one for theirs in other)


def _is_said(claim: Claim, lemma: str) -> bool:
    return lemma in claim.content or lemma in claim.words


def _is_denied(denial: Denial, chosen: Sequence[_Source]) -> bool:
    """By a word: "unavailable" for what is not available."""
    return any(_denied_by(word) & source.claim.words for word in denial.core for source in chosen)


def _denied_by(word: str) -> Set[str]:
    return {prefix + mark + word for prefix in NEGATIVE_PREFIXES for mark in ("", "-")}


def _is_copy(claim: Claim, source: Claim) -> bool:
    """True where the two have nearly all their words in common: a denial cannot hide in other words."""
    shared = len(claim.content & source.content)
    return shared >= _COPIED * max(len(claim.content), len(source.content), 1)


def _opposites(claim: Claim, chosen: Sequence[_Source]) -> list[Finding]:
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
