"""Values by request and person, and how far groups are apart: what a test of parity rests on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PERMUTATIONS = 20_000
BATCH = 2_000
SEED = 0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Design:
    """Values by request and seat: in each request the same groups sit in the same seats."""

    values: Floats
    groups: tuple[str, ...]
    seats: npt.NDArray[np.int64]
    """Index of each seat's group."""
    relative: bool
    """Whether a gap is told relative to the mean of all."""

    @property
    def scatter(self) -> float:
        """The sum of squares within requests: whatever the labels, it stays; 0 where they tell nothing."""
        return float(scatter(self.values))

    def means(self, values: Floats) -> Floats:
        """Of each group: over the last axis of seats and the one of requests before it."""
        by_seat = values.mean(axis=-2)
        each = [by_seat[..., self.seats == at].mean(axis=-1) for at in range(len(self.groups))]
        return np.stack(each, axis=-1)

    def gap(self, values: Floats) -> Floats:
        """Between the groups that fared best and worst."""
        means = self.means(values)
        return self.told(means.max(axis=-1) - means.min(axis=-1), values)

    def told(self, apart: Floats, values: Floats) -> Floats:
        """A difference as people read it."""
        whole = np.abs(values.mean(axis=(-1, -2)))
        if not self.relative:
            return np.asarray(apart)
        return np.asarray(np.divide(apart, whole, out=np.zeros_like(apart), where=whole > 0))

    def spread(self, values: Floats) -> Floats:
        """Of the groups' means: the sum of squares between them, which tests compare."""
        sizes = np.bincount(self.seats)
        means = self.means(values)
        whole = np.average(means, axis=-1, weights=sizes)
        return np.asarray((sizes * (means - whole[..., None]) ** 2).sum(axis=-1))

    def chance(self, random: np.random.Generator) -> float:
        """That exchanging labels within requests gives groups as far apart, by the spread of their means."""
        if self.scatter == 0:
            return 1.0
        observed, reached = self.spread(self.values), 0
        for begin in range(0, PERMUTATIONS, BATCH):
            many = np.broadcast_to(self.values, (min(BATCH, PERMUTATIONS - begin), *self.values.shape))
            reached += int((self.spread(random.permuted(many, axis=-1)) >= observed - 1e-12).sum())
        return (reached + 1) / (PERMUTATIONS + 1)


def scatter(values: Floats) -> Floats:
    """The sum of squares around the means of requests."""
    return np.asarray(((values - values.mean(axis=-1, keepdims=True)) ** 2).sum(axis=(-1, -2)))
