"""People who write until enough is asked, and what they asked."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.crash.talks import Place, Talk

PATIENCE = 6.0
"""Seconds until a person stops waiting for an answer and asks something else."""
LONGEST_BURST = 3
THOUGHT_SECONDS = 1.0
"""How long people think at most before they write again."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something a person asked."""

    number: int
    place: Place
    at: float
    """When, on the emulator's clock."""


@dataclass
class Crowd:
    """Everybody who writes."""

    talks: Sequence[Talk]
    random: Random
    now: Callable[[], float]
    """The emulators' clock."""
    is_enough: Callable[[], bool]
    """Whether people may stop."""
    asked: dict[int, Question] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, numbers: set[int]) -> None:
        """These are answered now."""
        self.answered |= numbers
        self._news.set()
        self._news = asyncio.Event()

    @property
    def open(self) -> set[int]:
        """Asked and not answered."""
        return self.asked.keys() - self.answered

    async def write(self) -> None:
        """Ask until enough is asked."""
        async with asyncio.TaskGroup() as group:
            for talk in self.talks:
                group.create_task(self._talk(talk))

    async def _talk(self, talk: Talk) -> None:
        while not self.is_enough():
            await asyncio.sleep(self.random.uniform(0.0, THOUGHT_SECONDS))
            burst = [await self._ask(talk)]
            while talk.may_go_on() and len(burst) < self.random.randint(1, LONGEST_BURST):
                await asyncio.sleep(self.random.uniform(0.0, 0.1))
                burst.append(await self._ask(talk))
            if not await self._wait(set(burst)):
                talk.begin_anew()

    async def _ask(self, talk: Talk) -> int:
        number, at = next(self._numbers), self.now()
        place = await talk.ask(number)
        self.asked[number] = Question(number=number, place=place, at=at)
        return number

    async def _wait(self, numbers: set[int]) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                while not numbers <= self.answered:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True
