"""Sources looked through again while Frontdesk runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from core.errors import StoreError
from core.knowledge import watching
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.passages import Source
from core.knowledge.reading.process import ReadingProcess
from core.knowledge.watching import Watch
from core.testing import FakeClock, MemoryKnowledge


class OneProcess:
    """Leases that are free, or not."""

    def __init__(self) -> None:
        self.free = True

    async def take(self, name: str) -> bool:
        return self.free

    async def drop(self, name: str) -> None:
        """Nothing is kept."""


class Counting(MemoryKnowledge):
    """Counts how often vectors were asked for, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0
        self.broken = False

    async def embed(self, progress: Callable[[int, int], None] | None = None) -> None:
        self.embedded += 1
        if self.broken:
            self.broken = False
            raise StoreError("The disk is full.")


class Office:
    """A folder, what is known of it, and somebody who keeps up with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = Counting()
        self.clock = FakeClock()
        self.leases = OneProcess()
        self.source = Source(name="office", location=str(folder), watched=True)

    @asynccontextmanager
    async def watched(self, *configured: Source) -> AsyncIterator[None]:
        reader = ReadingProcess()
        watch = Watch(
            self.library,
            Ingestion(self.library, reader, Pages()),
            configured,
            self.leases,
            self.clock,
        )
        task = asyncio.create_task(watch.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await reader.close()

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Let time pass until something is so."""
        async with asyncio.timeout(60):
            while not await condition():
                await self.clock.advance(watching.FILES)
                await asyncio.sleep(0.01)

    async def knows(self, *names: str) -> None:
        async def known() -> bool:
            return sorted(await self.library.documents("office")) == sorted(names)

        await self.until(known)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    folder = tmp_path / "office"
    folder.mkdir()
    return Office(folder)


async def test_new_changed_and_removed_files_follow(office: Office) -> None:
    await office.library.add(office.source)
    async with office.watched():
        (office.folder / "a.md").write_text("One.\n")
        await office.knows("a.md")
        (office.folder / "b.md").write_text("Two.\n")
        await office.knows("a.md", "b.md")
        digest = (await office.library.documents("office"))["a.md"].digest
        (office.folder / "a.md").write_text("One, in other words.\n")

        async def changed() -> bool:
            return (await office.library.documents("office"))["a.md"].digest != digest

        await office.until(changed)
        (office.folder / "a.md").unlink()
        await office.knows("b.md")


async def test_after_a_long_reading_it_is_soon_looked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "REST", 1e9)
    await office.library.add(office.source)
    (office.folder / "a.md").write_text("One.\n")
    async with office.watched():
        await office.knows("a.md")
        (office.folder / "b.md").write_text("Two.\n")
        await office.knows("a.md", "b.md")


async def test_a_source_that_is_not_watched_is_left_alone(office: Office) -> None:
    await office.library.add(Source(name="other", location=str(office.folder)))
    await office.library.add(office.source)
    (office.folder / "a.md").write_text("One.\n")
    async with office.watched():
        await office.knows("a.md")
        assert await office.library.documents("other") == {}


async def test_sources_of_the_file_are_entered_and_read_once(office: Office) -> None:
    (office.folder / "a.md").write_text("One.\n")
    still = Source(name="office", location=str(office.folder))
    async with office.watched(still):
        await office.knows("a.md")
        assert await office.library.sources() == [still]


async def test_only_one_process_keeps_up(office: Office) -> None:
    await office.library.add(office.source)
    (office.folder / "a.md").write_text("One.\n")
    office.leases.free = False
    async with office.watched():
        for _ in range(5):
            await office.clock.advance(watching.FILES)
        assert await office.library.documents("office") == {}
        office.leases.free = True
        await office.knows("a.md")


async def test_vectors_are_made_when_something_changed(office: Office) -> None:
    await office.library.add(office.source)
    (office.folder / "a.md").write_text("One.\n")
    async with office.watched():
        await office.knows("a.md")

        async def embedded() -> bool:
            return office.library.embedded > 0

        await office.until(embedded)
        before = office.library.embedded
        for _ in range(5):
            await office.clock.advance(watching.FILES)
        assert office.library.embedded == before


async def test_what_fails_is_said_once_and_tried_again(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.library.add(office.source)
    office.folder.rename(office.folder.with_name("away"))
    office.library.broken = True

    async def tried() -> bool:
        return office.library.embedded >= 2

    with caplog.at_level(logging.WARNING):
        async with office.watched():
            await office.until(tried)
            for _ in range(5):
                await office.clock.advance(watching.FILES)
            office.folder.with_name("away").rename(office.folder)
            (office.folder / "a.md").write_text("One.\n")
            await office.knows("a.md")
    assert [record.getMessage() for record in caplog.records] == [
        "knowledge: office is not there",
        "knowledge: The disk is full.",
    ]
