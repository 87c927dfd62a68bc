"""The calls that put up, change and take down posts; what they mean together is `egress`'s business."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from slack_sdk.models.blocks import (
    Block,
    MarkdownBlock,
)
from slack_sdk.models.messages.chunk import MarkdownTextChunk

from adapters.slack import limits
from adapters.slack.api import Api, answer
from adapters.slack.ids import to_ts
from adapters.slack.payload import Payload
from adapters.slack.workspaces import Workspaces
from core.message import Person, Post

PLACEHOLDER = "…"
EVENT_TYPE = "frontdesk_post"
"""Type of the metadata by which we find our own posts again."""
CLOCK_SKEW = timedelta(seconds=30)
"""How far Slack's clock may be behind ours when we look for a post."""
PAGE = 200


class Posts:
    """Posts on Slack, addressed by our own `Post`."""

    def __init__(self, *, api: Api, workspaces: Workspaces) -> None:
        self._api = api
        self._workspaces = workspaces

    async def start(self, post: Post) -> str:
        """Start a stream (chat.startStream) and return its `ts`."""
        workspace = await self._workspaces.get(post.conversation.tenant)
        async with self._api.calling("chat.startStream", workspace, repeatable=False) as client:
            started = await client.chat_startStream(
                channel=post.conversation.channel,
                thread_ts=post.conversation.thread,
                recipient_team_id=post.recipient.tenant if post.recipient else None,
                recipient_user_id=post.recipient.id if post.recipient else None,
            )
            return answer(started).required("ts")

    async def append(self, post: Post, text: str) -> None:
        """Let a stream grow. Not repeatable: the text would stand there twice."""
        workspace = await self._workspaces.get(post.conversation.tenant)
        also = limits.preview_rates("chat.appendStream", workspace.team)
        async with self._api.calling("chat.appendStream", workspace, repeatable=False, also=also) as client:
            await client.chat_appendStream(
                channel=post.conversation.channel,
                ts=post.platform_id,
                chunks=[MarkdownTextChunk(text=text)],
            )

    async def stop(self, post: Post, *, tail: str = "", blocks: Sequence[Block] = ()) -> None:
        """End a stream with its last words and what stands below it."""
        workspace = await self._workspaces.get(post.conversation.tenant)
        async with self._api.calling("chat.stopStream", workspace) as client:
            await client.chat_stopStream(
                channel=post.conversation.channel,
                ts=post.platform_id,
                chunks=[MarkdownTextChunk(text=tail)] if tail else None,
                blocks=list(blocks) or None,
                metadata=_metadata(post),
            )

    async def put_up(self, post: Post, *, blocks: Sequence[Block] = (), summary: str) -> str:
        """Put up a plain post (chat.postMessage) and return its `ts`."""
        place = post.conversation
        workspace = await self._workspaces.get(place.tenant)
        async with self._api.calling(
            "chat.postMessage", workspace, channel=place.channel, repeatable=False
        ) as client:
            posted = await client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread or None,
                text=summary,
                blocks=list(blocks) or None,
                metadata=_metadata(post),
                unfurl_links=False,
                unfurl_media=False,
            )
            return answer(posted).required("ts")

    async def whisper(self, post: Post, person: Person, *, blocks: Sequence[Block], summary: str) -> str:
        """Say it so that one person sees it, as long as they look (chat.postEphemeral); returns its `ts`."""
        place = post.conversation
        workspace = await self._workspaces.get(place.tenant)
        async with self._api.calling(
            "chat.postEphemeral", workspace, channel=place.channel, repeatable=False
        ) as client:
            told = await client.chat_postEphemeral(
                channel=place.channel,
                user=person.id,
                thread_ts=place.thread or None,
                text=summary,
                blocks=list(blocks),
            )
            return answer(told).required("message_ts")

    async def change(
        self, post: Post, *, blocks: Sequence[Block], summary: str, preview: bool, file: str = ""
    ) -> None:
        """Make a post show these blocks (chat.update), and a file with them.

        Args:
            summary: what notifications show.
            file: id of an uploaded file.
        """
        workspace = await self._workspaces.get(post.conversation.tenant)
        also = limits.preview_rates("chat.update", workspace.team) if preview else None
        async with self._api.calling("chat.update", workspace, also=also) as client:
            await client.chat_update(
                channel=post.conversation.channel,
                ts=post.platform_id,
                text=summary,
                blocks=list(blocks),
                metadata=_metadata(post),
                unfurl_links=False,
                unfurl_media=False,
                file_ids=[file] if file else None,
            )

    async def delete(self, post: Post) -> None:
        """Take a post down (chat.delete)."""
        workspace = await self._workspaces.get(post.conversation.tenant)
        async with self._api.calling("chat.delete", workspace) as client:
            await client.chat_delete(channel=post.conversation.channel, ts=post.platform_id)

    async def around(self, post: Post) -> AsyncIterator[Payload]:
        """Our own messages where `post` would stand, from the time of its placing on."""
        workspace = await self._workspaces.get(post.conversation.tenant)
        cursor = ""
        while True:
            page = await self._page(post, cursor)
            for message in page.parts("messages"):
                if message.text("bot_id") == workspace.bot:
                    yield message
            cursor = page.part("response_metadata").text("next_cursor")
            if not cursor:
                return

    async def has_file(self, post: Post) -> bool:
        """Whether a placed post has a file already."""
        async for message in self.around(post):
            if message.text("ts") == post.platform_id:
                return bool(message.parts("files"))
        return False

    async def _page(self, post: Post, cursor: str) -> Payload:
        place = post.conversation
        workspace = await self._workspaces.get(place.tenant)
        oldest = to_ts(post.created_at - CLOCK_SKEW) if post.created_at else "0"
        if not place.thread:
            async with self._api.calling("conversations.history", workspace) as client:
                return answer(
                    await client.conversations_history(
                        channel=place.channel,
                        oldest=oldest,
                        limit=PAGE,
                        cursor=cursor or None,
                        include_all_metadata=True,
                    )
                )
        async with self._api.calling("conversations.replies", workspace) as client:
            return answer(
                await client.conversations_replies(
                    channel=place.channel,
                    ts=place.thread,
                    oldest=oldest,
                    limit=PAGE,
                    cursor=cursor or None,
                    include_all_metadata=True,
                )
            )


def is_post(message: Payload, post: Post) -> bool:
    """True where a message carries the metadata of `post`."""
    metadata = message.part("metadata")
    return (
        metadata.text("event_type") == EVENT_TYPE
        and metadata.part("event_payload").text("post_id") == post.id
    )


def is_unsettled(message: Payload) -> bool:
    """True for a stream that was started and never finished: only the end of a stream takes metadata."""
    return bool(message.text("streaming_state")) and not message.part("metadata").values


def answer_blocks(text: str) -> list[Block]:
    """A finished text as standard Markdown."""
    return [MarkdownBlock(text=text)]


def _metadata(post: Post) -> dict[str, object]:
    return {"event_type": EVENT_TYPE, "event_payload": {"post_id": post.id}}
