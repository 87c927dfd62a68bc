"""The figures of a comparison as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.benchmarks.engine.llama_compare import Result

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


def figures(result: "Result") -> dict[str, object]:
    """What is kept of a measurement, for tables and charts."""
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


def line(result: "Result") -> str:
    """One measurement in a line."""
    return f"{result.model} | " + " | ".join(_cells(result))


def table(results: Sequence["Result"]) -> str:
    """All measurements as Markdown."""
    lines = []
    for model in dict.fromkeys(result.model for result in results):
        lines += [f"\n### {model}\n", f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        lines += [f"| {' | '.join(_cells(result))} |" for result in results if result.model == model]
    return "\n".join(lines).strip() + "\n"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _cells(result: "Result") -> list[str]:
    measured = result.measured
    return [
        result.load,
        result.contender,
        f"{measured.written / measured.seconds:.0f}",
        f"{measured.written / measured.processor_seconds:.0f}",
        str(measured.read),
        f"{percentile(measured.first, 0.5):.2f}, {percentile(measured.first, 0.95):.2f}",
        f"{1000 * percentile(measured.between, 0.5):.0f}, {1000 * percentile(measured.between, 0.95):.0f}",
        f"{measured.peak_megabytes:.0f}",
        f"{result.others:.0%}",
    ]
