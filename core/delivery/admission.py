"""Who is answered next: fair among channels, and no more at once than the engine writes well."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile

from core.engine.types import Load
from core.errors import Overloaded
from core.message import Conversation

REFRESH_SECONDS = 10.0
"""Between two forecasts for a person who waits."""
WORTH_TELLING = 3.0
"""Seconds of waiting from which on a person is told."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a person who waits may expect."""

    ahead: int
    """Questions that are answered before."""
    seconds: float
    """Until the answer begins."""


@dataclass(eq=False, kw_only=True)
class _Waiting:
    """A turn that waits for a seat."""

    channel: str
    person: str
    seat: "asyncio.Future[None]"


class Admission:
    """Lets turns through to the engine, channel by channel in rotation.

    A channel with many questions at once waits for itself, not for others: each round takes one question of
    every channel that has any. Within a channel the order is that of arrival. One person holds half of the
    seats at most, so that others find one free.

    Args:
        load: the engine's own figures, read anew whenever they matter.
    """

    def __init__(self, load: Callable[[], Load]) -> None:
        self._load = load
        self._waiting: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self._seated = Counter[str]()
        """Seats that are taken, by person."""
        self.backlog = 0
        """Conversations with something to answer that do not wait here yet."""

    @asynccontextmanager
    async def seat(
        self,
        conversation: Conversation,
        person: str,
        *,
        longest_wait: float,
        tell: Callable[[Forecast], None],
    ) -> AsyncIterator[None]:
        """Wait for a seat, and keep it for as long as the block runs.

        Args:
            person: who asks; empty: nobody in particular, who may hold every seat.
            longest_wait: seconds that a person may be asked to wait.
            tell: called with a forecast, and again while it lasts, where the wait is worth telling.

        Raises:
            Overloaded: it would be longer.
        """
        await self._sit_down(conversation, person, longest_wait, tell)
        try:
            yield
        finally:
            self._stand_up(person)

    def forecast(self, conversation: Conversation) -> Forecast:
        """What somebody who asks here now may expect."""
        return self._expected(self._ahead(conversation.channel_key, list(self._of(conversation)), ""))

    @property
    def waiting(self) -> int:
        """Turns that wait for a seat."""
        return sum(len(queue) for queue in self._waiting.values())

    async def _sit_down(
        self, conversation: Conversation, person: str, longest_wait: float, tell: Callable[[Forecast], None]
    ) -> None:
        self._admit()
        if self._has_room(person):  # whoever waits has as many seats as they may
            self._seated[person] += 1
            return
        name, before = conversation.channel_key, list(self._of(conversation))
        if (forecast := self._expected(self._ahead(name, before, person))).seconds > longest_wait:
            raise Overloaded(retry_after=forecast.seconds)
        waits = _Waiting(channel=name, person=person, seat=asyncio.get_running_loop().create_future())
        self._waiting.setdefault(name, deque()).append(waits)
        self._admit()
        try:
            await self._patiently(waits, tell)
        except asyncio.CancelledError:
            self._give_up(waits)
            raise

    async def _patiently(self, waits: _Waiting, tell: Callable[[Forecast], None]) -> None:
        while not waits.seat.done():
            before = list(takewhile(lambda each: each is not waits, self._waiting[waits.channel]))
            forecast = self._expected(self._ahead(waits.channel, before, waits.person))
            if forecast.seconds >= WORTH_TELLING:
                tell(forecast)
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await asyncio.shield(waits.seat)
            self._admit()  # the engine may have more room now, though nobody left

    def _of(self, conversation: Conversation) -> Sequence[_Waiting]:
        """Those who wait in its channel."""
        return self._waiting.get(conversation.channel_key, ())

    def _expected(self, ahead: int) -> Forecast:
        load, ahead = self._load(), ahead + self.backlog
        return Forecast(ahead=ahead, seconds=load.wait_seconds(load.queued + ahead + 1))

    def _ahead(self, channel: str, before: Sequence[_Waiting], person: str) -> int:
        """Those who come before: within the channel by order, of the others one a round; of one's own
        questions, only so many are answered at once.

        Args:
            before: those in the channel who came earlier.
        """
        others = (queue for name, queue in self._waiting.items() if name != channel)
        in_line = len(before) + sum(min(len(queue), len(before) + 1) for queue in others)
        own = sum(each.person == person for each in before) if person else 0
        return max(in_line, own * self._load().capacity // self._share())

    def _share(self) -> int:
        """Seats that one person may hold."""
        return max(1, self._load().capacity // 2)

    def _has_room(self, person: str) -> bool:
        is_free = self._seated.total() < self._load().capacity
        return is_free and (not person or self._seated[person] < self._share())

    def _admit(self) -> None:
        """Give free seats to those whose turn it is."""
        while waits := self._next():
            self._leave_queue(waits)
            if waits.channel in self._waiting:
                self._waiting.move_to_end(waits.channel)
            self._seated[waits.person] += 1
            waits.seat.set_result(None)

    def _next(self) -> _Waiting | None:
        """The first of the first channel that there is room for."""
        everybody = (waits for queue in self._waiting.values() for waits in queue)
        return next((waits for waits in everybody if self._has_room(waits.person)), None)

    def _stand_up(self, person: str) -> None:
        self._seated[person] -= 1
        self._seated += Counter()  # forgets who has none
        self._admit()

    def _give_up(self, waits: _Waiting) -> None:
        if waits.seat.done():
            self._stand_up(waits.person)
        else:
            self._leave_queue(waits)

    def _leave_queue(self, waits: _Waiting) -> None:
        self._waiting[waits.channel].remove(waits)
        if not self._waiting[waits.channel]:
            del self._waiting[waits.channel]
