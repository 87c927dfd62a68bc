"""Takes what visitors do: written down first, acknowledged afterwards, and shown in all their windows."""

from collections.abc import Sequence

from adapters.web import ids, ingress, items, payload
from adapters.web.audience import Audience
from adapters.web.files import WebFiles
from adapters.web.gate import Visitor
from core.errors import Refused
from core.message import Attachment
from core.ports import Clock, Intake
from core.store.ports import Feed


class Receiver:
    """Hands deeds in, each as often as the browser repeats it."""

    def __init__(
        self, *, intake: Intake, feed: Feed, files: WebFiles, audience: Audience, clock: Clock
    ) -> None:
        self._intake = intake
        self._feed = feed
        self._files = files
        self._audience = audience
        self._clock = clock

    async def take(self, deed: payload.Deed, visitor: Visitor) -> None:
        """Write a deed down.

        It stands in the feed before it is in the inbox, so that no answer can come before its question. Until
        both hold it the browser has no acknowledgement, and repeats it.

        Raises:
            StoreError: it is not written down; the browser has to repeat it.
            Refused: it names a file that is not there.
        """
        attached = await self._attached(deed, visitor)
        await self._files.belong(visitor.place, [each.id for each in attached])
        await self._show(deed, visitor, attached)
        await self._intake.accept(ingress.read(deed, visitor, attached, now=self._clock.now()))
        self._audience.wake(visitor.place.key)

    async def _attached(self, deed: payload.Deed, visitor: Visitor) -> Sequence[Attachment]:
        named = deed.files if isinstance(deed, payload.Say) else ()
        found = [await self._files.find(visitor.place, file_id) for file_id in named]
        there = [each for each in found if each is not None]
        if len(there) < len(named):
            raise Refused("The file is not there.")
        return there

    async def _show(self, deed: payload.Deed, visitor: Visitor, attached: Sequence[Attachment]) -> None:
        """Let what a visitor said or judged stand in the conversation; a repeat changes nothing."""
        place = visitor.place.key
        match deed:
            case payload.Say() | payload.Press():
                text = deed.text if isinstance(deed, payload.Say) else deed.label
                if await self._feed.find(place, deed.id) is None:
                    await self._feed.put(place, deed.id, items.said(text, attached, self._clock.now()))
            case payload.Rate():
                await self._feed.put(
                    place, ids.verdict_item(deed.turn), items.judged(deed.turn, deed.verdict)
                )
            case _:
                return
