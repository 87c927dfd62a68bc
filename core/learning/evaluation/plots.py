"""The report's plots as numbers: where each bar, point and line stands in a drawing of a given size."""

from dataclasses import dataclass
from statistics import fmean

from core.learning.evaluation.gates import TITLES, Gated, Verdict
from core.learning.lineage import Lineage

WIDTH, HEIGHT = 640.0, 200.0
"""Of the loss curve, in units of the drawing."""
TRACK = 300.0
"""Length of a bar or an axis."""
SMOOTH = 9
"""Steps that the smooth line of the loss averages over."""


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


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points of two lines, as SVG writes them."""

    raw: str
    smooth: str
    top: str
    bottom: str
    steps: int


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


def curve(lineage: Lineage) -> Curve:
    """The loss of every step, and its running mean."""
    losses = [point.loss for point in lineage.curve]
    smooth = [fmean(losses[max(0, at - SMOOTH + 1) : at + 1]) for at in range(len(losses))]
    top = max(losses)
    return Curve(
        raw=_line(losses, top), smooth=_line(smooth, top), top=f"{top:.2f}", bottom="0", steps=len(losses)
    )


def _line(values: list[float], top: float) -> str:
    across = WIDTH / max(1, len(values) - 1)
    return " ".join(
        f"{at * across:.1f},{HEIGHT * (1 - value / (top or 1)):.1f}" for at, value in enumerate(values)
    )


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
        title=TITLES[gated.measure.name],
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
