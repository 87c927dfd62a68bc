"""Differences between two models on the same examples, and how far they can be trusted.

The paired bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993; for comparing two systems on
one test set Koehn 2004, https://aclanthology.org/W04-3250). Drawn are groups, not examples: what one person
wrote is alike, and counting it as independent would make intervals too narrow (the cluster bootstrap; Davison
& Hinkley, Bootstrap Methods and their Application, 1997, 3.8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 4000
CONFIDENCE = 0.95
SEED = 0
TINY = 1e-9

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Of sums: one row for each draw, one column for each quantity that was summed."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate and the interval that holds the true value with a probability of 95 %."""

    value: float
    low: float
    high: float


def interval(quantities: Sequence[Sequence[float]], groups: Sequence[str], statistic: Statistic) -> Interval:
    """Bootstrap a statistic of sums.

    Args:
        quantities: of each example, of both models side by side, so that they are drawn together.
        groups: of each example; drawn as wholes.
        statistic: what is made of the sums.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(names), len(quantities[0])))
    np.add.at(sums, [names[group] for group in groups], np.asarray(quantities, dtype=np.float64))
    random = np.random.default_rng(SEED)
    counts = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    drawn = statistic(counts @ sums)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(
        value=float(statistic(sums.sum(axis=0, keepdims=True))[0]), low=float(low), high=float(high)
    )


def perplexity_ratio(sums: Floats) -> Floats:
    """Of columns: log-probability and tokens of the serving model, then of the candidate."""
    return np.asarray(np.exp(sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3]))


def share_difference(sums: Floats) -> Floats:
    """Of columns: successes of the serving model, those of the candidate, and attempts."""
    return np.asarray((sums[:, 1] - sums[:, 0]) / sums[:, 2])


def sum_ratio(sums: Floats) -> Floats:
    """Of columns: a quantity of the serving model, and of the candidate; 1 where neither has any."""
    serving, candidate = sums[:, 0], sums[:, 1]
    return np.where(candidate == serving, 1.0, candidate / np.maximum(serving, TINY))


def geometric_ratio(sums: Floats) -> Floats:
    """Of columns: logarithms of the serving model, of the candidate, and how many they are."""
    return np.asarray(np.exp((sums[:, 1] - sums[:, 0]) / sums[:, 2]))
