"""Files of visitors: theirs alone, and kept only where they are part of a message."""

import asyncio
import os
from pathlib import Path

import pytest

from adapters.web import adapter, limits
from adapters.web.files import WebFiles
from bots.playground.widget.driver import PATIENCE, WidgetVisitor
from core.message import Conversation, Platform
from core.store.sealing import PlainSealer
from tests.adapters.web.conftest import Service, Start


async def test_a_file_that_was_never_sent_is_deleted_and_one_that_was_stays(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "SWEEP_SECONDS", 0.05)
    async with start() as service, service.visitor() as visitor:
        sent = await visitor.upload("sent.txt", "text/plain", b"sent")
        forgotten = await visitor.upload("forgotten.txt", "text/plain", b"forgotten")
        fresh = await visitor.upload("fresh.txt", "text/plain", b"fresh")
        await visitor.say("look", sent["id"])
        await visitor.acknowledged()
        _make_old(tmp_path, sent["id"], forgotten["id"])
        async with asyncio.timeout(PATIENCE):
            while list(tmp_path.glob(f"widget/*/{forgotten['id']}*")):
                await asyncio.sleep(0.02)
        assert await visitor.download(sent["id"]) == b"sent"
        assert await visitor.download(fresh["id"]) == b"fresh"
        with pytest.raises(ValueError, match="404"):
            await visitor.download(forgotten["id"])
        late = await visitor.say("too late", forgotten["id"])
        await visitor.wait_for(lambda: {"type": "refused", "id": late} in visitor.frames)


def _make_old(home: Path, *files: str) -> None:
    for each in files:
        for path in home.glob(f"widget/*/{each}*"):
            then = path.stat().st_mtime - limits.UNSENT - 60
            os.utime(path, (then, then))


async def test_nobody_else_gets_a_file(service: Service, visitor: WidgetVisitor) -> None:
    kept = await visitor.upload("mine.txt", "text/plain", b"mine")
    async with service.visitor() as other:
        with pytest.raises(ValueError, match="404"):
            await other.download(kept["id"])
        stolen = await other.say("give it to me", kept["id"])
        await other.wait_for(lambda: {"type": "refused", "id": stolen} in other.frames)


@pytest.mark.parametrize(
    ("name", "media_type", "size", "status"),
    [
        ("page.html", "text/html", 1, "415"),
        ("game.exe", "application/x-msdownload", 1, "415"),
        ("big.txt", "text/plain", limits.FILE + 1, "413"),
    ],
)
async def test_what_is_not_taken_is_refused(
    visitor: WidgetVisitor, name: str, media_type: str, size: int, status: str
) -> None:
    with pytest.raises(ValueError, match=status):
        await visitor.upload(name, media_type, b"x" * size)


async def test_files_that_are_sent_at_once_are_all_kept(tmp_path: Path) -> None:
    files, place = (
        WebFiles(tmp_path, PlainSealer()),
        Conversation(platform=Platform.WEB, tenant="shop.example", channel="v-1"),
    )
    for _ in range(20):
        kept = await asyncio.gather(
            *(files.keep(place, f"{number}.txt", "text/plain", b"a") for number in range(12))
        )
        assert all([await files.find(place, each.id) for each in kept])
