"""One window of a visitor: a WebSocket, from hello to its end.

The browser says what it has seen, and gets everything after it, in order, for as long as it listens. What it
sends is acknowledged once it is written down; what is not acknowledged it sends again.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from adapters.web import items, limits, payload
from adapters.web.audience import Audience
from adapters.web.gate import Visitor
from adapters.web.receiver import Receiver
from core.errors import RateLimited, Refused, StoreError, UnreadableEvent
from core.failpoint import reach
from core.ports import Clock
from core.store.ports import Feed

HELLO_SECONDS = 10.0
LOOK_SECONDS = 5.0
"""How often a window looks for what another process wrote down."""
_RESTART, _UNREADABLE, _FAILED, _EXPIRED = 1012, 4400, 1011, 4401

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Services:
    """What every session works with."""

    receiver: Receiver
    feed: Feed
    audience: Audience
    limiter: limits.Limiter
    clock: Clock
    read: Callable[[int, Visitor], Awaitable[dict[str, object]]]
    """A passage in full, as a frame."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once nothing is taken any more."""


class Session:
    """Serves one window; reading and writing are two tasks that end together."""

    def __init__(
        self, socket: web.WebSocketResponse, visitor: Visitor, address: str, after: int, services: Services
    ) -> None:
        self._socket = socket
        self._visitor = visitor
        self._address = address
        self._after = after
        self._services = services
        self._answers: deque[str] = deque()
        """What the visitor's own frames are answered with."""
        self._acknowledged = 0
        self._seen: dict[str, int] = {}
        """The version of each answer in the making that the window shows."""

    async def run(self, welcome: dict[str, object]) -> None:
        """Serve until the window is closed, the token expires, or we stop."""
        place = self._visitor.place.key
        newest = max((item.seq for item in await self._services.feed.since(place, 0, 1)), default=0)
        if self._after > newest:
            self._after = 0  # it remembers what we do not: the database is an older one
        await self._socket.send_json({"type": "welcome", "after": self._after, "newest": newest, **welcome})
        with self._services.audience.seat(place) as news:
            news.set()
            tasks = [asyncio.create_task(self._listen(news)), asyncio.create_task(self._tell(news))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _listen(self, news: asyncio.Event) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                await self._socket.close(code=_UNREADABLE)
                return
            try:
                await self._take(payload.parse(message.data))
            except UnreadableEvent as error:
                log.info("a frame of %s is left out: %s", self._visitor.place.key, error)
                await self._socket.close(code=_UNREADABLE)
                return
            except StoreError as error:
                log.warning("a frame must be sent again: %s", error)
                await self._socket.close(code=_FAILED)
                return
            news.set()

    async def _take(self, frame: payload.Hello | payload.Deed | payload.Read | payload.Ping) -> None:
        match frame:
            case payload.Ping():
                self._answer(type="pong")
            case payload.Hello():
                raise UnreadableEvent("A browser said hello twice.")
            case payload.Read():
                self._services.limiter.event(self._visitor.place.key, self._address)
                self._answer(**await self._services.read(frame.passage, self._visitor))
            case _:
                await self._do(frame)

    async def _do(self, deed: payload.Deed) -> None:
        if self._services.stopping.is_set():
            return  # whoever serves the browser next takes it
        try:
            self._services.limiter.event(self._visitor.place.key, self._address)
            await self._services.receiver.take(deed, self._visitor)
        except RateLimited as error:
            self._answer(type="later", id=deed.id, seconds=round(error.retry_after, 1))
        except Refused:
            self._answer(type="refused", id=deed.id)
        else:
            self._acknowledged += 1
            self._answer(type="ack", id=deed.id)

    def _answer(self, **frame: object) -> None:
        self._answers.append(json.dumps(frame))

    async def _tell(self, news: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await news.wait()
            news.clear()
            await self._catch_up()
            if self._is_over():
                await self._socket.close(code=_EXPIRED)
                return
            if self._services.stopping.is_set() and not self._services.audience.sights(
                self._visitor.place.key
            ):
                await self._socket.close(code=_RESTART)
                return

    def _is_over(self) -> bool:
        until = self._visitor.until
        return until is not None and self._services.clock.now().timestamp() >= until

    async def _catch_up(self) -> None:
        """Send everything that the window does not show yet."""
        place = self._visitor.place.key
        for item in await self._services.feed.since(place, self._after, limits.HISTORY):
            await self._socket.send_str(items.frame(item))
            self._after = item.seq
        while self._answers:
            await self._socket.send_str(self._answers.popleft())
        while self._acknowledged:
            self._acknowledged -= 1
            reach("acked")
        await self._show(place)

    async def _show(self, place: str) -> None:
        """Answers in the making: the newest sight of each, and which of them are no more."""
        sights = dict(self._services.audience.sights(place))
        for post in self._seen.keys() - sights.keys():
            await self._socket.send_json({"type": "rest", "post": post})
            del self._seen[post]
        for post, sight in sights.items():
            if self._seen.get(post) != sight.version:
                await self._socket.send_json(
                    {"type": "sight", "post": post, "doing": sight.doing, "body": sight.body}
                )
                self._seen[post] = sight.version
