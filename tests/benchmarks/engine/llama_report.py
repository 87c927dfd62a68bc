"""The figures of a comparison as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from tests.benchmarks.engine.llama_compare import Result


class Figures(TypedDict):
    """A measurement, for tables and charts; seconds where nothing else is said."""

    model: str
    load: str
    contender: str
    tokens_per_second: float
    tokens_per_processor_second: float
    seconds: float
    written: int
    read: int
    first_p50: float
    first_p95: float
    between_p50: float
    between_p95: float
    peak_megabytes: float
    others: float
    """Share of the processors."""


HEADINGS = (
    "load",
    "who",
    "tokens/s",
    "per processor second",
    "prompt tokens",
    "first token p50, p95 (s)",
    "between p50, p95 (ms)",
    "peak MB",
    "others",
)


def figures(result: "Result") -> Figures:
    """What is kept of a measurement."""
    measured = result.measured
    return {
        "model": result.model,
        "load": result.load,
        "contender": result.contender,
        "tokens_per_second": measured.written / measured.seconds,
        "tokens_per_processor_second": measured.written / measured.processor_seconds,
        "seconds": measured.seconds,
        "written": measured.written,
        "read": measured.read,
        "first_p50": percentile(measured.first, 0.5),
        "first_p95": percentile(measured.first, 0.95),
        "between_p50": percentile(measured.between, 0.5),
        "between_p95": percentile(measured.between, 0.95),
        "peak_megabytes": measured.peak_megabytes,
        "others": result.others,
    }


def line(figures: Figures) -> str:
    """One measurement in a line."""
    return f"{figures['model']} | " + " | ".join(_cells(figures))


def joined(before: Sequence[Figures], now: Sequence[Figures]) -> list[Figures]:
    """What was measured before, with what is measured now in the place of the same load's and contender's."""
    found = {(each["model"], each["load"], each["contender"]): each for each in (*before, *now)}
    return list(found.values())


def table(measured: Sequence[Figures]) -> str:
    """All measurements as Markdown."""
    lines = []
    for model in dict.fromkeys(each["model"] for each in measured):
        lines += [f"\n### {model}\n", f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        lines += [f"| {' | '.join(_cells(each))} |" for each in measured if each["model"] == model]
    return "\n".join(lines).strip() + "\n"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _cells(figures: Figures) -> list[str]:
    return [
        figures["load"],
        figures["contender"],
        f"{figures['tokens_per_second']:.0f}",
        f"{figures['tokens_per_processor_second']:.0f}",
        str(figures["read"]),
        f"{figures['first_p50']:.2f}, {figures['first_p95']:.2f}",
        f"{1000 * figures['between_p50']:.0f}, {1000 * figures['between_p95']:.0f}",
        f"{figures['peak_megabytes']:.0f}",
        f"{figures['others']:.0%}",
    ]
