"""The policy and its obvious alternatives, in one form for the simulation and for the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.engine.local import TURNS
from core.engine.scheduling import policy
from core.engine.scheduling.cost import CostModel
from core.engine.scheduling.policy import Ask, Limits, Running
from core.engine.scheduling.runner import GATHER


class Contender(Protocol):
    """Chooses batches."""

    name: str
    filled: bool
    """Prompts of a batch are brought to one length; else the rest of longer ones goes in step by step."""
    turns: int
    """Batches at work for each core."""

    def choose(
        self, waiting: Sequence[Ask], waits: Sequence[float], running: Sequence[Running], cores: int
    ) -> Sequence[Ask]:
        """The next batch, or none yet. `waits` are the seconds each has waited."""

    def recall(self, waiting: Sequence[Ask], running: Sequence[Running]) -> Running | None:
        """A batch to call back."""


@dataclass
class Frontdesk:
    """The policy of `core.engine.scheduling.policy`."""

    cost: CostModel
    limits: Limits
    turns: int = TURNS
    name: str = "by cost"
    filled: bool = True

    def choose(
        self, waiting: Sequence[Ask], waits: Sequence[float], running: Sequence[Running], cores: int
    ) -> Sequence[Ask]:
        if max(waits) < GATHER - 1e-9:
            return []
        chosen = policy.choose(waiting, max(1, cores - len(running)), self.cost, self.limits)
        waited = max(wait for ask, wait in zip(waiting, waits, strict=True) if ask in chosen)
        patient = waited + 1e-9 < policy.patience(chosen, running, cores, self.cost)
        return [] if patient else chosen

    def recall(self, waiting: Sequence[Ask], running: Sequence[Running]) -> Running | None:
        return policy.recall(waiting, running, self.cost, self.limits) if self.turns == 1 else None


@dataclass
class FirstCome:
    """The oldest that wait, up to a number, whatever their lengths; with a window, those of that time."""

    most: int
    window: float = 0.0
    name: str = "first come"
    filled: bool = False
    turns: int = 1

    def choose(
        self, waiting: Sequence[Ask], waits: Sequence[float], running: Sequence[Running], cores: int
    ) -> Sequence[Ask]:
        ready = max(waits) >= self.window - 1e-9 or len(waiting) >= self.most
        return list(waiting[: self.most]) if ready else []

    def recall(self, waiting: Sequence[Ask], running: Sequence[Running]) -> Running | None:
        return None


def one_by_one() -> FirstCome:
    """A batch for every request."""
    return FirstCome(most=1, name="one by one")
