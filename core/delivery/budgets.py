"""How many answers a person and a channel may ask for, so that nobody takes the assistant from the others."""

from core.delivery.pacing import Allowance, Rate
from core.errors import OverBudget
from core.policy import Policy
from core.ports import Clock
from core.store.records import Turn

WINDOW_SECONDS = 600.0
"""The time over which answers are counted."""
NOTICE = Rate(1, 60.0)
"""How often somebody who asks too much is told so."""


class Budgets:
    """Counts turns in memory: a restart forgives what was spent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowances: dict[int, Allowance] = {}
        self._notices = Allowance(NOTICE, clock)

    def spend(self, turn: Turn, policy: Policy) -> None:
        """Count the turn for everybody who asks in it, and for its channel.

        Raises:
            OverBudget: one of them has nothing left; nothing was counted for those after it.
        """
        for person in dict.fromkeys(message.sender.key for message in turn.messages):
            self._take(person, policy.person_budget, of_person=True)
        self._take(turn.conversation.channel_key, policy.channel_budget, of_person=False)

    def _take(self, key: str, limit: int, *, of_person: bool) -> None:
        if limit == 0:
            return
        if limit not in self._allowances:
            self._allowances[limit] = Allowance(Rate(limit, WINDOW_SECONDS), self._clock)
        allowance = self._allowances[limit]
        if not allowance.take(key):
            told = not self._notices.take(key)
            raise OverBudget(retry_after=allowance.wait(key), of_person=of_person, told=told)
