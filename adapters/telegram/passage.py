"""A passage in full: a small one in an alert that one person sees, a longer one as a message."""

import logging

from adapters import citations
from adapters.telegram import render
from adapters.telegram.api import Api
from adapters.telegram.payload import CallbackQuery
from adapters.telegram.posts import Posts
from core import words
from core.errors import PlatformError, StoreError
from core.knowledge.access import ReadingRoom
from core.knowledge.passages import Found
from core.message import Conversation
from core.translation import spoken

_ALERT = 200
"""Characters (core.telegram.org/bots/api#answercallbackquery)."""
_HEAD = 200

log = logging.getLogger(__name__)


class PassageReader:
    """Shows passages; one that cannot be shown costs nobody an answer."""

    def __init__(self, *, api: Api, reading_room: ReadingRoom) -> None:
        self._api = api
        self._posts = Posts(api=api)
        self._reading_room = reading_room

    async def show(self, passage_id: int, place: Conversation, query: CallbackQuery) -> None:
        """Show the passage, if it may be shown in `place`, to who pressed the button `query` tells of."""
        try:
            found = await self._reading_room.passage(passage_id, place)
            if found is None:
                with spoken(query.author.language_code):
                    await self._alert(query, words.passage_gone())
                return
            text = f"{_head(found)}\n\n{found.passage.text.strip()}"
            if len(text.encode("utf-16-le")) // 2 <= _ALERT:
                await self._alert(query, text)
                return
            await self._alert(query, "")
            if query.message is not None:
                await self._posts.quote(place, _message(found), query.message.message_id)
        except (PlatformError, StoreError) as error:
            log.info("passage %d was not shown in %s: %s", passage_id, place.key, error)

    async def _alert(self, query: CallbackQuery, text: str) -> None:
        async with self._api.calling() as bot:
            await bot.answer_callback_query(query.id, text=text or None, show_alert=bool(text))


def _head(found: Found) -> str:
    where = " › ".join(dict.fromkeys((found.document.title, *found.passage.headings)))
    return citations.shortened(f"{where}, {found.passage.place}" if found.passage.place else where, _HEAD)


def _message(found: Found) -> render.TelegramText:
    return render.quotation(_head(found), found.passage.text)
