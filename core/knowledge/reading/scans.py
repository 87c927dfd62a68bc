"""Pages that are pictures: read by whoever recognises text, and made passages like any other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import Unreadable
from core.knowledge.passages import Passage
from core.knowledge.reading.blocks import Extract, Paragraph, Place
from core.knowledge.reading.cleaning import visible
from core.knowledge.reading.packing import pack
from core.knowledge.reading.reader import Reading

MOST_PAGES = 200
"""Pages of one document whose text is recognised: each takes a second or more."""
MOST_FAILURES = 5
"""Pages of one document that cannot be read, after which the others are not tried."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A page as it is seen."""

    width: int
    height: int
    rgb: bytes


class Recogniser(Protocol):
    """Reads what stands in pictures."""

    @property
    def ready(self) -> bool:
        """Whether it can read now."""

    async def read(self, picture: Picture) -> str:
        """Its text, line by line; empty where there is none.

        Raises:
            Unreadable: it cannot be read.
        """


async def with_scans(
    reading: Reading, render: Callable[[int], Awaitable[Picture]], recogniser: Recogniser
) -> Reading:
    """The same document with what stands in its pictured pages.

    Args:
        reading: what has text of its own.
        render: draws a page, by its number from 1.
        recogniser: reads it.

    Returns:
        Its pages that could not be read, and those that are too many, stay `scanned`, where the document has
        text without them. Where the recogniser is lost on the way, so do those that were to come.

    Raises:
        Unreadable: there are too many pages, or one cannot be read, and there is no text at all.
    """
    if len(reading.scanned) > MOST_PAGES and not reading.passages:
        raise Unreadable(f"has more than {MOST_PAGES} pages that are pictures: split it")
    texts: dict[int, str] = {}
    problems: list[Unreadable] = []
    for number in reading.scanned[:MOST_PAGES]:
        try:
            texts[number] = await recogniser.read(await render(number))
        except Unreadable as error:
            problems.append(error)
        if len(problems) == MOST_FAILURES or not recogniser.ready:
            break
    passages = (*reading.passages, *await asyncio.to_thread(_passages, texts))
    if problems and not passages:
        raise problems[0]
    unread = tuple(number for number in reading.scanned if number not in texts)
    return replace(reading, passages=passages, scanned=unread)


def _passages(texts: dict[int, str]) -> Sequence[Passage]:
    blocks = [
        Paragraph(text=visible(text), place=Place(unit="page", first=number, last=number))
        for number, text in texts.items()
        if text.strip()
    ]
    return tuple(pack(Extract(blocks=blocks)))
