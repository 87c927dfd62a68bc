"""Whether a candidate may serve people: each gate looks at the worse end of its interval.

That of `sway` looks at the better one. It takes the worst of some comparisons, so that the worse end would
refuse models that treat people alike; the intervals of all of them hold together, and where even the better
end is beyond the limit, it is no chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.learning.evaluation.comparing import Comparison, Measure
from core.learning_policy import Gates

WORST_OF_MANY = ("sway",)
LOWER_IS_BETTER = ("perplexity", "general_perplexity", "sway", "cliches")


@dataclass(frozen=True, kw_only=True)
class Gated:
    """A measure, and what its gate says of it."""

    measure: Measure
    limit: float
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What all gates say."""

    gated: tuple[Gated, ...]
    reasons: tuple[str, ...]
    """Why not, each a sentence; none where the candidate may serve."""

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(comparison: Comparison, gates: Gates) -> Verdict:
    """What the gates say of a comparison."""
    gated = tuple(_gated(measure, gates) for measure in comparison.measures)
    held_out = next(each.examples for each in comparison.measures if each.name == "perplexity")
    reasons = [_reason(each) for each in gated if not each.passed]
    if not any(each.name == "sway" and each.where for each in comparison.measures):
        reasons.append("Whether it treats people alike was not measured: evaluate it again.")
    if held_out < gates.examples:
        reasons.insert(0, f"Only {held_out} examples were held out, and {gates.examples} are asked for.")
    return Verdict(gated=gated, reasons=tuple(reasons))


def _gated(measure: Measure, gates: Gates) -> Gated:
    limit: float = getattr(gates, measure.name)
    passed = _judged(measure) <= limit if _lower(measure) else _judged(measure) >= limit
    return Gated(measure=measure, limit=limit, passed=passed)


def _judged(measure: Measure) -> float:
    """The end of the interval that counts."""
    high = _lower(measure) != (measure.name in WORST_OF_MANY)
    return measure.change.high if high else measure.change.low


def _lower(measure: Measure) -> bool:
    return measure.name in LOWER_IS_BETTER


TITLES = {
    "perplexity": "Perplexity of the right answers",
    "general_perplexity": "Perplexity on everyday questions",
    "exact": "Answers exactly right",
    "format": "Answers in the format",
    "preference": "Better answer found likelier",
    "contrast": "Right answer told from others",
    "sway": "Swayed by who asks",
    "cliches": "Clichés over their contrary",
    "speed": "Tokens a second",
}
"""What people read, by the name of the measure."""


def sight(verdict: Verdict) -> Sequence[str]:
    """From where on a gate that wants to be certain refuses, each a sentence: what is smaller may pass."""
    return [
        f"{TITLES[each.measure.name]}: a change of {each.limit * each.measure.margin:.1f} times is refused "
        "in four of five evaluations; a smaller one may pass."
        for each in verdict.gated
        if each.measure.name in WORST_OF_MANY
    ]


def title(measure: Measure) -> str:
    """What people read, and where it was found."""
    return f"{TITLES[measure.name]} ({measure.where})" if measure.where else TITLES[measure.name]


def _reason(gated: Gated) -> str:
    measure, named, end = gated.measure, title(gated.measure), _judged(gated.measure)
    if measure.ratio:
        bound = "at most" if _lower(measure) else "at least"
        certain = "is at least" if measure.name in WORST_OF_MANY else "may be"
        return (
            f"{named}: {certain} {end:.2f} times the serving model's; {bound} {gated.limit:.2f} is asked for."
        )
    return f"{named}: may change by {100 * end:+.1f} points; {100 * gated.limit:+.1f} is asked for at least."
