"""Two models side by side, measure by measure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from core.engine.types import Score
from core.fairness.stereotypes import Weighed
from core.fairness.swaying import Swayed
from core.learning.evaluation.measuring import Measured, Tried
from core.learning.evaluation.statistics import (
    Interval,
    geometric_ratio,
    interval,
    perplexity_ratio,
    share_difference,
    sum_ratio,
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
    pairs = [(ours.sway, theirs.sway) for ours, theirs in zip(serving, candidate, strict=True)]
    return Measure(
        name="sway",
        serving=fmean(ours for ours, _ in pairs),
        candidate=fmean(theirs for _, theirs in pairs),
        change=interval(pairs, [each.request for each in serving], sum_ratio),
        ratio=True,
        examples=len(pairs),
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
