"""What leaves for the widget: fills `core.ports.Channel`.

No platform keeps the posts: they stand in the feed, under our own ids. So placing twice is placing once, and
whether a post stands can always be looked up.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from adapters.markdown import clean
from adapters.web import items, limits, render
from adapters.web.audience import Audience
from adapters.web.files import WebFiles
from core import words
from core.errors import Refused, StoreError, Unreachable
from core.message import Attachment, Conversation, LyingFile, Post, Reply
from core.ports import Files
from core.store.ports import Feed

log = logging.getLogger(__name__)


class WebChannel:
    """The posts of the assistant in the widget."""

    def __init__(self, *, feed: Feed, audience: Audience, kept: WebFiles, files: Files) -> None:
        """`kept` holds what visitors are to see; `files` are those of every platform."""
        self._feed = feed
        self._audience = audience
        self._kept = kept
        self._files = files

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut an answer into parts of one message each."""
        *parts, last = render.split(reply.text)
        return [*(Reply(text=part) for part in parts), replace(reply, text=last)]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        """Put `reply` up, or a placeholder. Returns the post's own id."""
        if reply is None:
            await self._put(post, items.placeholder(post))
        else:
            await self._show_whole(post, reply)
        return post.id

    async def settle(self, post: Post, reply: Reply) -> None:
        """Make the post show exactly `reply`; safe to repeat."""
        await self._show_whole(post, reply)
        self._audience.hide(post.conversation.key, post.id)

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        """Look the post up in the feed."""
        try:
            item = await self._feed.find(post.conversation.key, post.id)
        except StoreError as error:
            raise Unreachable(str(error)) from error
        return None if item is None or item.body == items.GONE else post.id

    async def withdraw(self, post: Post) -> None:
        """Take the post away; that it is gone already is success."""
        await self._put(post, items.GONE)

    def drafts(self, conversation: Conversation) -> bool:
        """Growing text is shown apart from what is written down."""
        return True

    def cadence(self, conversation: Conversation) -> float:
        """Seconds between two previews."""
        return limits.CADENCE

    async def working(self, post: Post, doing: str = "") -> None:
        """Show the sign of work, and at what."""
        self._audience.show(post.conversation.key, post.id, doing=doing)

    async def hold(self, post: Post, notice: str) -> bool:
        """Say beside the sign of work why the answer is late."""
        self._audience.show(post.conversation.key, post.id, doing=notice)
        return True

    async def show(self, post: Post, text: str) -> None:
        """Show the answer so far."""
        self._audience.show(post.conversation.key, post.id, body=render.preview(text))

    async def rest(self, post: Post) -> None:
        """Take down what was shown of an answer in the making."""
        self._audience.hide(post.conversation.key, post.id)

    async def _show_whole(self, post: Post, reply: Reply) -> None:
        attached = await self._brought(post, reply.file) if reply.file else None
        if reply.file and attached is None:
            name = clean(reply.file.attachment.name or reply.file.attachment.kind)
            reply = replace(reply, text=words.file_lost(name))
        await self._put(post, items.answer(post, reply, attached))

    async def _brought(self, post: Post, file: LyingFile) -> Attachment | None:
        """The file from elsewhere, kept for the visitor; None where it cannot be had."""
        known = await self._kept.find(post.conversation, post.id)
        if known is not None:
            return known
        try:
            content = await self._files.fetch(
                file.attachment, file.conversation, limit=limits.FILE_FROM_PEOPLE
            )
            return await self._kept.bring(post.conversation, post.id, file.attachment, content)
        except Refused as error:
            log.info("the file of post %s could not be brought: %s", post.id, error)
            return None

    async def _put(self, post: Post, body: str) -> None:
        """The feed is a part of our own database: what it refuses has certainly not arrived."""
        try:
            await self._feed.put(post.conversation.key, post.id, body)
        except StoreError as error:
            raise Unreachable(str(error)) from error
        self._audience.wake(post.conversation.key)
