"""How much a person and a channel may ask for, so that nobody takes the assistant from the others."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from core.clock import day_of
from core.delivery import tally
from core.delivery.pacing import Allowance, Rate
from core.errors import Budget, OverBudget
from core.policy import Policy
from core.ports import Clock
from core.store.ports import Spending
from core.store.records import Turn

WINDOW_SECONDS = 600.0
"""The time over which answers are counted."""
NOTICE = Rate(1, 60.0)
"""How often somebody who asks too much is told so."""


class Budgets:
    """Counts turns in memory: a restart forgives what was spent. Tokens of a day are in the store.

    Args:
        clock: tells the time.
        spending: knows the tokens of today.
    """

    def __init__(self, clock: Clock, spending: Spending) -> None:
        self._clock = clock
        self._spending = spending
        self._allowances: dict[int, Allowance] = {}
        self._notices = Allowance(NOTICE, clock)

    async def spend(self, turn: Turn, policy: Policy) -> None:
        """Count the turn for everybody who asks in it and has something left, and for its channel.

        Raises:
            OverBudget: nobody who asks has anything left, or the channel has not.
        """
        people = _people(turn)
        if await self._have_no_tokens(people, policy.person_daily_tokens):
            raise self._refusal("person_daily_tokens", people, until_tomorrow(self._clock.now()))
        waits = [self._take(person, policy.person_budget) for person in people]
        if min(waits) > 0:
            raise self._refusal("person_budget", people, min(waits))
        channel = turn.conversation.channel_key
        if wait := self._take(channel, policy.channel_budget):
            raise self._refusal("channel_budget", people, wait, channel)

    async def _have_no_tokens(self, people: Sequence[str], limit: int) -> bool:
        if limit == 0:
            return False
        spent = await self._spending.today(people)
        return all(spent[person] >= limit for person in people)

    def _take(self, key: str, limit: int) -> float:
        """Count one answer; where there is none left, the seconds until there is."""
        if limit == 0:
            return 0.0
        if limit not in self._allowances:
            self._allowances[limit] = Allowance(Rate(limit, WINDOW_SECONDS), self._clock)
        allowance = self._allowances[limit]
        return 0.0 if allowance.take(key) else allowance.wait(key)

    def _refusal(self, budget: Budget, people: Sequence[str], wait: float, channel: str = "") -> OverBudget:
        """Everybody hears it once a minute, in however many threads they ask; of each channel apart."""
        tally.held_off(budget)
        untold = [self._notices.take(f"{channel} {person}") for person in people]
        return OverBudget(retry_after=wait, budget=budget, told=not any(untold))


def charges(turn: Turn, policy: Policy, tokens: int) -> Mapping[str, int]:
    """For whom the tokens of a turn count: for everybody who asks in it, as answers do.

    Args:
        tokens: that were read and written for it.
    """
    return dict.fromkeys(_people(turn), tokens) if tokens and policy.person_daily_tokens else {}


def until_tomorrow(now: datetime) -> float:
    """Seconds until the next day of UTC, on which all tokens are there again."""
    return (day_of(now) + timedelta(days=1) - now).total_seconds()


def _people(turn: Turn) -> Sequence[str]:
    return list(dict.fromkeys(message.sender.key for message in turn.messages))
