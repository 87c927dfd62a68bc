"""The smallest difference that an audit of so many requests would have found.

By simulation: audits are drawn from the one at hand, with its requests drawn anew and labels exchanged within
each, so that nobody is treated differently; then one group is, and it is counted how often the test of
`core.fairness.design` says so. It must hold beside all other tests of the audit by Bonferroni's method, so
that the figure errs to the safe side. That 80 % are enough is a convention (Cohen 1988, Statistical Power
Analysis, 2nd ed.).
"""

import numpy as np
import numpy.typing as npt

from core.fairness.design import SEED, Design, Floats, scatter

POWER = 0.8
"""Share of audits that find it."""
AUDITS = 100
EXCHANGES = 200
"""Of labels, in each audit: those of all audits together say what is beyond chance."""
STEPS = 20
"""Sizes of a difference that are tried at most, from a twentieth of the largest on."""
LARGEST = 5.0
"""Difference that is tried, in standard deviations within a request; of a share, all are tried."""


def smallest(design: Design, chance: float, *, share: bool) -> float | None:
    """The smallest difference of one group that is found in four of five audits.

    Args:
        design: as measured; what is found in it plays no part.
        chance: below which a difference counts as found.
        share: whether values are 0 and 1.

    Returns:
        as `Design.gap` tells it; None where even the largest difference is not found.
    """
    if share:
        mean = float(design.values.mean())
        return _first(design, chance, 1.0, rare=float(mean < 0.5), largest=max(mean, 1 - mean))
    deviation = float(np.sqrt(design.scatter / (design.values.size - len(design.values))))
    if deviation == 0:
        return 0.0
    told = design.told(np.asarray(LARGEST * deviation), design.values)
    return _first(design, chance, LARGEST * deviation, rare=None, largest=float(told))


def _first(
    design: Design, chance: float, reach: float, *, rare: float | None, largest: float
) -> float | None:
    """Of the sizes up to `reach`, of which `largest` is told for the last, the first that is found."""
    low, high = 0, STEPS + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _found(design, chance, reach * middle / STEPS, rare) >= POWER:
            high = middle
        else:
            low = middle
    return None if high > STEPS else largest * high / STEPS


def _found(design: Design, chance: float, size: float, rare: float | None) -> float:
    """The share of audits in which the first group's other treatment is found."""
    random = np.random.default_rng(SEED)
    requests = len(design.values)
    drawn = design.values[random.integers(0, requests, (AUDITS, requests))]
    treated = _treated(random.permuted(drawn, axis=-1), design.seats == 0, size, rare, random)
    within = scatter(treated)
    telling = within > 0
    if not telling.any():
        return 0.0
    treated, within = treated[telling], within[telling]
    exchanged = random.permuted(np.repeat(treated[None], EXCHANGES, axis=0), axis=-1)
    limit = np.quantile(design.spread(exchanged) / within, 1 - chance)
    return float((design.spread(treated) / within > limit + 1e-12).sum()) / AUDITS


def _treated(
    values: Floats, whom: npt.NDArray[np.bool_], size: float, rare: float | None, random: np.random.Generator
) -> Floats:
    """Values with these seats treated otherwise: more, or by chance what is rare."""
    if rare is None:
        return np.asarray(values + size * whom)
    return np.where(whom & (random.random(values.shape) < size), rare, values)
