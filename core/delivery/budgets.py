"""How many answers a person and a channel may ask for, so that nobody takes the assistant from the others."""

from collections.abc import Sequence

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
        """Count the turn for everybody who asks in it and has something left, and for its channel.

        Raises:
            OverBudget: nobody who asks has anything left, or the channel has not.
        """
        people = list(dict.fromkeys(message.sender.key for message in turn.messages))
        waits = [self._take(person, policy.person_budget) for person in people]
        if min(waits) > 0:
            raise self._refusal(people, min(waits))
        channel = turn.conversation.channel_key
        if wait := self._take(channel, policy.channel_budget):
            raise self._refusal(people, wait, channel)

    def _take(self, key: str, limit: int) -> float:
        """Count one answer; where there is none left, the seconds until there is."""
        if limit == 0:
            return 0.0
        if limit not in self._allowances:
            self._allowances[limit] = Allowance(Rate(limit, WINDOW_SECONDS), self._clock)
        allowance = self._allowances[limit]
        return 0.0 if allowance.take(key) else allowance.wait(key)

    def _refusal(self, people: Sequence[str], wait: float, channel: str = "") -> OverBudget:
        """Everybody hears it once a minute, in however many threads they ask; of each channel apart."""
        untold = [self._notices.take(f"{channel} {person}") for person in people]
        return OverBudget(retry_after=wait, of_person=not channel, told=not any(untold))
