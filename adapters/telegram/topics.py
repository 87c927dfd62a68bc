"""Topics of a group: a thread with a title of its own (core.telegram.org/bots/api#createforumtopic)."""

import logging

from adapters.telegram import limits
from adapters.telegram.api import Api
from adapters.telegram.errors import NotModified
from core.errors import Gone, Moved, Refused
from core.message import Post, Reply

_NAME = 128
"""Characters of a topic's name."""
_UNNAMED = "…"

log = logging.getLogger(__name__)


class Topics:
    """Opens, names and closes them; in place of a post, a topic is begun by its name."""

    def __init__(self, *, api: Api) -> None:
        self._api = api

    async def open(self, post: Post, reply: Reply | None) -> str:
        """Begin a topic; returns its id.

        Raises:
            Uncertain: it may be there; then it stays empty, and another is begun.
        """
        place = post.conversation
        async with self._api.calling(rates=limits.posts(place), repeatable=False) as bot:
            topic = await bot.create_forum_topic(int(place.channel), _name(reply))
        return str(topic.message_thread_id)

    async def settle(self, post: Post, reply: Reply) -> None:
        """Make the topic bear this name, and be closed or open; that it is so already is success."""
        chat, topic = int(post.conversation.channel), int(post.platform_id)
        rates = limits.signs(post.conversation)
        try:
            async with self._api.calling(rates=rates) as bot:
                await bot.edit_forum_topic(chat, topic, name=_name(reply))
        except NotModified:
            log.debug("topic %d has its name", topic)
        try:
            async with self._api.calling(rates=rates) as bot:
                await (bot.close_forum_topic if reply.closes else bot.reopen_forum_topic)(chat, topic)
        except NotModified:
            log.debug("topic %d is as it should be", topic)

    async def pin(self, post: Post) -> None:
        """Keep a post in sight; where the bot may not, the post stands as it is."""
        place = post.conversation
        try:
            async with self._api.calling(rates=limits.signs(place)) as bot:
                await bot.pin_chat_message(
                    int(place.channel), int(post.platform_id), disable_notification=True
                )
        except NotModified:
            return
        except (Gone, Moved):
            raise
        except Refused as error:
            log.info("post %s is not pinned: %s", post.id, error)


def _name(reply: Reply | None) -> str:
    text = " ".join(reply.text.split()) if reply else ""
    return text[:_NAME] or _UNNAMED
