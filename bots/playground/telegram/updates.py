"""The bot's queue of updates, and long polling (core.telegram.org/bots/api#getting-updates)."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.telegram.errors import conflict
from bots.playground.telegram.state import Payload

KEPT_SECONDS = 24 * 3600
LONGEST_POLL = 50
"""Seconds; longer timeouts are cut."""
MOST_AT_ONCE = 100
KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        "subscription",
        "stopped_message_generation",
    }
)
OMITTED_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""core.telegram.org/bots/api#getupdates, allowed_updates."""
_WEBHOOK_IS_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(kw_only=True, eq=False)
class Pending:
    """An update that the bot has not confirmed yet."""

    update: Payload
    lane: str
    """A webhook gets updates of one lane, such as a chat, one after the other."""
    since: float
    by_hand: bool = False
    """Then it is handed out once, even if its id was confirmed long ago."""
    is_taken: bool = False

    @property
    def id(self) -> int:
        return int(self.update["update_id"])

    @property
    def kind(self) -> str:
        return next((key for key in self.update if key != "update_id"), "")

    def stays(self, offset: int) -> bool:
        """Whether it is not confirmed by a poll from `offset` on."""
        return self.id >= offset or (self.by_hand and not self.is_taken)


@dataclass
class Updates:
    """Updates in order of their ids, until they are confirmed or a day old."""

    clock: PlayClock
    faults: Faults
    journal: Journal
    changes: Changes
    allowed: frozenset[str] = KINDS - OMITTED_BY_DEFAULT
    queue: deque[Pending] = field(default_factory=deque)
    has_webhook: bool = False
    """Then nobody may poll."""
    _next: int = 500_001
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: "asyncio.Future[str] | None" = None
    """Told why, when something ends the poll that waits."""
    _held: list[tuple[str, Payload, str]] = field(default_factory=list)
    _late: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def polled(self) -> bool:
        """Whether a long poll waits right now."""
        return self._poll is not None

    def allow(self, kinds: list[str]) -> None:
        """Change what is queued from now on; an empty list means the default, unknown kinds are ignored."""
        self.allowed = (KINDS & frozenset(kinds)) or (KINDS - OMITTED_BY_DEFAULT)

    def push(self, kind: str, content: Payload, lane: str) -> None:
        """Queue an update, unless the bot did not ask for its kind."""
        if kind not in self.allowed:
            return
        if self.faults.take(FaultKind.REORDER_DELIVERY, kind):
            self._held.append((kind, content, lane))
        elif fault := self.faults.take(FaultKind.DELAY_DELIVERY, kind):
            self._keep(asyncio.create_task(self._push_late(fault.seconds, kind, content, lane)))
        else:
            self._number(kind, content, lane)
            self._release()

    def enqueue(self, update: Payload, lane: str = "", *, by_hand: bool = False) -> None:
        """Queue a finished update, as it is."""
        self.queue.append(Pending(update=update, lane=lane, since=self.clock.now(), by_hand=by_hand))
        self.wake()
        self._tell()

    def confirm(self, offset: int) -> None:
        """Forget everything below `offset`; a negative one keeps only so many of the newest."""
        before = len(self.queue)
        if offset < 0:
            self.queue = deque(list(self.queue)[offset:])
        elif offset > 0:
            self.queue = deque(each for each in self.queue if each.stays(offset))
        self._expire()
        if len(self.queue) != before:
            self._tell()

    def forget(self, pending: Pending) -> None:
        """An update was taken by the webhook, or given up."""
        self.queue = deque(each for each in self.queue if each is not pending)
        self._tell()

    def drop(self) -> None:
        """Forget everything."""
        self.queue.clear()
        self._tell()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Payload]:
        """Wait for updates from `offset` on.

        Raises:
            TelegramError: 409, a webhook is set, or a newer poll took this one's place.
        """
        if self.has_webhook:
            raise conflict(_WEBHOOK_IS_ACTIVE)
        self.interrupt(
            "terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            self.confirm(offset)
            await self._wait(mine, max(0.0, min(timeout, LONGEST_POLL)))
        finally:
            if self._poll is mine:
                self._poll = None
        if mine.done():
            raise conflict(mine.result())
        return self._take(max(1, min(limit, MOST_AT_ONCE)))

    def interrupt(self, reason: str) -> None:
        """End the poll that waits, if one does, with 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)

    def wake(self) -> None:
        """Look again: something arrived, or the webhook or the clock changed."""
        self._arrived.set()

    async def arrival(self) -> None:
        """Wait until there may be something to deliver."""
        await self._arrived.wait()
        self._arrived.clear()

    def note(self, pending: Pending, outcome: str) -> None:
        """Write a delivery down."""
        self.journal.note("delivery", pending.kind, place=pending.lane, body=pending.update, outcome=outcome)
        self.changes.publish("delivery", {"kind": pending.kind, "chat": pending.lane, "outcome": outcome})

    async def close(self) -> None:
        """Give up what a fault still holds back."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _wait(self, replaced: "asyncio.Future[str]", timeout: float) -> None:
        if self.queue or timeout == 0 or replaced.done():
            return
        self.changes.publish("polling", {})
        self._arrived.clear()
        waiters: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._arrived.wait()),
            asyncio.ensure_future(self.clock.sleep(timeout)),
        ]
        try:
            await asyncio.wait([*waiters, replaced], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()
            await asyncio.gather(*waiters, return_exceptions=True)

    def _take(self, limit: int) -> list[Payload]:
        taken = list(self.queue)[:limit]
        for each in taken:
            each.is_taken = True
            self.note(each, "polled")
        return [each.update for each in taken]

    def _number(self, kind: str, content: Payload, lane: str) -> None:
        if "date" in content and (fault := self.faults.take(FaultKind.CLOCK_SKEW, kind)):
            content = content | {"date": int(content["date"] + fault.seconds)}
        update = {"update_id": self._next, kind: content}
        self._next += 1
        copies = 2 if self.faults.take(FaultKind.DUPLICATE_DELIVERY, kind) else 1
        for _ in range(copies):
            self.enqueue(update, lane)

    def _release(self) -> None:
        """What was held back follows behind the update that has just been queued."""
        held, self._held = self._held, []
        for kind, content, lane in held:
            self._number(kind, content, lane)

    async def _push_late(self, seconds: float, kind: str, content: Payload, lane: str) -> None:
        await self.clock.sleep(seconds)
        self._number(kind, content, lane)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _expire(self) -> None:
        oldest = self.clock.now() - KEPT_SECONDS
        while self.queue and self.queue[0].since < oldest:
            self.queue.popleft()

    def _tell(self) -> None:
        self.changes.publish("pending", {"pending": len(self.queue)})
