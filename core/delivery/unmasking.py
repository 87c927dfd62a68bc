"""What leaves has names again where the model wrote pseudonyms."""

from collections.abc import Sequence
from dataclasses import replace

from core.message import Choice, Conversation, Post, Reply
from core.ports import Channel
from core.privacy.masking import finished, mentions, narrowed, unmasked, widened
from core.store.ports import History


class Unmasking:
    """Fills `core.ports.Channel` with another one; nothing that it passes on is kept with the names in it."""

    def __init__(self, channel: Channel, history: History) -> None:
        self._channel = channel
        self._history = history

    def split(self, reply: Reply) -> Sequence[Reply]:
        if not mentions(reply.text):
            return self._channel.split(reply)
        parts = self._channel.split(replace(reply, text=widened(reply.text)))
        return [replace(each, text=narrowed(each.text)) for each in parts]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        return await self._channel.place(post, await self._named(post, reply) if reply else None)

    async def settle(self, post: Post, reply: Reply) -> None:
        await self._channel.settle(post, await self._named(post, reply))

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        return await self._channel.find(post, reply)

    async def withdraw(self, post: Post) -> None:
        await self._channel.withdraw(post)

    def drafts(self, conversation: Conversation) -> bool:
        return self._channel.drafts(conversation)

    def cadence(self, conversation: Conversation) -> float:
        return self._channel.cadence(conversation)

    async def working(self, post: Post, doing: str = "") -> None:
        await self._channel.working(post, doing)

    async def hold(self, post: Post, notice: str) -> bool:
        return await self._channel.hold(post, notice)

    async def show(self, post: Post, text: str) -> None:
        await self._channel.show(post, await self._text(post, finished(text)))

    async def rest(self, post: Post) -> None:
        await self._channel.rest(post)

    async def _named(self, post: Post, reply: Reply) -> Reply:
        choices = [await self._choice(post, each) for each in reply.choices]
        return replace(reply, text=await self._text(post, reply.text), choices=tuple(choices))

    async def _choice(self, post: Post, choice: Choice) -> Choice:
        """What it says stays masked: it comes back as a message."""
        label = await self._text(post, choice.label, markdown=False)
        return replace(choice, label=label, value=choice.said) if label != choice.label else choice

    async def _text(self, post: Post, text: str, *, markdown: bool = True) -> str:
        if not mentions(text):
            return text
        return unmasked(text, await self._history.names(post.conversation.key), markdown=markdown)
