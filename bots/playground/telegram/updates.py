"""Updates on their way to the bot: long polling with offsets, or a webhook with retries."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.telegram.errors import TelegramError
from bots.playground.telegram.state import Payload

KEPT_SECONDS = 24 * 3600
LEFT_OUT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""core.telegram.org/bots/api#getupdates, allowed_updates."""
_PAUSES = (0.2, 1.0, 5.0, 30.0, 60.0)
"""Seconds between the tries of a webhook; the last is repeated."""

_log = logging.getLogger(__name__)


@dataclass
class Updates:
    """The bot's queue."""

    clock: PlayClock
    faults: Faults
    journal: Journal
    allowed: frozenset[str] | None = None
    webhook: str = ""
    secret: str = ""
    last_error: str = ""
    _queue: list[tuple[float, Payload]] = field(default_factory=list)
    _next: int = 500_001
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Event | None = None
    _held: list[Payload] = field(default_factory=list)

    @property
    def pending(self) -> int:
        return len(self._queue)

    @property
    def polled(self) -> bool:
        """Whether a long poll waits right now."""
        return self._poller is not None

    def push(self, kind: str, content: Payload) -> None:
        """Queue an update, unless the bot did not ask for its kind."""
        wanted = kind not in LEFT_OUT_BY_DEFAULT if self.allowed is None else kind in self.allowed
        if not wanted:
            return
        if self.faults.take(FaultKind.REORDER_DELIVERY, kind):
            self._held.append({kind: content})
            return
        copies = 2 if self.faults.take(FaultKind.DUPLICATE_DELIVERY, kind) else 1
        update = self._numbered({kind: content})
        for _ in range(copies):
            self.enqueue(update)
        for held in self._held:
            self.enqueue(self._numbered(held))
        self._held.clear()

    def enqueue(self, update: Payload) -> None:
        """Queue a finished update."""
        self._queue.append((self.clock.now(), update))
        self._arrived.set()

    def confirm(self, offset: int) -> None:
        """Forget everything below `offset`; negative keeps only so many of the newest."""
        if offset < 0:
            self._queue = self._queue[offset:]
        else:
            self._queue = [each for each in self._queue if each[1]["update_id"] >= offset]

    def drop(self) -> None:
        """Forget everything."""
        self._queue.clear()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Payload]:
        """Wait for updates from `offset` on.

        Raises:
            TelegramError: 409, a webhook is set, or a newer poll took this one's place.
        """
        if self.webhook:
            raise TelegramError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self._poller is not None:
            self._poller.set()
        mine = self._poller = asyncio.Event()
        try:
            self.confirm(offset)
            await self._wait(mine, timeout)
        finally:
            if self._poller is mine:
                self._poller = None
        if mine.is_set():
            raise TelegramError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        return self._take(limit)

    async def _wait(self, replaced: asyncio.Event, timeout: float) -> None:
        self._expire()
        if self._queue or timeout <= 0:
            return
        self._arrived.clear()
        waiters = [asyncio.create_task(self._arrived.wait()), asyncio.create_task(replaced.wait())]
        try:
            await asyncio.wait(waiters, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()

    def _take(self, limit: int) -> list[Payload]:
        taken = [update for _, update in self._queue[: max(1, min(limit, 100))]]
        for update in taken:
            self._note(update, "polled")
        return taken

    def _expire(self) -> None:
        oldest = self.clock.now() - KEPT_SECONDS
        self._queue = [each for each in self._queue if each[0] >= oldest]

    def _numbered(self, content: Payload) -> Payload:
        update = {"update_id": self._next, **content}
        self._next += 1
        return update

    def _note(self, update: Payload, outcome: str) -> None:
        kind = next(key for key in update if key != "update_id")
        chat = update[kind].get("chat", {}) if isinstance(update[kind], dict) else {}
        self.journal.note("delivery", kind, place=str(chat.get("id", "")), body=update, outcome=outcome)

    async def deliver_forever(self, changed: Callable[[], None]) -> None:
        """Push to the webhook while one is set, each update until it is taken."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self.webhook and self._queue:
                    entry = self._queue[0]
                    await self._deliver(session, entry[1])
                    self._queue = [each for each in self._queue if each is not entry]
                    changed()

    async def _deliver(self, session: aiohttp.ClientSession, update: Payload) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        for attempt in range(100):
            outcome = await self._post(session, update, headers)
            self._note(update, outcome)
            self.last_error = "" if outcome == "200" else f"Wrong response from the webhook: {outcome}"
            if outcome.startswith("2") or not self.webhook:
                return
            await self.clock.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])

    async def _post(self, session: aiohttp.ClientSession, update: Payload, headers: dict[str, str]) -> str:
        try:
            async with session.post(self.webhook, json=update, headers=headers) as answer:
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    def wake(self) -> None:
        """Look again: the webhook or the clock changed."""
        self._arrived.set()
