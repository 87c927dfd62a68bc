"""What a person sees while the answer is being made."""

import asyncio
import logging
from contextlib import suppress

from core.delivery.responder import Answer
from core.delivery.sender import Sender
from core.errors import PlatformError, RateLimited, StoreError
from core.message import Post
from core.ports import Channel, Clock

PARTING_SECONDS = 3.0
NOTHING = Answer(text="", route="")

_log = logging.getLogger(__name__)


class LivePost:
    """Shows one growing answer, as often as the platform bears and never more often than it grows.

    Failures only cost the preview: the whole answer goes out through the outbox afterwards.
    """

    def __init__(
        self, channel: Channel, sender: Sender, post: Post, clock: Clock, *, look_first: bool
    ) -> None:
        """`look_first`: an earlier process may have put the post up already."""
        self._channel = channel
        self._sender = sender
        self._look_first = look_first
        self._grown = asyncio.Event()
        self._closing = asyncio.Event()
        self._notice = ""
        self.post = post
        self._clock = clock
        self._began = clock.monotonic()
        self.answer = NOTHING
        """As far as it is written."""
        self.first_word: float | None = None
        """Seconds after which there was a word of it to show; None while there was none."""

    def feed(self, answer: Answer) -> None:
        """The answer so far, whole; or, without a text, what is being done."""
        self.answer = answer
        if answer.text and self.first_word is None:
            self.first_word = self._clock.monotonic() - self._began
        self._notice = ""
        self._grown.set()

    def begin_anew(self) -> None:
        """The answer is written from the start again; what was shown stands until there is more."""
        self.answer = NOTHING

    def hold(self, notice: str) -> None:
        """Say why the answer is late, until it begins to grow."""
        self._notice = notice
        self._grown.set()

    def close(self) -> None:
        """Stop after the call under way; cancelling it could lose the id of a post that stands there."""
        self._closing.set()
        self._grown.set()

    async def run(self) -> None:
        """Show what is fed, until closed."""
        try:
            await self._channel.working(self.post)
            while await self._more():
                await self._pause(await self._show())
        except PlatformError as error:
            _log.info("no live view of post %s: %s", self.post.id, error)

    async def part(self, notice: str) -> None:
        """Say, as the last thing, why the answer does not go on; a few seconds are all this may take."""
        try:
            async with asyncio.timeout(PARTING_SECONDS):
                await self._explain(notice)
        except (PlatformError, StoreError, TimeoutError) as error:
            _log.info("post %s was left without a word: %r", self.post.id, error)

    async def _more(self) -> bool:
        await self._grown.wait()
        self._grown.clear()
        return not self._closing.is_set()

    async def _show(self) -> float:
        """Show the text; return the seconds until the next call."""
        try:
            if shown := self.answer.shown:
                await self._reveal(shown)
            elif self._notice:
                await self._explain(self._notice)
            else:
                await self._channel.working(self.post, self.answer.doing)
        except RateLimited as error:
            self._grown.set()
            return error.retry_after
        return self._channel.cadence(self.post.conversation)

    async def _explain(self, notice: str) -> None:
        if not await self._channel.hold(self.post, notice):
            await self._reveal(notice)

    async def _reveal(self, text: str) -> None:
        if not self.post.platform_id and not self._channel.drafts(self.post.conversation):
            self.post = await self._sender.place(self.post, look_first=self._look_first)
        await self._channel.show(self.post, text)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
