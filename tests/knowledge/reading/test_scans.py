"""Pages of a PDF that are pictures: told, drawn, and read by whoever recognises text."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from core.errors import Unreadable
from core.knowledge.reading import pdf, scans
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.process import UNRECOGNISED, ReadingProcess
from core.knowledge.reading.scans import Picture
from tests.knowledge.reading.documents import Words, make_pdf

PAPER = "q 595 0 0 842 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /RGB ID ~~~ EI Q"
"""A light grey picture over all of a page."""
STAMP = PAPER.replace("595 0 0 842 0 0", "60 0 0 60 0 0")
RED_LEFT = f"{PAPER} 1 0 0 rg 0 0 298 842 re f"

TEXT = [Words(text="The first page is text, and it says what it says.", y=700)]


class Recogniser:
    """Says of every picture the same, and remembers them."""

    def __init__(self, text: str = "Invoices are paid within 30 days.", *, fails: int = 0) -> None:
        self.text = text
        self.fails = fails
        """How many pictures cannot be read, the first ones."""
        self.ready = True
        self.seen: list[Picture] = []

    async def read(self, picture: Picture) -> str:
        self.seen.append(picture)
        if len(self.seen) <= self.fails:
            raise Unreadable("is a scan whose text could not be recognised")
        return self.text


@asynccontextmanager
async def _reader(recogniser: Recogniser | None = None) -> AsyncIterator[ReadingProcess]:
    process = ReadingProcess(recogniser=recogniser)
    yield process
    await process.close()


def _scan(*pages: Sequence[Words], painted: str = PAPER) -> bytes:
    return make_pdf(pages or [[]], painted=painted)


async def test_a_page_that_is_a_picture_is_read_and_has_its_place() -> None:
    recogniser = Recogniser()
    text = [Words(text="The first page is text, and it says what it says.", y=700)]
    async with _reader(recogniser) as reader:
        reading = await reader.read(_scan(text, []), Kind.PDF, "letter.pdf")
    assert [(each.text, each.place) for each in reading.passages] == [
        ("The first page is text, and it says what it says.", "page 1"),
        ("Invoices are paid within 30 days.", "page 2"),
    ]
    assert len(recogniser.seen) == 1


async def test_a_page_is_drawn_upright_in_its_colours() -> None:
    recogniser = Recogniser()
    async with _reader(recogniser) as reader:
        await reader.read(_scan(painted=RED_LEFT), Kind.PDF, "letter.pdf")
    (picture,) = recogniser.seen
    assert picture.width == pytest.approx(595 * pdf.DOTS / 72, abs=2)
    assert len(picture.rgb) == 3 * picture.width * picture.height
    row = picture.rgb[: 3 * picture.width]
    assert (row[:3], row[-3:]) == (b"\xff\0\0", b"~~~")


async def test_without_anybody_who_recognises_a_scan_is_refused_and_says_what_would_help() -> None:
    async with _reader() as reader:
        with pytest.raises(Unreadable) as refused:
            await reader.read(_scan(), Kind.PDF, "letter.pdf")
        assert str(refused.value) == UNRECOGNISED
        text = [Words(text="This page is read all the same.", y=700)]
        assert len((await reader.read(_scan(text, []), Kind.PDF, "letter.pdf")).passages) == 1


async def test_a_page_with_a_small_picture_alone_is_no_scan() -> None:
    async with _reader(Recogniser()) as reader:
        with pytest.raises(Unreadable, match="holds no text"):
            await reader.read(_scan(painted=STAMP), Kind.PDF, "letter.pdf")


async def test_a_scan_in_which_nothing_is_legible_is_refused() -> None:
    async with _reader(Recogniser(" \n")) as reader:
        with pytest.raises(Unreadable, match="could be recognised"):
            await reader.read(_scan(), Kind.PDF, "letter.pdf")


async def test_a_huge_page_is_drawn_small() -> None:
    recogniser = Recogniser()
    huge = make_pdf([[]], painted=PAPER.replace("595 0 0 842", "99595 0 0 99842")).replace(
        b"[0 0 595 842]", b"[0 0 99595 99842]"
    )
    async with _reader(recogniser) as reader:
        await reader.read(huge, Kind.PDF, "poster.pdf")
    (picture,) = recogniser.seen
    assert picture.width * picture.height <= 1.01 * pdf.MOST_PIXELS


async def test_too_many_pages_that_are_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "MOST_PAGES", 2)
    recogniser = Recogniser()
    async with _reader(recogniser) as reader:
        with pytest.raises(Unreadable, match="more than 2 pages that are pictures"):
            await reader.read(_scan([], [], []), Kind.PDF, "letter.pdf")
    assert recogniser.seen == []


async def test_text_is_kept_beside_more_pages_that_are_pictures_than_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scans, "MOST_PAGES", 2)
    recogniser = Recogniser()
    async with _reader(recogniser) as reader:
        reading = await reader.read(_scan(TEXT, [], [], []), Kind.PDF, "letter.pdf")
    assert [each.place for each in reading.passages] == ["page 1", "pages 2-3"]
    assert (len(recogniser.seen), reading.scanned) == (2, (4,))


async def test_a_page_that_cannot_be_read_takes_no_other_along() -> None:
    async with _reader(Recogniser(fails=1)) as reader:
        reading = await reader.read(_scan(TEXT, [], []), Kind.PDF, "letter.pdf")
    assert [each.place for each in reading.passages] == ["page 1", "page 3"]
    assert reading.scanned == (2,)


async def test_where_page_after_page_fails_the_others_are_not_tried() -> None:
    recogniser = Recogniser(fails=100)
    async with _reader(recogniser) as reader:
        reading = await reader.read(_scan(TEXT, *[[]] * 9), Kind.PDF, "letter.pdf")
        assert [each.place for each in reading.passages] == ["page 1"]
        assert len(recogniser.seen) == scans.MOST_FAILURES
        with pytest.raises(Unreadable, match="could not be recognised"):
            await reader.read(_scan(), Kind.PDF, "letter.pdf")


async def test_what_is_recognised_is_cleaned_like_any_text() -> None:
    async with _reader(Recogniser("Invoices\u202e are\u200b paid.")) as reader:
        (passage,) = (await reader.read(_scan(), Kind.PDF, "letter.pdf")).passages
    assert passage.text == "Invoices are paid."
