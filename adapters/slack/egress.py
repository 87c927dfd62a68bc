"""What leaves for Slack: fills `core.ports.Channel`.

A post is a stream where Slack allows one, otherwise a placeholder that is edited. Either way `settle` ends
with the whole answer standing there, whatever became of the stream.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from slack_sdk.models.blocks import Block

from adapters.errands import Errands
from adapters.markdown import clean
from adapters.slack import limits
from adapters.slack.api import Api
from adapters.slack.below import below_answer
from adapters.slack.errors import NOT_STREAMING, NoSuchPost, SlackRefused
from adapters.slack.posts import PLACEHOLDER, Posts, answer_blocks, is_post, is_unsettled
from adapters.slack.render import StreamText, neutralise, preview, render, summary
from adapters.slack.signs import Signs
from adapters.slack.uploads import Uploads, name_of
from adapters.slack.workspaces import Workspaces
from core import words
from core.delivery.pacing import Allowance
from core.errors import RateLimited, Refused, Uncertain, Unreachable
from core.message import Conversation, LyingFile, Post, Reply
from core.ports import Clock

_POSTS_REMEMBERED = 10_000

log = logging.getLogger(__name__)


class Shape(Enum):
    """What a placed post is on Slack's side, as far as we know."""

    STREAM = auto()
    PLAIN = auto()
    DOUBTFUL = auto()
    """Perhaps a stream that is still open: it must be closed before it can be edited."""


@dataclass
class _Growth:
    """What we know of a post between its placing and its settling."""

    place: Conversation
    shape: Shape
    stream: StreamText = field(default_factory=StreamText)
    unsent: str = ""
    """What the stream should show, and certainly does not yet."""
    is_growing: bool = True
    shown: Reply | None = None
    """The whole reply that it shows, where it was put up with it."""


class SlackChannel:
    """The posts of the assistant in Slack."""

    def __init__(
        self, *, api: Api, workspaces: Workspaces, errands: Errands, clock: Clock, uploads: Uploads
    ) -> None:
        self._uploads = uploads
        self._posts = Posts(api=api, workspaces=workspaces)
        self._signs = Signs(api=api, workspaces=workspaces, errands=errands, clock=clock)
        self._starts = Allowance(limits.METHODS["chat.startStream"], clock)
        self._growths: OrderedDict[str, _Growth] = OrderedDict()

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut an answer into parts of one Slack message each; its citations stand in a block of their own."""
        *parts, last = [Reply(text=part) for part in render(reply.text)]
        return [*parts, replace(reply, text=last.text)]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        """Put up `reply`; else start a stream, or put up a placeholder where Slack refuses one.

        A reply that is known already is one call instead of two, and changes are what Slack limits most.

        Returns:
            Its `ts`.

        Raises:
            Uncertain: it may stand there.
        """
        if reply is not None and reply.private and post.recipient is not None:
            blocks = answer_blocks(neutralise(clean(reply.text)))
            return await self._posts.whisper(post, post.recipient, blocks=blocks, summary=summary(reply.text))
        if reply is not None and reply.file is not None:
            return await self._hold_place(post)
        if reply is not None and (ts := await self._speak(post, reply)) is not None:
            self._remember(post, Shape.PLAIN).shown = reply
            return ts
        ts = await self._start(post) if post.id not in self._growths and self._may_stream(post) else None
        if ts is not None:
            self._remember(post, Shape.STREAM)
            return ts
        return await self._hold_place(post)

    async def settle(self, post: Post, reply: Reply) -> None:
        """Make the post show exactly `reply`, finished; safe to repeat, and after a restart.

        What only one person sees stands as it was placed: Slack lets nobody change it.
        """
        if reply.private:
            return
        growth = self._growths.get(post.id) or self._remember(post, Shape.DOUBTFUL)
        if growth.shown == reply:
            self._growths.pop(post.id)
            return
        below = below_answer(post, reply)
        if reply.file is not None:
            await self._show_file(post, growth, reply.file, below)
        elif growth.shape is Shape.STREAM:
            await self._finish(post, growth, reply.text, below)
        elif growth.shape is Shape.DOUBTFUL:
            await self._close(post, growth)
            await self._rewrite(post, reply.text, below)
        else:
            await self._rewrite(post, reply.text, below)
        self._growths.pop(post.id, None)

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        """Look for the post by its metadata; failing that, for a stream of ours that nobody finished."""
        unsettled = None
        async for message in self._posts.around(post):
            if is_post(message, post):
                return message.required("ts")
            if is_unsettled(message):
                unsettled = message.required("ts")
        return unsettled

    async def withdraw(self, post: Post) -> None:
        """Delete the post; that it is gone already is success."""
        growth = self._growths.pop(post.id, None)
        if growth is not None and growth.shape is not Shape.PLAIN:
            await self._close(post, growth)
        with suppress(NoSuchPost):
            await self._posts.delete(post)

    def drafts(self, conversation: Conversation) -> bool:
        """Slack shows growing text in the placed post itself."""
        return False

    def cadence(self, conversation: Conversation) -> float:
        """Seconds between two previews: about one, more when many answers share the workspace's limits."""
        growing = [each for each in self._growths.values() if each.is_growing]
        mine = next((each for each in reversed(growing) if each.place.key == conversation.key), None)
        shape = mine.shape if mine is not None else Shape.PLAIN
        sharing = [
            each for each in growing if each.place.tenant == conversation.tenant and each.shape is shape
        ]
        method = "chat.appendStream" if shape is Shape.STREAM else "chat.update"
        return limits.preview_seconds(method, len(sharing))

    async def working(self, post: Post, doing: str = "") -> None:
        """Show the status line, and the Stop button where Slack has one."""
        if doing:
            await self._signs.name_work(post, doing)
        else:
            await self._signs.raise_for(post)

    async def hold(self, post: Post, notice: str) -> bool:
        """Say it in the status line; else in the post, which is no stream then: streams take nothing back."""
        if post.platform_id:
            return False
        if await self._signs.say(post, notice):
            return True
        self._remember(post, Shape.PLAIN)
        return False

    async def show(self, post: Post, text: str) -> None:
        """Show the answer so far in the placed post."""
        if not text.strip():
            return
        growth = self._growths.get(post.id) or self._remember(post, Shape.DOUBTFUL)
        if growth.shape is Shape.STREAM and growth.stream.follows(text):
            await self._append(post, growth, text)
            return
        if growth.shape is not Shape.PLAIN:
            await self._close(post, growth)
        growing = preview(text)
        await self._posts.change(post, blocks=answer_blocks(growing), summary=summary(growing), preview=True)

    async def rest(self, post: Post) -> None:
        """Take the signs of work down. What became of the stream is kept until the post is settled."""
        self._signs.lower_for(post)
        if post.id in self._growths:
            self._growths[post.id].is_growing = False

    async def _hold_place(self, post: Post) -> str:
        ts = await self._posts.put_up(post, summary=PLACEHOLDER)
        self._remember(post, Shape.PLAIN)
        return ts

    async def _speak(self, post: Post, reply: Reply) -> str | None:
        """Put the whole reply up; None where Slack refuses it, for a placeholder to stand in its place."""
        blocks = [*answer_blocks(neutralise(clean(reply.text))), *below_answer(post, reply)]
        try:
            return await self._posts.put_up(post, blocks=blocks, summary=summary(reply.text))
        except SlackRefused as error:
            log.info("post %s is put up without its words: %s", post.id, error.code)
            return None

    def _may_stream(self, post: Post) -> bool:
        place = post.conversation
        is_addressed = place.direct or post.recipient is not None
        return not post.quiet and bool(place.thread) and is_addressed and self._starts.take(place.tenant)

    async def _start(self, post: Post) -> str | None:
        """The `ts` of a new stream; None where Slack certainly did not start one."""
        try:
            return await self._posts.start(post)
        except RateLimited as error:
            self._starts.close(post.conversation.tenant, error.retry_after)
        except SlackRefused as error:
            log.info("no stream in %s: %s", post.conversation.key, error.code)
        return None

    def _remember(self, post: Post, shape: Shape) -> _Growth:
        growth = self._growths[post.id] = _Growth(place=post.conversation, shape=shape)
        while len(self._growths) > _POSTS_REMEMBERED:
            self._growths.popitem(last=False)
        return growth

    async def _append(self, post: Post, growth: _Growth, text: str) -> None:
        growth.unsent += growth.stream.feed(text)
        if not growth.unsent:
            return
        try:
            await self._posts.append(post, growth.unsent)
        except SlackRefused as error:
            growth.shape = Shape.PLAIN if error.code in NOT_STREAMING else Shape.DOUBTFUL
        except Uncertain:
            growth.shape = Shape.DOUBTFUL  # what the stream shows is no longer known
            raise
        growth.unsent = ""

    async def _finish(self, post: Post, growth: _Growth, text: str, below: list[Block]) -> None:
        """End the stream with what it lacks, or with the whole text where it shows something else."""
        tail = growth.stream.tail(text)
        if tail is not None and await self._stop(post, growth, growth.unsent + tail, below):
            return
        await self._close(post, growth)
        await self._rewrite(post, text, below)

    async def _stop(self, post: Post, growth: _Growth, tail: str, below: list[Block]) -> bool:
        try:
            await self._posts.stop(post, tail=tail, blocks=below)
        except SlackRefused as error:
            growth.shape = Shape.PLAIN if error.code in NOT_STREAMING else Shape.DOUBTFUL
            log.info("the stream of post %s ended early: %s", post.id, error.code)
            return False
        except Unreachable:
            growth.shape = Shape.DOUBTFUL
            raise
        return True

    async def _close(self, post: Post, growth: _Growth) -> None:
        """Make sure that no stream is open, so that the post can be edited."""
        if growth.shape is not Shape.PLAIN:
            try:
                await self._posts.stop(post)
            except SlackRefused as error:
                log.info("post %s is no open stream: %s", post.id, error.code)
            growth.shape = Shape.PLAIN

    async def _show_file(self, post: Post, growth: _Growth, file: LyingFile, below: list[Block]) -> None:
        """Attach the file to the post; in place of one that cannot be had, say so.

        Whether Slack would attach it a second time is not documented, so after a restart we look first.
        """
        if growth.shape is Shape.DOUBTFUL and await self._posts.has_file(post):
            return
        await self._close(post, growth)
        name = neutralise(clean(name_of(file)))
        try:
            uploaded = await self._uploads.bring(file, post.conversation.tenant)
        except Refused as error:
            log.info("the file of post %s could not be brought: %s", post.id, error)
            await self._rewrite(post, words.file_lost(name), below)
            return
        blocks = [*answer_blocks(name), *below]
        await self._posts.change(post, blocks=blocks, summary=summary(name), preview=False, file=uploaded)

    async def _rewrite(self, post: Post, text: str, below: list[Block]) -> None:
        blocks = [*answer_blocks(neutralise(clean(text))), *below]
        await self._posts.change(post, blocks=blocks, summary=summary(text), preview=False)
