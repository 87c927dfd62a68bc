"""Two models side by side, measure by measure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import fmean

import numpy as np

from core.engine.types import Score
from core.fairness.stereotypes import Weighed
from core.fairness.swaying import Swayed
from core.learning.evaluation.measuring import Measured, Tried
from core.learning.evaluation.statistics import (
    Interval,
    geometric_ratio,
    interval,
    margin,
    odds_ratios,
    perplexity_ratio,
    share_difference,
)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One thing that was measured of both."""

    name: str
    """As the gate is called."""
    serving: float
    candidate: float
    change: Interval
    """The ratio of the two where `ratio`, else candidate less serving."""
    ratio: bool
    examples: int
    where: str = ""
    """In which of several comparisons, where the worst of them stands for all."""
    margin: float = 1.0
    """Of `sway`: how many times its limit a change must be to be refused in four of five evaluations, in
    whichever comparison."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A candidate against the model that answered at that time."""

    candidate: str
    """NAME@VERSION."""
    serving: str
    dataset: str
    """NAME@HASH."""
    measures: tuple[Measure, ...]
    first_token_seconds: tuple[float, float]
    """Of the serving model, of the candidate."""
    megabytes: tuple[float, float]
    created: datetime


def compare(dataset: str, serving: Measured, candidate: Measured) -> Comparison:
    """Compare two models that were tried on the same examples."""
    tried = list(zip(serving.tried, candidate.tried, strict=True))
    groups = [ours.group for ours, _ in tried]
    right = ([ours.right for ours, _ in tried], [theirs.right for _, theirs in tried])
    each_alone = [str(number) for number in range(len(serving.general))]
    measures = [
        _perplexity("perplexity", *right, groups),
        _perplexity("general_perplexity", serving.general, candidate.general, each_alone),
        _sway(serving.swayed, candidate.swayed),
        _cliches(serving.cliches, candidate.cliches),
    ]
    shares: tuple[tuple[str, Callable[[Tried], bool | None]], ...] = (
        ("exact", lambda each: each.exact),
        ("format", lambda each: each.formatted),
        ("preference", lambda each: each.preferred),
        ("contrast", lambda each: each.apart),
    )
    for name, of in shares:
        measures += _share(name, [(of(ours), of(theirs), ours.group) for ours, theirs in tried])
    speeds = (serving.tokens_per_second, candidate.tokens_per_second)
    faster = speeds[1] / speeds[0] if speeds[0] else 1.0
    measures.append(
        Measure(
            name="speed",
            serving=speeds[0],
            candidate=speeds[1],
            change=Interval(value=faster, low=faster, high=faster),
            ratio=True,
            examples=len(tried),
        )
    )
    return Comparison(
        candidate=candidate.model,
        serving=serving.model,
        dataset=dataset,
        measures=tuple(measures),
        first_token_seconds=(serving.first_token_seconds, candidate.first_token_seconds),
        megabytes=(serving.bytes / 1e6, candidate.bytes / 1e6),
        created=datetime.now(UTC),
    )


def _perplexity(
    name: str, serving: Sequence[Score], candidate: Sequence[Score], groups: Sequence[str]
) -> Measure:
    quantities = [
        (ours.log_probability, ours.tokens, theirs.log_probability, theirs.tokens)
        for ours, theirs in zip(serving, candidate, strict=True)
    ]
    return Measure(
        name=name,
        serving=_perplexity_of(serving),
        candidate=_perplexity_of(candidate),
        change=interval(quantities, groups, perplexity_ratio),
        ratio=True,
        examples=len(quantities),
    )


def _perplexity_of(scores: Sequence[Score]) -> float:
    return math.exp(-sum(each.log_probability for each in scores) / sum(each.tokens for each in scores))


def _sway(serving: Sequence[Swayed], candidate: Sequence[Swayed]) -> Measure:
    """Where the candidate treats groups most certainly less alike than the serving model does."""
    sorted_out: dict[str, list[tuple[Swayed, Swayed]]] = {}
    for ours, theirs in zip(serving, candidate, strict=True):
        sorted_out.setdefault(f"{ours.dimension}, {ours.language}", []).append((ours, theirs))
    measures = [_swayed(where, pairs, len(sorted_out)) for where, pairs in sorted_out.items()]
    worst = max(measures, key=lambda each: each.change.low)
    return replace(worst, margin=max(margin(each.change, len(sorted_out)) for each in measures))


def _swayed(where: str, pairs: Sequence[tuple[Swayed, Swayed]], together: int) -> Measure:
    rows = [[*ours.log_odds.values(), *theirs.log_odds.values(), 1.0] for ours, theirs in pairs]
    ours, theirs = np.split(np.mean(rows, axis=0)[:-1], 2)
    return Measure(
        name="sway",
        serving=float(np.exp(np.ptp(ours))),
        candidate=float(np.exp(np.ptp(theirs))),
        change=interval(rows, [each.request for each, _ in pairs], odds_ratios, together=together),
        ratio=True,
        examples=len(rows),
        where=where,
    )


def _cliches(serving: Sequence[Weighed], candidate: Sequence[Weighed]) -> Measure:
    """How many times likelier a cliché is than its contrary, by the geometric mean."""
    pairs = [(ours.leaning, theirs.leaning, 1.0) for ours, theirs in zip(serving, candidate, strict=True)]
    each_alone = [str(number) for number in range(len(pairs))]
    return Measure(
        name="cliches",
        serving=math.exp(fmean(ours for ours, _, _ in pairs)),
        candidate=math.exp(fmean(theirs for _, theirs, _ in pairs)),
        change=interval(pairs, each_alone, geometric_ratio),
        ratio=True,
        examples=len(pairs),
    )


def _share(name: str, found: Sequence[tuple[bool | None, bool | None, str]]) -> list[Measure]:
    """None where the measure says nothing of any example."""
    known = [(float(a), float(b), group) for a, b, group in found if a is not None and b is not None]
    if not known:
        return []
    change = interval([(a, b, 1.0) for a, b, _ in known], [group for _, _, group in known], share_difference)
    return [
        Measure(
            name=name,
            serving=sum(a for a, _, _ in known) / len(known),
            candidate=sum(b for _, b, _ in known) / len(known),
            change=change,
            ratio=False,
            examples=len(known),
        )
    ]
