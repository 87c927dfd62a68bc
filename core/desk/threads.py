"""The desk's threads, by our names for them inside and by the platform's outside."""

from collections.abc import Sequence
from dataclasses import replace

from core.message import Conversation, Post, Reply
from core.ports import Channel
from core.store.ports import Tickets


class Threads:
    """Fills `core.ports.Channel` in front of the desk's platform.

    A ticket's conversation exists before its thread does. Its first post is put up in the channel itself; the
    id that the platform gives it is the thread's, in which all others stand.
    """

    def __init__(self, channel: Channel, tickets: Tickets) -> None:
        self._channel = channel
        self._tickets = tickets
        self._known: dict[str, str] = {}

    def split(self, reply: Reply) -> Sequence[Reply]:
        return self._channel.split(reply)

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        return await self._channel.place(await self._outside(post), reply)

    async def settle(self, post: Post, reply: Reply) -> None:
        await self._channel.settle(await self._outside(post), reply)

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        return await self._channel.find(await self._outside(post), reply)

    async def withdraw(self, post: Post) -> None:
        await self._channel.withdraw(await self._outside(post))

    def drafts(self, conversation: Conversation) -> bool:
        return self._channel.drafts(conversation)

    def cadence(self, conversation: Conversation) -> float:
        return self._channel.cadence(conversation)

    async def working(self, post: Post, doing: str = "") -> None:
        await self._channel.working(await self._outside(post), doing)

    async def hold(self, post: Post, notice: str) -> bool:
        return await self._channel.hold(await self._outside(post), notice)

    async def show(self, post: Post, text: str) -> None:
        await self._channel.show(await self._outside(post), text)

    async def rest(self, post: Post) -> None:
        await self._channel.rest(await self._outside(post))

    async def _outside(self, post: Post) -> Post:
        """The post where the platform knows it to be."""
        place = post.conversation
        if not place.is_desk:
            return post
        thread = await self._thread(place)
        opens = not thread or post.platform_id == thread
        return replace(post, conversation=replace(place, thread="" if opens else thread), opens=opens)

    async def _thread(self, place: Conversation) -> str:
        if place.key not in self._known:
            ticket = await self._tickets.of_desk(place.key)
            if ticket is None or not ticket.thread:
                return ""
            self._known[place.key] = ticket.thread
        return self._known[place.key]
