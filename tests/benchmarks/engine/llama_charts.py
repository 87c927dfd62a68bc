"""Draws the charts next to the figures: `python llama_charts.py FOLDER`, where matplotlib is."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "frontdesk"
from matplotlib import pyplot as plt  # noqa: E402 - the way it draws is set first

COLOURS = {"Frontdesk": "#1f77b4", "llama.cpp": "#d62728", "CTranslate2, one at a time": "#7f7f7f"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a chart answers."""

    file: str
    title: str
    loads: str
    """The end of the names of the loads it is about."""
    figure: str
    axis: str
    scale: float = 1.0


QUESTIONS = (
    Question(
        file="throughput-equal",
        title="Tokens written a second, equal prompts of 60 tokens",
        loads=" equal",
        figure="tokens_per_second",
        axis="tokens a second",
    ),
    Question(
        file="throughput-brief",
        title="Tokens written a second, equal prompts of 30 tokens",
        loads=" brief",
        figure="tokens_per_second",
        axis="tokens a second",
    ),
    Question(
        file="throughput-mixed",
        title="Tokens written a second, prompts of 50 to 1,500 tokens",
        loads=" mixed",
        figure="tokens_per_second",
        axis="tokens a second",
    ),
    Question(
        file="first-token-mixed",
        title="Wait for the first token (p95), prompts of 50 to 1,500 tokens",
        loads=" mixed",
        figure="first_p95",
        axis="seconds",
    ),
    Question(
        file="first-token-arrivals",
        title="Wait for the first token (p95), questions that come when they come",
        loads=" a second",
        figure="first_p95",
        axis="seconds",
    ),
    Question(
        file="between-mixed",
        title="Wait between tokens (p95), prompts of 50 to 1,500 tokens",
        loads=" mixed",
        figure="between_p95",
        axis="milliseconds",
        scale=1000,
    ),
    Question(
        file="memory-mixed",
        title="Resident memory at most, prompts of 50 to 1,500 tokens",
        loads=" mixed",
        figure="peak_megabytes",
        axis="megabytes",
    ),
)


def draw(figures: Sequence[dict[str, Any]], question: Question, path: Path) -> None:
    """Bars side by side, one group per load."""
    found = [each for each in figures if each["load"].endswith(question.loads)]
    groups = list(dict.fromkeys(each["load"] for each in found))
    contenders = [name for name in COLOURS if any(each["contender"] == name for each in found)]
    if not groups:
        return
    chart, axes = plt.subplots(figsize=(7, 3.2))
    for at, name in enumerate(contenders):
        places, heights = [], []
        for each in found:
            if each["contender"] == name:
                places.append(groups.index(each["load"]) + 0.27 * at)
                heights.append(question.scale * each[question.figure])
        bars = axes.bar(places, heights, 0.25, label=name, color=COLOURS[name])
        axes.bar_label(bars, fmt="%.3g", fontsize=7)
    axes.set_xticks([at + 0.135 * (len(contenders) - 1) for at in range(len(groups))], groups)
    axes.set_ylabel(question.axis)
    axes.set_title(question.title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    chart.tight_layout()
    chart.savefig(path, metadata={"Date": None})
    plt.close(chart)


def main(folder: Path) -> None:
    """Draw every question for every model."""
    figures = json.loads((folder / "llama.json").read_text())
    for model in dict.fromkeys(each["model"] for each in figures):
        for question in QUESTIONS:
            own = [each for each in figures if each["model"] == model]
            draw(own, question, folder / f"{model}-{question.file}.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
