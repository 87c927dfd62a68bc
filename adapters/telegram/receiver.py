"""From an update to the intake: what arrives is committed before Telegram may forget it."""

import logging

from adapters.errands import Errands
from adapters.telegram import ids
from adapters.telegram.api import Api
from adapters.telegram.business import Businesses
from adapters.telegram.ingress import place_of, read
from adapters.telegram.passage import PassageReader
from adapters.telegram.payload import CallbackQuery, read_update
from adapters.telegram.wording import Us
from core import words
from core.desk.words import how_to_edit
from core.errors import PlatformError
from core.message import Event, Message, Rating, Stop
from core.ports import Clock, Intake
from core.translation import spoken

log = logging.getLogger(__name__)


class Receiver:
    """Takes updates, from wherever they come."""

    def __init__(
        self,
        *,
        api: Api,
        us: Us,
        intake: Intake,
        businesses: Businesses,
        passages: PassageReader,
        errands: Errands,
        clock: Clock,
    ) -> None:
        self._api = api
        self._us = us
        self._intake = intake
        self._businesses = businesses
        self._passages = passages
        self._errands = errands
        self._clock = clock

    async def take(self, values: object) -> None:
        """Take one update; afterwards it is committed, or not meant for us.

        Raises:
            UnreadableEvent: it is not what Telegram documents.
            StoreError, Unreachable, RateLimited: it must be delivered again.
        """
        update, raw = read_update(values)
        if self._shows_passage(update.callback_query):
            return
        if update.business_connection is not None:
            await self._businesses.keep(update.business_connection)
        business = await self._businesses.of(update)
        arrivals = read(update, raw, self._us, now=self._clock.now(), business=business)
        for arrival in arrivals:
            await self._intake.accept(arrival)
        if update.callback_query is not None:
            event = arrivals[0].event if arrivals else None
            self._errands.run(self._answer(update.callback_query, event))

    def _shows_passage(self, query: CallbackQuery | None) -> bool:
        """Whether a button for a passage was pressed; it is shown then, and nothing is written down."""
        passage, place = (ids.read_passage(query.data), place_of(query, self._us)) if query else (None, None)
        if query is None or passage is None or place is None:
            return False
        self._errands.run(self._passages.show(passage, place, query))
        return True

    async def _answer(self, query: CallbackQuery, event: Event | None) -> None:
        """Take the waiting sign off the button."""
        try:
            async with self._api.calling() as bot:
                with spoken(query.author.language_code):
                    is_editing = query.data == ids.EDIT
                    text = how_to_edit() if is_editing else _thanks(event)
                    await bot.answer_callback_query(query.id, text=text, show_alert=is_editing)
        except PlatformError as error:
            log.info("a pressed button was not answered: %s", error)


def _thanks(event: Event | None) -> str | None:
    match event:
        case Rating():
            return words.thanks()
        case Stop():
            return words.stopping()
        case Message(command="further"):
            return words.looking_further()
    return None
