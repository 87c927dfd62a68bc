"""Draws the charts of docs/scaling.md from the tables in it: `.venv-llama/bin/python -m
tests.benchmarks.scaling_charts`, or wherever matplotlib is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "scaling.md"
CHARTS = {"scaling-workers": "| Workers |", "scaling-limits": "| Turns a second |"}
"""Where each lies among the benchmarks, and how the table begins that it is drawn from."""
PERFECT = "#7f7f7f"


def figures(table: str) -> list[list[str]]:
    """The rows of the page's table that begins so, its head first, without separators of thousands."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    rows = [next(line for line in lines if line.startswith(table))]
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line)
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [cells[0], *([cell.replace(",", "") for cell in row] for row in cells[2:])]


def drawn_from(table: str) -> str:
    """The figures in a line, which the chart carries along, so that an older one is found out."""
    return "; ".join(", ".join(row) for row in figures(table))


def path(name: str) -> Path:
    """Of a chart."""
    return DOCS / "benchmarks" / f"{name}.svg"


def main() -> None:
    """Draw both."""
    import matplotlib  # noqa: PLC0415 - the tests read the figures without it

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "frontdesk"
    from matplotlib import pyplot as plt  # noqa: PLC0415 - the way it draws is set first

    for name, draw in (("scaling-workers", _workers), ("scaling-limits", _limits)):
        chart, axes = plt.subplots(figsize=(7, 3.2))
        draw(axes, figures(CHARTS[name]))
        axes.spines[["top", "right"]].set_visible(False)
        chart.tight_layout()
        chart.savefig(path(name), metadata={"Date": None, "Description": drawn_from(CHARTS[name])})
        plt.close(chart)


def _workers(axes: Any, table: Sequence[Sequence[str]]) -> None:
    workers = [int(row[0]) for row in table[1:]]
    tokens = [float(row[1]) for row in table[1:]]
    bars = axes.bar(workers, tokens, 0.6, label="measured")
    axes.bar_label(bars, fmt="{:,.0f}", label_type="center", color="white", fontsize=8)
    axes.plot(
        workers, [tokens[0] * each for each in workers], "--", color=PERFECT, label="as many times one worker"
    )
    axes.set_xticks(workers)
    axes.set_xlabel("workers")
    axes.set_ylabel("tokens a second")
    axes.set_title("Tokens written a second", fontsize=10)
    axes.legend(frameon=False, fontsize=8)


def _limits(axes: Any, table: Sequence[Sequence[str]]) -> None:
    rates = [int(row[0]) for row in table[1:]]
    for column, (name, style) in enumerate(zip(table[0][1:], ("o-", "s-", "x--", "o:"), strict=True), 1):
        axes.plot(rates, [float(row[column]) for row in table[1:]], style, label=name, markersize=4)
    axes.set_yscale("log")
    axes.set_xlabel("turns a second")
    axes.set_ylabel("seconds")
    axes.set_title("Simulated: 95 % wait so long for the first word, at most", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.3))


if __name__ == "__main__":
    main()
