"""What a person notices of a load: the wait for the first token, the flow of the others, the total rate."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(kw_only=True)
class Trace:
    """When one answer's tokens came, in seconds."""

    asked: float
    times: list[float] = field(default_factory=list)
    began: float | None = None
    promised: float | None = None
    """The wait that was foretold when it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of a whole run."""

    first_p50: float
    first_p95: float
    between_p50: float
    between_p95: float
    pause_p95: float
    """Of the longest gap in each answer."""
    tokens_per_second: float
    seconds: float

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> "Measures":
        firsts = [trace.times[0] - trace.asked for trace in traces]
        gaps = np.concatenate([np.diff(trace.times) for trace in traces])
        end = max(trace.times[-1] for trace in traces)
        start = min(trace.asked for trace in traces)
        return cls(
            first_p50=float(np.quantile(firsts, 0.5)),
            first_p95=float(np.quantile(firsts, 0.95)),
            between_p50=float(np.quantile(gaps, 0.5)),
            between_p95=float(np.quantile(gaps, 0.95)),
            pause_p95=float(np.quantile([max(np.diff(trace.times), default=0.0) for trace in traces], 0.95)),
            tokens_per_second=sum(len(trace.times) for trace in traces) / (end - start),
            seconds=end - start,
        )

    def row(self) -> tuple[str, ...]:
        return (
            f"{self.first_p50:.2f}",
            f"{self.first_p95:.2f}",
            f"{1000 * self.between_p50:.0f}",
            f"{1000 * self.between_p95:.0f}",
            f"{self.pause_p95:.2f}",
            f"{self.tokens_per_second:.0f}",
        )


HEADINGS = ("first p50 s", "p95 s", "between p50 ms", "p95 ms", "pause p95 s", "tokens/s")
