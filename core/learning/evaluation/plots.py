"""The report's plots as numbers: where each bar, point and line stands in a drawing of a given size."""

from dataclasses import dataclass

from core.learning.evaluation.gates import TITLES, Gated, Verdict, title

TRACK = 300.0
"""Length of a bar or an axis."""


@dataclass(frozen=True, kw_only=True)
class Bars:
    """A share of both models, as lengths out of `TRACK`."""

    title: str
    serving: float
    candidate: float
    serving_text: str
    candidate_text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """An interval on an axis of its own, with the gate and where nothing changes; x from 0 to `TRACK`."""

    title: str
    low: float
    value: float
    high: float
    limit: float
    nothing: float
    text: str
    limit_text: str
    passed: bool


def shares(verdict: Verdict) -> list[Bars]:
    """The measures that are shares of examples."""
    return [
        Bars(
            title=TITLES[each.measure.name],
            serving=TRACK * each.measure.serving,
            candidate=TRACK * each.measure.candidate,
            serving_text=f"{each.measure.serving:.0%}",
            candidate_text=f"{each.measure.candidate:.0%}",
        )
        for each in verdict.gated
        if not each.measure.ratio
    ]


def changes(verdict: Verdict) -> list[Change]:
    """Every measure's interval beside its gate."""
    return [_change(each) for each in verdict.gated]


def _change(gated: Gated) -> Change:
    change, nothing = gated.measure.change, 1.0 if gated.measure.ratio else 0.0
    ends = [change.low, change.high, gated.limit, nothing]
    margin = 0.08 * (max(ends) - min(ends)) or 0.1
    start, width = min(ends) - margin, max(ends) - min(ends) + 2 * margin
    low, value, high, limit, none = (
        TRACK * (each - start) / width
        for each in (change.low, change.value, change.high, gated.limit, nothing)
    )
    return Change(
        title=title(gated.measure),
        low=low,
        value=value,
        high=high,
        limit=limit,
        nothing=none,
        text=f"{_said(gated, change.value)} ({_said(gated, change.low)} to {_said(gated, change.high)})",
        limit_text=_said(gated, gated.limit),
        passed=gated.passed,
    )


def _said(gated: Gated, value: float) -> str:
    return f"{value:.2f} ×" if gated.measure.ratio else f"{100 * value:+.1f}"
