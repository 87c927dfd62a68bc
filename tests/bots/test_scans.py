"""Documents that are pictures, from the composition root: read by what reads people's pictures."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bots import knowledge
from bots.knowledge import open_ingestion
from core.knowledge.passages import Passage, Source
from core.media.decoding import Pixels
from core.media.reader import Page
from core.media.refusal import Refusal, Unusable
from core.policy import Policies
from core.testing import MemoryKnowledge
from tests.knowledge.reading.documents import make_pdf
from tests.knowledge.reading.test_scans import PAPER


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
