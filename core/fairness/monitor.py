"""Whether people fare alike in daily use, without knowing more of anybody than is kept anyway.

Nothing sensitive is asked, guessed or stored: people are compared by language, platform and kind of place. A
group shows only with at least `ANONYMOUS` people in it and as many beside it (k-anonymity; Sweeney 2002,
International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10). What is counted are people
rather than answers, since one person's answers are alike. Differences of shares are by Newcombe's interval
(1998, Statistics in Medicine 17, method 10), wide enough for all comparisons together.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

from core.fairness.parity import LEVEL, wilson
from core.ports import Clock
from core.store.ports import Archive
from core.store.records import Served

ANONYMOUS = 20
"""People that a group needs to be shown."""
EVERY = 3600.0
"""Seconds between two looks: one reads a month of answers."""
LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How one group fares beside everybody else."""

    by: str
    """"language", "platform" or "place"."""
    group: str
    outcome: str
    """"handed over": to a human at least once. "satisfied": of those who judged, more good than bad."""
    people: int
    share: float
    others: float
    """Share of everybody else."""
    low: float
    """Of the difference, at a level for all comparisons together; like `high`."""
    high: float

    @property
    def differs(self) -> bool:
        return self.low > 0 or self.high < 0


Tally = tuple[int, int]
"""Of how many people it is so, and of how many it is known."""
_GROUPS: tuple[tuple[str, Callable[[Served], str]], ...] = (
    ("language", lambda each: each.language or "unknown"),
    ("platform", lambda each: each.platform),
    ("place", lambda each: "direct" if each.direct else "group"),
)
_OUTCOMES: tuple[tuple[str, Callable[[Served], Tally]], ...] = (
    ("handed over", lambda each: (each.handed_over, each.people)),
    ("satisfied", lambda each: (each.satisfied, each.judging)),
)


class Watch:
    """The newest comparison, made anew once an hour however often it is asked for.

    Args:
        archive: knows who was answered.
        clock: tells when an hour is over.
    """

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive = archive
        self._clock = clock
        self._found: Sequence[Compared] = ()
        self._due = -math.inf

    async def compared(self) -> Sequence[Compared]:
        """How groups fared of late.

        Raises:
            StoreError: it cannot be read.
        """
        if self._clock.monotonic() >= self._due:
            self._due = self._clock.monotonic() + EVERY
            self._found = compare(await self._archive.served(self._clock.now() - LOOKED_BACK))
        return self._found


def compare(served: Sequence[Served]) -> list[Compared]:
    """Every group that is large enough, beside all others."""
    found = [
        (by, group, outcome, ours, theirs)
        for by, of in _GROUPS
        for group in dict.fromkeys(of(each) for each in served)
        for outcome, tally in _OUTCOMES
        for ours, theirs in [_both(served, of, group, tally)]
        if min(ours[1], theirs[1]) >= ANONYMOUS
    ]
    z = NormalDist().inv_cdf(1 - LEVEL / (2 * max(1, len(found))))
    return [_compared(by, group, outcome, ours, theirs, z) for by, group, outcome, ours, theirs in found]


def _both(
    served: Sequence[Served], of: Callable[[Served], str], group: str, tally: Callable[[Served], Tally]
) -> tuple[Tally, Tally]:
    inside = [tally(each) for each in served if of(each) == group]
    outside = [tally(each) for each in served if of(each) != group]
    return _sum(inside), _sum(outside)


def _sum(tallies: Sequence[Tally]) -> Tally:
    return sum(so for so, _ in tallies), sum(known for _, known in tallies)


def _compared(by: str, group: str, outcome: str, ours: Tally, theirs: Tally, z: float) -> Compared:
    (share, low, high), (others, others_low, others_high) = _share(ours, z), _share(theirs, z)
    return Compared(
        by=by,
        group=group,
        outcome=outcome,
        people=ours[1],
        share=share,
        others=others,
        low=share - others - math.hypot(share - low, others_high - others),
        high=share - others + math.hypot(high - share, others - others_low),
    )


def _share(tally: Tally, z: float) -> tuple[float, float, float]:
    return tally[0] / tally[1], *wilson(*tally, z)
