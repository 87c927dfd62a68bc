"""Differences between two models on the same examples, and how far they can be trusted.

The paired bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993; for comparing two systems on
one test set Koehn 2004, https://aclanthology.org/W04-3250). Drawn are groups, not examples: what one person
wrote is alike, and counting it as independent would make intervals too narrow (the cluster bootstrap; Davison
& Hinkley, Bootstrap Methods and their Application, 1997, 3.8).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

DRAWS = 4000
CONFIDENCE = 0.95
SEED = 0

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Of sums: one row for each draw, one column for each quantity that was summed."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate and the interval that holds the true value with a probability of 95 %."""

    value: float
    low: float
    high: float


def interval(
    quantities: Sequence[Sequence[float]],
    groups: Sequence[str],
    statistic: Statistic,
    *,
    together: int = 1,
) -> Interval:
    """Bootstrap a statistic of sums.

    Args:
        quantities: of each example, of both models side by side, so that they are drawn together.
        groups: of each example; drawn as wholes.
        statistic: what is made of the sums.
        together: how many intervals are to hold true values all at once with that probability; each is made
            wider by Bonferroni's method (Dunn 1961, Journal of the American Statistical Association 56).
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(names), len(quantities[0])))
    np.add.at(sums, [names[group] for group in groups], np.asarray(quantities, dtype=np.float64))
    random = np.random.default_rng(SEED)
    counts = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    drawn = statistic(counts @ sums)
    tail = (1 - CONFIDENCE) / 2 / together
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(
        value=float(statistic(sums.sum(axis=0, keepdims=True))[0]), low=float(low), high=float(high)
    )


def margin(change: Interval, together: int, power: float = 0.8) -> float:
    """By what factor a true ratio must be beyond a limit for the interval's lower end to be beyond it, too.

    Args:
        change: the interval of a ratio whose noise is normal in logarithms.
        together: as for `interval`.
        power: how often that is to be so; four times of five by convention (Cohen 1988).
    """
    quantile = NormalDist().inv_cdf
    reach = quantile(1 - (1 - CONFIDENCE) / 2 / together)
    return math.exp(math.log(change.high / change.low) / 2 * (1 + quantile(power) / reach))


def perplexity_ratio(sums: Floats) -> Floats:
    """Of columns: log-probability and tokens of the serving model, then of the candidate."""
    return np.asarray(np.exp(sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3]))


def share_difference(sums: Floats) -> Floats:
    """Of columns: successes of the serving model, those of the candidate, and attempts."""
    return np.asarray((sums[:, 1] - sums[:, 0]) / sums[:, 2])


def odds_ratios(sums: Floats) -> Floats:
    """How many times larger the candidate makes the ratio of the odds between the groups furthest apart.

    Of columns: log-odds of each group by the serving model, then by the candidate, and how many were summed.
    """
    serving, candidate = np.split(sums[:, :-1] / sums[:, -1:], 2, axis=1)
    return np.asarray(np.exp(np.ptp(candidate, axis=1) - np.ptp(serving, axis=1)))


def geometric_ratio(sums: Floats) -> Floats:
    """Of columns: logarithms of the serving model, of the candidate, and how many they are."""
    return np.asarray(np.exp((sums[:, 1] - sums[:, 0]) / sums[:, 2]))
