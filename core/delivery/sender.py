"""Getting posts onto the platform: placed once, from then on only edited, and never blindly repeated."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from core import words
from core.delivery import tally
from core.delivery.heartbeat import KEPT_SECONDS
from core.errors import (
    Gone,
    LeaseLost,
    Moved,
    PlatformError,
    RateLimited,
    StoreError,
    Uncertain,
    Unreachable,
    Vanished,
)
from core.failpoint import reach
from core.message import Post, Reply
from core.ports import Clock, Outbound
from core.store.ports import Outbox
from core.store.records import Delivery, PostState
from core.tracing import span

T = TypeVar("T")
LONGEST_PAUSE = 30.0
"""Seconds between two tries while a platform cannot be reached."""
AGAIN_SECONDS = 0.25
"""Between two tries while the database is away."""

_log = logging.getLogger(__name__)


class Sender:
    """Sends the posts of one conversation."""

    def __init__(self, outbox: Outbox, channel: Outbound, clock: Clock) -> None:
        self._outbox = outbox
        self._channel = channel
        self._clock = clock

    async def place(self, post: Post, reply: Reply | None = None, *, look_first: bool = False) -> Post:
        """Put the post up and keep its id.

        Args:
            reply: what it is to say, where that is known already.
            look_first: it may stand there already.

        Raises:
            RateLimited, Unreachable: not now.
            Uncertain: look first next time. What cannot be looked for leaves a bare placeholder behind, at
                worst; never an answer.
            Refused: never.
            StoreError: it could not be written down where it stands.
        """
        platform_id = await self._channel.find(post, reply) if look_first else None
        if platform_id is None:
            platform_id = await self._put_up(post, reply)
        placed = replace(post, platform_id=platform_id)
        try:
            await self._note_place(placed)
        except StoreError:
            await self._take_back(placed, reply)
            raise
        reach("id_stored")
        return placed

    async def deliver(self, delivery: Delivery) -> None:
        """Bring one post to its end: shown as it should be, withdrawn, or set aside with a reason."""
        try:
            with span("send", post=delivery.post.id, attempts=delivery.attempts):
                await self._finish(delivery)
        except Moved:
            raise
        except PlatformError as error:
            await self._set_aside(delivery.post, str(error))
            _log.warning("post %s set aside: %s", delivery.post.id, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours; the conversation must not wait for its mend
            await self._set_aside(delivery.post, type(error).__name__)
            _log.exception("post %s set aside", delivery.post.id)

    async def persist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call that is safe to repeat until the platform takes it or refuses it for good."""
        pause = 1.0
        while True:
            try:
                return await call()
            except RateLimited as error:
                await self._clock.sleep(error.retry_after)
            except (Unreachable, Uncertain) as error:
                tally.repeated()
                _log.info("platform not reached, next try in %.0f s: %s", pause, error)
                await self._clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _set_aside(self, post: Post, reason: str) -> None:
        await self._outbox.mark(post, PostState.FAILED, reason=reason)
        tally.set_aside(post.conversation.platform)

    async def _finish(self, delivery: Delivery) -> None:
        post = delivery.post
        if delivery.state is PostState.WITHDRAWING:
            await self.persist(lambda: self._channel.withdraw(post))
            await self._outbox.mark(post, PostState.WITHDRAWN)
            return
        reply, doubtful = delivery.reply, delivery.state in (PostState.PLACING, PostState.UNKNOWN)
        if not post.platform_id:
            post = await self._stand(post, reply, doubtful=doubtful)
        try:
            await self.persist(lambda: self._settle(post, reply))
        except Vanished:
            post = await self._stand(replace(post, platform_id=""), reply, doubtful=False)
            await self.persist(lambda: self._settle(post, reply))
        reach("settled")
        await self._outbox.mark(post, PostState.SENT)
        reach("sent")

    async def _stand(self, post: Post, reply: Reply, *, doubtful: bool) -> Post:
        """Place the post, however long it takes."""

        async def attempt() -> Post:
            nonlocal doubtful
            try:
                return await self.place(post, reply, look_first=doubtful)
            except Uncertain:
                doubtful = True
                raise

        return await self.persist(attempt)

    async def _put_up(self, post: Post, reply: Reply | None) -> str:
        await self._outbox.mark(post, PostState.PLACING)
        reach("marked_sending")
        try:
            platform_id = await self._channel.place(post, reply)
        except Uncertain:
            await self._outbox.mark(post, PostState.UNKNOWN)
            raise
        reach("platform_accepted")
        return platform_id

    async def _note_place(self, post: Post) -> None:
        """Write down where a post stands, again and again while the database is away and our lease lasts."""
        until = self._clock.monotonic() + KEPT_SECONDS
        while True:
            try:
                await self._outbox.mark(post, PostState.PLACED, platform_id=post.platform_id)
            except LeaseLost:
                raise
            except StoreError as error:
                if self._clock.monotonic() >= until:
                    raise
                _log.warning("where post %s stands is not written down yet: %s", post.id, error)
                await self._clock.sleep(AGAIN_SECONDS)
            else:
                return

    async def _take_back(self, post: Post, reply: Reply | None) -> None:
        """Take away what nobody would ever find: whoever goes on in this conversation puts up another.

        What can be found is theirs: it may show the answer by now.
        """
        try:
            if await self._channel.find(post, reply) is None:
                await self._channel.withdraw(post)
        except (PlatformError, StoreError) as error:
            _log.info("post %s was left behind: %s", post.id, error)

    async def _settle(self, post: Post, reply: Reply) -> None:
        try:
            await self._channel.settle(post, reply)
        except (Moved, Gone, Vanished, RateLimited, Unreachable, Uncertain, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - refused, or a fault of ours: the person hears something
            _log.warning("post %s: the answer could not be shown: %r", post.id, error)
            await self._channel.settle(replace(post, quiet=True), Reply(text=words.unpostable()))
