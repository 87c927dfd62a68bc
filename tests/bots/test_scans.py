"""Documents that are pictures, from the composition root: read by what reads people's pictures."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bots import knowledge
from bots.knowledge import open_ingestion
from core.knowledge.passages import Passage, Source
from core.media.decoding import Pixels
from core.media.elsewhere import Elsewhere
from core.media.reader import Page
from core.media.recognition import Here
from core.media.refusal import Refusal, Unusable
from core.policy import Policies
from core.testing import MemoryKnowledge
from tests.engine.fleet.conftest import Open, core, nats
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import until
from tests.knowledge.reading.documents import make_pdf
from tests.knowledge.reading.test_scans import PAPER, RED_LEFT, TEXT
from tests.media.hearing import PAGE, Eyes
from tests.media.test_elsewhere import working

__all__ = ["core", "nats"]


class _Reader:
    """Stands for `core.media.reader.PictureReader`."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self.closed = 0

    async def read(self, picture: Pixels) -> Page:
        if not self._text:
            raise Unusable(Refusal.LATE)
        assert len(picture.rgb) == 3 * picture.width * picture.height
        return Page(text=self._text, codes=())

    async def close(self) -> None:
        self.closed += 1


async def _added(
    folder: Path, reader: _Reader | None, monkeypatch: pytest.MonkeyPatch
) -> Sequence[Passage | str]:
    """The passages of a folder with one scan, or why there are none."""
    monkeypatch.setattr(knowledge, "open_scan_reader", lambda: reader)
    (folder / "letter.pdf").write_bytes(make_pdf([[]], painted=PAPER))
    library, source = MemoryKnowledge(), Source(name="letters", location=str(folder))
    await library.add(source)
    async with open_ingestion(library, Policies()) as ingestion:
        report = await ingestion.refresh(source)
    if report.unreadable:
        return [each.reason for each in report.unreadable]
    return await library.passages("letters", "letter.pdf")


async def test_a_scan_is_read_by_what_reads_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = _Reader("Invoices are paid within 30 days.")
    assert await _added(tmp_path, reader, monkeypatch) == [
        Passage(text="Invoices are paid within 30 days.", place="page 1")
    ]
    assert reader.closed


async def test_a_scan_that_cannot_be_recognised_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await _added(tmp_path, _Reader(), monkeypatch) == ["is a scan whose text could not be recognised"]


async def test_without_the_extra_a_scan_is_refused_and_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reason,) = await _added(tmp_path, None, monkeypatch)
    assert "the extra `vision`" in str(reason)


async def test_workers_read_scans_for_a_core_that_cannot_as_soon_as_one_is_there(
    tmp_path: Path, nats: Server, core: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge, "open_scan_reader", lambda: None)
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "scan.pdf").write_bytes(make_pdf([[]], painted=RED_LEFT))
    (folder / "mixed.pdf").write_bytes(make_pdf([TEXT, []], painted=PAPER))
    library, source, eyes = MemoryKnowledge(), Source(name="letters", location=str(folder)), Eyes()
    await library.add(source)

    async def pages(file: str) -> Sequence[str]:
        return [each.place for each in await library.passages("letters", file)]

    async with (
        core() as fleet,
        open_ingestion(library, Policies(), there := Elsewhere(fleet.files)) as ingestion,
    ):
        (trouble,) = (await ingestion.refresh(source)).unreadable
        assert "here or on a worker" in trouble.reason
        assert await pages("mixed.pdf") == ["page 1"]
        async with working(nats, Here(None, eyes)):
            await until(lambda: there.sees_now)
            assert not (await ingestion.refresh(source)).unreadable
            assert await pages("mixed.pdf") == ["page 1", "page 2"]
            (passage,) = await library.passages("letters", "scan.pdf")
            assert passage == Passage(text=PAGE.text, place="page 1")
            red = [each for each in eyes.seen if each.rgb.startswith(b"\xff\0\0")]
            assert len(red) == 1 and red[0].rgb[: 3 * red[0].width].endswith(b"~~~")
            assert (await ingestion.refresh(source)).unchanged == 2
            assert len(eyes.seen) == 2


class _Leaving(Elsewhere):
    """The workers are lost with the second page."""

    def __init__(self) -> None:
        self.there, self.pages = True, 0

    @property
    def sees_now(self) -> bool:
        return self.there

    async def see(self, content: bytes) -> Page:
        self.pages += 1
        if self.pages == 2:
            self.there = False
            raise Unusable(Refusal.NO_VISION)
        return PAGE


async def test_what_lost_workers_left_unread_is_read_once_there_are_some_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge, "open_scan_reader", lambda: None)
    (tmp_path / "letter.pdf").write_bytes(make_pdf([TEXT, [], [], []], painted=PAPER))
    library, source, workers = MemoryKnowledge(), Source(name="letters", location=str(tmp_path)), _Leaving()
    await library.add(source)

    async def places() -> Sequence[str]:
        return [each.place for each in await library.passages("letters", "letter.pdf")]

    async with open_ingestion(library, Policies(), workers) as ingestion:
        await ingestion.refresh(source)
        assert (await places(), workers.pages) == (["page 1", "page 2"], 2)
        assert (await ingestion.refresh(source)).unchanged == 1
        workers.there = True
        assert (await ingestion.refresh(source)).read == 1
        assert (await places(), workers.pages) == (["page 1", "pages 2-4"], 5)
