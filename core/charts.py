"""Charts as SVG: columns and lines over days, and curves over steps; tables beside them say the same."""

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import fmean

from markupsafe import Markup

WIDTH, HEIGHT = 480, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 12, 26
_STEPS = (1, 2, 2.5, 5, 10)
SERIES = 4
"""Series that the style sheets have colours for."""
SMOOTH = 9
"""Steps that the mean of a curve runs over."""


def columns(days: Sequence[date], series: Mapping[str, Sequence[float]], label: str) -> Markup:
    """Stacked columns: a day each.

    Args:
        days: from left to right.
        series: by name, a figure for each day.
        label: what a screen reader says of the whole.
    """
    top = ceiling(max((sum(column) for column in zip(*series.values(), strict=True)), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
    drawn = Markup()
    floor = [0.0] * len(days)
    for number, values in enumerate(series.values()):
        for at, value in enumerate(values):
            if value:
                y, height = _y(floor[at] + value, top), _y(floor[at], top) - _y(floor[at] + value, top)
                drawn += Markup(
                    '<rect class="series-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                ).format(number % SERIES, _LEFT + at * step + step * 0.12, y, step * 0.76, height)
                floor[at] += value
    return _frame(days, top, label, drawn)


def lines(days: Sequence[date], series: Mapping[str, Sequence[float | None]], label: str) -> Markup:
    """Lines over days, with gaps where there is no figure; a day that stands alone is a dot.

    Args:
        days: from left to right.
        series: by name, a figure for each day.
        label: what a screen reader says of the whole.
    """
    known = [value for values in series.values() for value in values if value is not None]
    top = ceiling(max(known, default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
    drawn = Markup()
    for number, values in enumerate(series.values()):
        points = [
            (_LEFT + (at + 0.5) * step, _y(value, top))
            for at, value in enumerate(values)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn += Markup('<polyline class="series-{}" points="{}"/>').format(number % SERIES, path)
        for x, y in points:
            drawn += Markup('<circle class="series-{}" cx="{:.1f}" cy="{:.1f}" r="2.5"/>').format(
                number % SERIES, x, y
            )
    return _frame(days, top, label, drawn)


def curve(points: Sequence[tuple[int, float]], label: str) -> Markup:
    """A line over steps, and its running mean.

    Args:
        points: steps, in order, and what was measured at each.
        label: what a screen reader says of it, before the first and the last figure.
    """
    if not points:
        return Markup()
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)
    top = ceiling(max(value for _, value in points))
    wide = WIDTH - _LEFT - _RIGHT
    values = [value for _, value in points]
    means = [fmean(values[max(0, at - SMOOTH + 1) : at + 1]) for at in range(len(values))]
    drawn, marks = Markup(), Markup()
    for name, line in (("raw", values), ("series-0", means)):
        path = " ".join(
            f"{_LEFT + (step - first) / (last - first) * wide:.1f},{_y(value, top):.1f}"
            for (step, _), value in zip(points, line, strict=True)
        )
        drawn += Markup('<polyline class="{}" points="{}"/>').format(name, path)
    for x, step, anchor in ((_LEFT, first, "start"), (WIDTH - _RIGHT, last, "end")):
        marks += Markup('<text x="{}" y="{}" text-anchor="{}">step {}</text>').format(
            x, HEIGHT - 6, anchor, step
        )
    ends = f"{label}: {points[0][1]:.3g} at step {first}, {points[-1][1]:.3g} at step {points[-1][0]}"
    return _drawing(ends, _grid(top) + marks + drawn)


def _frame(days: Sequence[date], top: float, label: str, drawn: Markup) -> Markup:
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
    dates = Markup()
    for number, at in enumerate(range(0, len(days), max(1, -(-len(days) // 6)))):
        kind = "second" if number % 2 else "first"  # small screens have room for every other one
        dates += Markup('<text class="{}" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            kind, _LEFT + (at + 0.5) * step, HEIGHT - 6, f"{days[at]:%d %b}"
        )
    return _drawing(label, _grid(top) + dates + drawn)


def _grid(top: float) -> Markup:
    grid = Markup()
    for share in (0.0, 0.5, 1.0):
        y = _y(top * share, top)
        grid += Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            _LEFT, WIDTH - _RIGHT, y, y
        )
        grid += Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
            _LEFT - 6, y + 4, f"{top * share:g}"
        )
    return grid


def _drawing(label: str, drawn: Markup) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, drawn
    )


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)


def ceiling(value: float) -> float:
    """The next round number."""
    if value <= 0:
        return 1.0
    unit = 1.0
    while unit * 10 <= value:
        unit *= 10
    while unit > value:
        unit /= 10
    return next(step * unit for step in _STEPS if step * unit >= value)
