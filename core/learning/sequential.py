"""Evidence that a canary is worse, which may be looked at after every answer.

The E-variable for two Bernoulli streams of Turner, Ly and Grünwald, Generic E-variables for exact
sequential k-sample tests that allow for optional stopping (https://arxiv.org/abs/2106.02693): outcomes come
in blocks, each is weighed by what the blocks before it taught. If the canary is no worse, the evidence
reaches 1 / a with a probability of a at most, however often anybody looks (Ville's inequality). Where the
canary looks no worse, nothing is bet on a block; against a better canary the product is smaller still.
Answers of one conversation are taken to turn out independently.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an answer turned out."""

    of_canary: bool
    good: bool


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Answers of one model."""

    good: int = 0
    all: int = 0

    @property
    def chance(self) -> float:
        """That the next one is good: Laplace's rule, never 0 or 1."""
        return (self.good + 1) / (self.all + 2)

    def and_of(self, outcomes: Sequence[bool]) -> "Tally":
        return Tally(good=self.good + sum(outcomes), all=self.all + len(outcomes))


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the outcomes say."""

    serving: Tally
    canary: Tally
    against: float
    """The highest the evidence ever was; 1 says nothing, 20 refutes that the canary is no worse at 5 %."""


def weigh(outcomes: Sequence[Outcome], share: float) -> Evidence:
    """Weigh a canary's answers against the serving model's.

    Args:
        outcomes: of both, in the order in which the answers were begun.
        share: of the conversations, that the canary answers; between 0 and 1.
    """
    beside = max(1, round((1 - share) / share))
    serving = [each.good for each in outcomes if not each.of_canary]
    canary = [each.good for each in outcomes if each.of_canary]
    before_serving, before_canary, log, highest = Tally(), Tally(), 0.0, 0.0
    for at in range(min(len(serving) // beside, len(canary))):
        block = serving[at * beside : (at + 1) * beside]
        log += _bet(before_serving.chance, before_canary.chance, block, canary[at])
        highest = max(highest, log)
        before_serving, before_canary = before_serving.and_of(block), before_canary.and_of([canary[at]])
    return Evidence(
        serving=Tally().and_of(serving), canary=Tally().and_of(canary), against=math.exp(min(highest, 700.0))
    )


def _bet(serving: float, canary: float, block: Sequence[bool], outcome: bool) -> float:
    """The logarithm of a block's E-value; 0 where the canary looks as good."""
    if canary >= serving:
        return 0.0
    same = (serving * len(block) + canary) / (len(block) + 1)
    return sum(_log(serving, good) - _log(same, good) for good in block) + (
        _log(canary, outcome) - _log(same, outcome)
    )


def _log(chance: float, good: bool) -> float:
    return math.log(chance if good else 1 - chance)
