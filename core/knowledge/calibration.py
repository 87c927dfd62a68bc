"""Finding the thresholds of relevance on questions whose answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import ConfigurationError
from core.knowledge.passages import Found
from core.knowledge.relevance import Limits, relevance
from core.language.query import SearchQuery

LEAST_ANSWERABLE, LEAST_UNANSWERABLE = 20, 10
"""Questions below which a threshold would be chance."""
_ABOUT = 0.02
"""The share of answerable questions that may count as none for the documents."""
_SHARES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Of the cosine in the relevance, as far as they are tried."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A question that was searched for."""

    query: SearchQuery
    found: Sequence[Found]
    answerable: bool


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What thresholds achieve."""

    answered: float
    """Of answerable questions."""
    abstained: float
    """Of unanswerable ones."""


def calibrated(samples: Sequence[Sample], base: Limits) -> Limits:
    """The limits that tell answerable from unanswerable questions best: the sum of both rates is greatest.

    Of equals the middle one is taken. `about` is set so low that nearly no answerable question is below it.

    Args:
        base: gives the cosines that count as not and as wholly alike.

    Raises:
        ConfigurationError: there are too few questions.
    """
    known = sum(sample.answerable for sample in samples)
    if known < LEAST_ANSWERABLE or len(samples) - known < LEAST_UNANSWERABLE:
        raise ConfigurationError(
            f"There are {known} approved questions with an answer and {len(samples) - known} without: to "
            f"calibrate takes at least {LEAST_ANSWERABLE} and {LEAST_UNANSWERABLE}."
        )
    has_cosines = any(each.similarity is not None for sample in samples for each in sample.found)
    tried = [_best(samples, replace(base, alike=share)) for share in (_SHARES if has_cosines else (0.0,))]
    return max(tried, key=lambda limits: _sum(rates(samples, limits)))


def rates(samples: Sequence[Sample], limits: Limits) -> Rates:
    """How often limits answer, and how often they do not."""
    held = [(sample.answerable, best(sample, limits) >= limits.answer) for sample in samples]
    real = [above for answerable, above in held if answerable]
    none = [not above for answerable, above in held if not answerable]
    return Rates(
        answered=sum(real) / len(real) if real else 0.0, abstained=sum(none) / len(none) if none else 0.0
    )


def best(sample: Sample, limits: Limits) -> float:
    """The relevance of the passage that fits best."""
    return max((relevance(sample.query, each, limits) for each in sample.found), default=0.0)


def _best(samples: Sequence[Sample], limits: Limits) -> Limits:
    scores = sorted({round(best(sample, limits), 3) for sample in samples})
    tried = [replace(limits, answer=score) for score in scores if score > 0] or [replace(limits, answer=1.0)]
    most = max(_sum(rates(samples, each)) for each in tried)
    equal = [each for each in tried if _sum(rates(samples, each)) == most]
    chosen = equal[len(equal) // 2]
    real = sorted(best(sample, limits) for sample in samples if sample.answerable)
    about = min(chosen.answer, real[int(_ABOUT * len(real))])
    return replace(chosen, about=round(about, 3))


def _sum(achieved: Rates) -> float:
    return achieved.answered + achieved.abstained
