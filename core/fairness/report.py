"""An audit as a page that a works council can read: one HTML file that asks nothing of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import handed_on
from core.fairness.audit import Audit
from core.fairness.parity import MEASURES, Fared, Gap, by_name
from core.fairness.stereotypes import Leaning

TRACK = 300.0
"""Length of an axis, in units of the drawing."""
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A point with its interval, from 0 to `TRACK`."""

    title: str
    value: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Rows on one axis."""

    title: str
    rows: tuple[Row, ...]
    begin: str
    end: str
    even: float | None = None
    """Where nothing leans to either side."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A comparison, in words."""

    language: str
    dimension: str
    title: str
    lowest: str
    highest: str
    gap: str
    chance: str
    seen_from: str
    found: bool


def render(audit: Audit, answer_tokens: int) -> str:
    """The page.

    Args:
        audit: what is shown.
        answer_tokens: after which answers were cut.
    """
    measured = {each.measure for each in audit.gaps}
    return handed_on.render(
        "fairness/report.html",
        {
            "audit": audit,
            "languages": ", ".join(LANGUAGES[each] for each in audit.languages),
            "measures": [each for each in MEASURES if each.name in measured],
            "sentence": sentence,
            "inclined": "; ".join(_inclined(each, audit) for each in audit.inclined),
            "plots": [_plot(each) for each in audit.found],
            "rows": lines(audit),
            "tolerances": ", ".join(
                f"{each.title.lower()} {_amount(each.name, each.tolerance)}"
                for each in MEASURES
                if each.name in measured
            ),
            "leaning_plots": _leaning_plots(audit),
            "tokens": answer_tokens,
        },
    )


def lines(audit: Audit) -> list[Line]:
    """Every comparison, those that were found first."""
    ordered = sorted(audit.gaps, key=lambda each: (not each.found, each.adjusted))
    return [_line(each) for each in ordered]


def sentence(gap: Gap) -> str:
    """A difference in one plain sentence."""
    worst, best = _ends(gap.groups)
    return (
        f"{by_name(gap.measure).title} by {gap.dimension}, in {LANGUAGES[gap.language]}: from "
        f"{_mean(gap.measure, worst)} ({worst.group}) to {_mean(gap.measure, best)} ({best.group})."
    )


def _line(gap: Gap) -> Line:
    worst, best = _ends(gap.groups)
    interval = f"{_amount(gap.measure, gap.low)} to {_amount(gap.measure, gap.high)}"
    return Line(
        language=LANGUAGES[gap.language],
        dimension=gap.dimension,
        title=by_name(gap.measure).title,
        lowest=f"{_mean(gap.measure, worst)} ({worst.group})",
        highest=f"{_mean(gap.measure, best)} ({best.group})",
        gap=f"{_amount(gap.measure, gap.gap)} ({interval})",
        chance="under 1 %" if gap.adjusted < 0.01 else f"{gap.adjusted:.0%}",
        seen_from="–" if gap.seen_from is None else _amount(gap.measure, gap.seen_from),
        found=gap.found,
    )


def _ends(groups: Sequence[Fared]) -> tuple[Fared, Fared]:
    ordered = sorted(groups, key=lambda each: each.mean)
    return ordered[0], ordered[-1]


def _mean(measure: str, fared: Fared) -> str:
    return f"{fared.mean:.0%}" if by_name(measure).share else f"{fared.mean:.2f}"


def _amount(measure: str, gap: float) -> str:
    found = by_name(measure)
    if found.relative:
        return f"{gap:.0%}"
    return f"{100 * gap:.0f} points" if found.share else f"{gap:.2f}"


def _inclined(leaning: Leaning, audit: Audit) -> str:
    where = "CrowS-Pairs" if leaning in audit.crows else LANGUAGES[leaning.language]
    return f"{leaning.category} ({where})"


def _plot(gap: Gap) -> Plot:
    low, high = min(each.low for each in gap.groups), max(each.high for each in gap.groups)
    low, high = (0.0, 1.0) if by_name(gap.measure).share else (low, high)
    return Plot(
        title=f"{by_name(gap.measure).title} by {gap.dimension}, {LANGUAGES[gap.language]}",
        rows=tuple(_row(each.group, each.mean, each.low, each.high, low, high) for each in gap.groups),
        begin=f"{low:.2g}",
        end=f"{high:.2g}",
    )


def _leaning_plots(audit: Audit) -> list[Plot]:
    plots = [
        _leaning_plot(
            f"Our own pairs, {LANGUAGES[language]}",
            [each for each in audit.leanings if each.language == language],
            even=0.0,
        )
        for language in dict.fromkeys(each.language for each in audit.leanings)
    ]
    return plots + ([_leaning_plot("CrowS-Pairs, English", audit.crows, even=0.5)] if audit.crows else [])


def _leaning_plot(title: str, leanings: Sequence[Leaning], *, even: float) -> Plot:
    reach = max(abs(end - even) for each in leanings for end in (each.low, each.high)) * 1.05
    low, high = even - reach, even + reach
    return Plot(
        title=title,
        rows=tuple(_row(each.category, each.leaning, each.low, each.high, low, high) for each in leanings),
        begin="contrary likelier",
        end="cliché likelier",
        even=TRACK / 2,
    )


def _row(title: str, value: float, low: float, high: float, begin: float, end: float) -> Row:
    width = (end - begin) or 1.0
    at, left, right = (TRACK * (each - begin) / width for each in (value, low, high))
    return Row(title=title, value=at, low=left, high=right, text=f"{value:.2f} ({low:.2f} to {high:.2f})")
