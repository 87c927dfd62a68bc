"""Copies of what is kept of people, made at the moment in which they are fetched: none lies about."""

import asyncio

from adapters.web.files import WebFiles
from core.errors import Refused, TooLarge
from core.message import Attachment, Conversation
from core.ports import Clock
from core.privacy import export
from core.settings import Settings
from core.store.ports import Store
from core.translation import spoken

LARGEST = 200 * 1024 * 1024
"""Bytes of a person's own files that go into a copy."""


class Copies:
    """Makes copies. Fills `core.ports.Files`, for what lies on this machine rather than on a platform.

    Where it lies is a conversation whose channel is the person's key, and whose thread their language.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._files = WebFiles(settings.home / "widget", store.sealer)
        self._subjects = store.subjects
        self._clock = clock

    async def document(self, person: str) -> dict[str, object]:
        """The copy as JSON.

        Raises:
            StoreError: it cannot be read.
        """
        rows = await self._subjects.records(await self._subjects.holdings(person))
        return await asyncio.to_thread(export.document, rows, person, self._clock.now())

    async def packed(self, person: str, *, limit: int = LARGEST) -> bytes:
        """The copy as a ZIP file; without the person's own files where these are too many for the limit.

        Raises:
            TooLarge: it has more bytes all the same.
            StoreError: it cannot be read.
        """
        holdings = await self._subjects.holdings(person)
        rows = await self._subjects.records(holdings)
        found = [
            (place, each) for place in holdings.conversations for each in await self._files.all_of(place)
        ]
        is_bearable = sum(each.size for _, each in found) < limit / 2
        attached = {
            f"{each.id[:8]}-{each.name}": await self._files.content(place, each.id)
            for place, each in found
            if is_bearable
        }
        copy = await asyncio.to_thread(export.packed, rows, person, attached, self._clock.now())
        if len(copy) > limit:
            raise TooLarge
        return copy

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        if attachment.id != conversation.channel:
            raise Refused("There is no such copy.")
        with spoken(conversation.thread):
            return await self.packed(conversation.channel, limit=limit)
