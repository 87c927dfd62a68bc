"""What reading prompts and writing tokens costs on this machine, as calibration measured it.

Reading is linear in the tokens of all prompts together, and quadratic in each one's length (attention). A
step, which writes one token of every answer in the batch, costs a fixed part (the weights pass by once), a
part per answer, and a part per token that the answers look back on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class CostModel:
    """Seconds, with every replica at work."""

    read_base: float
    read_token: float
    read_square: float
    """Per prompt and squared token of it."""
    step_base: float
    step_answer: float
    step_context: float
    """Per answer and token before it."""

    def read(self, batch: int, tokens: int) -> float:
        """Until the first token: `batch` prompts of `tokens` tokens are read at once."""
        return self.read_base + batch * tokens * (self.read_token + self.read_square * tokens)

    def step(self, batch: int, context: float) -> float:
        """One more token of each of `batch` answers that look back on `context` tokens."""
        return self.step_base + batch * (self.step_answer + self.step_context * context)

    def write(self, batch: int, tokens: int, answer: float) -> float:
        """`batch` prompts of `tokens` tokens read, and answered with `answer` tokens each."""
        return self.read(batch, tokens) + answer * self.step(batch, tokens + answer / 2)


PLAIN = CostModel(
    read_base=0.026,
    read_token=4.7e-4,
    read_square=2.9e-7,
    step_base=0.0143,
    step_answer=8.0e-4,
    step_context=8.9e-6,
)
"""Before a calibration: the default model with int8 weights, in processor time of a core with AVX-512.
Decisions hang on the proportions, which differ less between models and machines than the seconds do."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A measurement: prompts were read."""

    batch: int
    tokens: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """A measurement: one step of answers."""

    batch: int
    context: float
    seconds: float


def fit(readings: Sequence[Reading], steppings: Sequence[Stepping]) -> CostModel:
    """The model that misses the measurements by the least share, no part of it below zero.

    Raises:
        ValueError: there are fewer measurements than parts to tell apart.
    """
    if min(len(readings), len(steppings)) < 3:
        raise ValueError("A cost model needs three measurements of each kind at least")
    read = _fitted(
        [[1, each.batch * each.tokens, each.batch * each.tokens**2] for each in readings],
        [each.seconds for each in readings],
    )
    step = _fitted(
        [[1, each.batch, each.batch * each.context] for each in steppings],
        [each.seconds for each in steppings],
    )
    return CostModel(
        read_base=read[0],
        read_token=read[1],
        read_square=read[2],
        step_base=step[0],
        step_answer=step[1],
        step_context=step[2],
    )


def _fitted(parts: Sequence[Sequence[float]], seconds: Sequence[float]) -> list[float]:
    """Least squares of the relative error; a part that comes out negative is left out."""
    weights = 1 / np.array(seconds)
    matrix: npt.NDArray[np.float64] = np.array(parts, dtype=float) * weights[:, None]
    kept = list(range(matrix.shape[1]))
    while True:
        values = np.linalg.lstsq(matrix[:, kept], np.ones(len(seconds)), rcond=None)[0]
        if (values >= 0).all():
            break
        kept.pop(int(values.argmin()))
    found = [0.0] * matrix.shape[1]
    for part, value in zip(kept, values, strict=True):
        found[part] = float(value)
    return found
