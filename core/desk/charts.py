"""The help desk in a picture, made at the moment in which it is fetched."""

import asyncio
from collections import Counter
from datetime import date, timedelta

from core import chart_picture
from core.desk import words
from core.errors import Refused, TooLarge
from core.message import Attachment, Conversation, LyingFile, Platform
from core.ports import Clock
from core.store.ports import Tickets
from core.translation import language, spoken

CHARTS = "charts"
"""The tenant of the conversations in which they lie."""
DAYS = 28


class DeskCharts:
    """Fills `core.ports.Files` with charts; where one lies is a conversation whose thread is a language."""

    def __init__(self, tickets: Tickets, clock: Clock) -> None:
        self._tickets = tickets
        self._clock = clock

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        if not chart_picture.can_draw():
            raise Refused("Charts take the extra `vision`.")
        now = self._clock.now()
        days = [(now - timedelta(days=back)).date() for back in reversed(range(DAYS))]
        opened = Counter(
            (ticket.opened_at.date(), str(ticket.customer.platform))
            for ticket in await self._tickets.since(now - timedelta(days=DAYS))
        )
        with spoken(conversation.thread):
            chart = await asyncio.to_thread(_drawn, days, opened)
        if len(chart) > limit:
            raise TooLarge
        return chart


def lying_chart() -> LyingFile:
    """The tickets of the last days as a picture, with its words in the language spoken now."""
    return LyingFile(
        attachment=Attachment(
            id="tickets", kind="image", name=f"{words.chart_file()}.png", media_type="image/png"
        ),
        conversation=Conversation(
            platform=Platform.TERMINAL, tenant=CHARTS, channel="desk", thread=language()
        ),
    )


def _drawn(days: list[date], opened: Counter[tuple[date, str]]) -> bytes:
    platforms = sorted({platform for _, platform in opened})
    series = {each.title(): [opened[day, each] for day in days] for each in platforms}
    return chart_picture.columns(days, series)
