"""The grounding check: does an answer stand in the passages that it cites?

It decides before anything is sent, by rules over what the language pipeline found; no model is asked. Each
sentence must cite, and in what it cites there must be

- every number, date, time and code, in the same unit and with the same sign, in the same connection;
- every name, and in the same role;
- every denial, and no denial that the answer leaves out;
- enough of its words: a threshold, calibrated on data and kept in `thresholds.json`.

Positions of citations are ignored within a sentence: each of its citations speaks for all of it.
"""

import asyncio
from collections.abc import Mapping, Sequence

from core.knowledge.grounding.citing import citations_by_sentence, cited_numbers, without_citations
from core.knowledge.grounding.claims import Claim, claims
from core.knowledge.grounding.denials import opposites, wrong_denials
from core.knowledge.grounding.figures import wrong_figures, wrong_names
from core.knowledge.grounding.roles import wrong_roles
from core.knowledge.grounding.support import Similarity, Standing, best_sentences, overlap, support
from core.knowledge.grounding.thresholds import Thresholds, thresholds
from core.knowledge.grounding.verdict import Evidence, Fault, Finding, Judged, Verdict
from core.knowledge.grounding.wording import ASSENT, COURTESY
from core.language.analysis import Analysis, LanguagePipeline

MOST_SENTENCES = 60
"""Of an answer; a longer one is refused."""
MOST_EVIDENCE = 400
"""Sentences of a passage that are looked at; a passage is a few paragraphs."""


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
    cited = {number: passages[number] for number in sorted(cited_numbers(answer) & set(passages))}
    said, *read = await pipeline.analyse([without_citations(answer), *cited.values()], language)
    analyses = dict(zip(cited, read, strict=True))
    limits = limits or thresholds()
    # A long answer over long passages takes seconds: too long for the loop.
    return await asyncio.to_thread(check, answer, said, analyses, similarity=similarity, limits=limits)


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
    cites = citations_by_sentence(answer, sentences)
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
        Standing(passage=number, claim=source, overlap=overlap(claim, source))
        for number in numbers
        for source in read.get(number, ())
    ]
    chosen = best_sentences(claim, sources)
    supported = support(claim, chosen, similarity, limits)
    if sources:
        findings += _faults(claim, sources, chosen, limits)
    if supported < limits.support or not claim.content - ASSENT:
        findings.append(Finding(fault=Fault.WORDS, about=claim.span.text))
    return _judged(
        claim, numbers, support=supported, findings=tuple(dict.fromkeys(findings)), evidence=_evidence(chosen)
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


def _evidence(chosen: Sequence[Standing]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(passage=each.passage, start=each.claim.span.start, end=each.claim.span.end)
        for each in chosen
    )


def _is_courtesy(claim: Claim) -> bool:
    if claim.figures or claim.names or claim.content & ASSENT:
        return False
    return claim.content <= COURTESY


def _faults(
    claim: Claim, sources: Sequence[Standing], chosen: Sequence[Standing], limits: Thresholds
) -> list[Finding]:
    return [
        *wrong_figures(claim, sources, limits),
        *wrong_names(claim, sources, chosen),
        *wrong_roles(claim, chosen),
        *wrong_denials(claim, chosen),
        *opposites(claim, chosen),
    ]
