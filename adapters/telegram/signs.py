"""Signs of work: drafts in private chats, the typing line elsewhere. Courtesies, which may fail unnoticed."""

import asyncio
import logging

from telegram.constants import ChatAction

from adapters.errands import Errands
from adapters.telegram import ids, limits
from adapters.telegram.api import Api
from adapters.telegram.errors import MethodMissing
from adapters.telegram.posts import entities, has_drafts
from adapters.telegram.render import TelegramText
from core.errors import PlatformError
from core.message import Conversation, Post
from core.ports import Clock

DRAFT_LASTS, TYPING_LASTS = 25.0, 4.5
"""Seconds until a sign is renewed; Telegram shows a draft for 30 and the typing line for 5."""
THINKING = TelegramText(text="")
"""An empty draft reads "Thinking…" (core.telegram.org/bots/api#sendmessagedraft)."""

log = logging.getLogger(__name__)


class Signs:
    """Shows that the assistant is at work."""

    def __init__(self, *, api: Api, errands: Errands, clock: Clock) -> None:
        self._api = api
        self._errands = errands
        self._clock = clock
        self._raised: dict[str, asyncio.Task[None]] = {}
        self._server_has_drafts = True

    def drafts(self, place: Conversation) -> bool:
        """True where growing text can be shown as a draft."""
        return self._server_has_drafts and has_drafts(place)

    def raise_for(self, post: Post, words: TelegramText) -> None:
        """Show the sign, and keep it up until it is lowered.

        Args:
            words: what it says where signs have words.
        """
        self.lower_for(post)
        task = self._errands.run(self._keep_up(post, words))
        if task is not None:
            self._raised[post.id] = task

    def lower_for(self, post: Post) -> None:
        """Keep the sign up no longer."""
        if task := self._raised.pop(post.id, None):
            task.cancel()

    async def draft(self, post: Post, text: TelegramText) -> None:
        """Show a draft; a server that knows none is asked no more."""
        place = post.conversation
        try:
            async with self._api.calling(rates=limits.signs(place)) as bot:
                await bot.send_message_draft(
                    int(place.channel),
                    ids.draft(post.id),
                    text.text,
                    message_thread_id=ids.number(place.thread),
                    entities=entities(text),
                    api_kwargs={"can_stop": True},
                )
        except MethodMissing:
            self._server_has_drafts = False
            log.info("this server has no drafts; posts are edited instead")

    async def _keep_up(self, post: Post, words: TelegramText) -> None:
        try:
            while True:
                await self._show(post, words)
                await self._clock.sleep(DRAFT_LASTS if self._drafts(post) else TYPING_LASTS)
        except PlatformError as error:
            log.info("no sign of work for post %s: %s", post.id, error)

    async def _show(self, post: Post, words: TelegramText) -> None:
        if self._drafts(post):
            await self.draft(post, words)
        else:
            await self._typing(post.conversation)

    def _drafts(self, post: Post) -> bool:
        """A draft gives way to a new post only: where an old one is written anew, it would stay behind."""
        return self.drafts(post.conversation) and not post.platform_id

    async def _typing(self, place: Conversation) -> None:
        async with self._api.calling(rates=limits.signs(place)) as bot:
            await bot.send_chat_action(
                int(place.channel),
                ChatAction.TYPING,
                message_thread_id=ids.number(place.thread),
                business_connection_id=ids.business_connection(place),
            )
