"""Who is answered next: fair among channels, and no more at once than the engine writes well."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

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


class Admission:
    """Lets turns through to the engine, channel by channel in rotation.

    A channel with many questions at once waits for itself, not for others: each round takes one question of
    every channel that has any. Within a channel the order is that of arrival.

    Args:
        load: the engine's own figures, read anew whenever they matter.
    """

    def __init__(self, load: Callable[[], Load]) -> None:
        self._load = load
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._seated = 0
        self.backlog = 0
        """Conversations with something to answer that do not wait here yet."""

    @asynccontextmanager
    async def seat(
        self, conversation: Conversation, *, longest_wait: float, tell: Callable[[Forecast], None]
    ) -> AsyncIterator[None]:
        """Wait for a seat, and keep it for as long as the block runs.

        Args:
            longest_wait: seconds that a person may be asked to wait.
            tell: called with a forecast, and again while it lasts, where the wait is worth telling.

        Raises:
            Overloaded: it would be longer.
        """
        await self._sit_down(conversation, longest_wait, tell)
        try:
            yield
        finally:
            self._seated -= 1
            self._admit()

    def forecast(self, conversation: Conversation) -> Forecast:
        """What somebody who asks here now may expect."""
        own = len(self._waiting.get(conversation.channel_key, ()))
        others = (queue for name, queue in self._waiting.items() if name != conversation.channel_key)
        return self._expected(own + sum(min(len(queue), own + 1) for queue in others))

    @property
    def waiting(self) -> int:
        """Turns that wait for a seat."""
        return sum(len(queue) for queue in self._waiting.values())

    async def _sit_down(
        self, conversation: Conversation, longest_wait: float, tell: Callable[[Forecast], None]
    ) -> None:
        if not self._waiting and self._seated < self._load().capacity:
            self._seated += 1
            return
        if (forecast := self.forecast(conversation)).seconds > longest_wait:
            raise Overloaded(retry_after=forecast.seconds)
        name, seat = conversation.channel_key, asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, deque()).append(seat)
        self._admit()
        try:
            await self._patiently(name, seat, tell)
        except asyncio.CancelledError:
            self._give_up(name, seat)
            raise

    async def _patiently(
        self, name: str, seat: asyncio.Future[None], tell: Callable[[Forecast], None]
    ) -> None:
        while not seat.done():
            forecast = self._expected(self._ahead_of(name, seat))
            if forecast.seconds >= WORTH_TELLING:
                tell(forecast)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(seat), REFRESH_SECONDS)
            self._admit()  # the engine may have more room now, though nobody left

    def _expected(self, ahead: int) -> Forecast:
        load, ahead = self._load(), ahead + self.backlog
        return Forecast(ahead=ahead, seconds=load.wait_seconds(load.queued + ahead + 1))

    def _ahead_of(self, name: str, seat: asyncio.Future[None]) -> int:
        """Those who wait and come before: within the channel by order, of the others one a round."""
        own = self._waiting[name].index(seat)
        others = (queue for each, queue in self._waiting.items() if each != name)
        return own + sum(min(len(queue), own + 1) for queue in others)

    def _admit(self) -> None:
        """Give free seats to those whose turn it is."""
        while self._waiting and self._seated < self._load().capacity:
            name, queue = self._waiting.popitem(last=False)
            queue.popleft().set_result(None)
            self._seated += 1
            if queue:
                self._waiting[name] = queue

    def _give_up(self, name: str, seat: asyncio.Future[None]) -> None:
        if seat.done():
            self._seated -= 1
            self._admit()
            return
        self._waiting[name].remove(seat)
        if not self._waiting[name]:
            del self._waiting[name]
