"""Recordings and pictures of a core that can do nothing with them: workers can, over a real NATS server."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bots.media import open_listener
from core import words
from core.clock import SystemClock
from core.engine.fleet import awaiting, wire
from core.engine.fleet.broker import connected
from core.engine.fleet.client import FleetEngine, open_fleet
from core.engine.fleet.worker import Worker
from core.media.decoder import Decoder
from core.media.elsewhere import Elsewhere, handles
from core.media.recognition import Here
from core.media.refusal import Refusal
from core.media.senses import Senses
from core.message import Attachment
from core.policy import Policy
from core.settings import Settings
from core.testing import FakeFiles
from tests.engine.fleet.conftest import core, nats
from tests.engine.fleet.counting import CountingEngine, counted
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import count, until
from tests.media.hearing import Ears, Eyes, begun, hearing
from tests.media.recordings import silence
from tests.media.test_senses import recognised

__all__ = ["core", "nats"]
ROOT = Path(__file__).parent.parent.parent
NOTE = (ROOT / "tests/media/samples/number.ogg").read_bytes()


def _picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((900, 900), 60).convert("RGB").save(file, "PNG")
    return file.getvalue()


LONG, PICTURE = silence(seconds=20), _picture()
FILES = FakeFiles(note=NOTE, long=LONG, picture=PICTURE, broken=b"\x89PNG\r\n\x1a\n" + bytes(100))


@asynccontextmanager
async def working(nats: Server, here: Here) -> AsyncIterator[Worker]:
    """A worker in this process that hears and reads with what it is given."""
    leave = asyncio.Event()
    async with connected([nats.url], role="worker") as broker:
        worker = Worker(broker, CountingEngine(), handles=handles(here))
        running = asyncio.create_task(worker.run(leave, 10.0))
        try:
            yield worker
        finally:
            leave.set()
            await running
            await here.close()


@asynccontextmanager
async def sensing(nats: Server) -> AsyncIterator[tuple[FleetEngine, Senses]]:
    """A core that has nothing to hear or to see with."""
    async with connected([nats.url], role="core") as broker:
        engine = await open_fleet(broker, SystemClock())
        senses = Senses(FILES, None, None, Elsewhere(engine.files))
        yield engine, senses
        await senses.close()


def sent(file: str) -> Attachment:
    return Attachment(id=file, kind="image" if file in ("picture", "broken") else "audio")


async def test_a_worker_hears_and_reads_for_a_core_that_cannot(nats: Server) -> None:
    assert len(LONG) > 2 * awaiting.PART_BYTES and len(PICTURE) > 2 * awaiting.PART_BYTES
    ears, told, decoder = Ears(), list[str](), Decoder()
    async with sensing(nats) as (engine, senses), working(nats, Here(ears, Eyes())):
        await engine.met()
        assert (await recognised(senses, sent("long"), tell=told.append)).text == "Four hundred and seven."
        assert (
            await recognised(senses, sent("picture"))
        ).text == "Total | 49.90\nQRCode: https://example.org"
        assert told == [words.listening(30.0, 130.0)]
        assert ears.heard == [await decoder.samples(LONG, longest=60)]  # every byte came
        assert engine.health().detail.endswith("counting@1. 1 can hear. 1 can see.")
        assert (await count(engine, 5))[0] == counted(5)
    await decoder.close()


async def test_why_nothing_is_made_of_a_file_is_told_as_here(nats: Server) -> None:
    async with sensing(nats) as (engine, senses), working(nats, Here(Ears(), Eyes())):
        await engine.met()
        too_long = await recognised(senses, sent("note"), Policy(longest_recording_seconds=1))
        assert too_long.refused == Refusal.TOO_LONG
        assert (await recognised(senses, sent("broken"))).refused in (Refusal.BROKEN, Refusal.FORMAT)


async def test_a_core_uses_what_it_has_itself(nats: Server) -> None:
    here, there = Ears(), Ears()
    async with sensing(nats) as (engine, _), working(nats, Here(there, None)):
        await engine.met()
        senses = Senses(FILES, here, None, Elsewhere(engine.files))
        await recognised(senses, sent("note"))
        await senses.close()
    assert (len(here.heard), len(there.heard)) == (1, 0)


async def test_where_no_worker_can_people_hear_so_at_once(nats: Server) -> None:
    async with sensing(nats) as (engine, senses), working(nats, Here(None, None)):
        await engine.met()
        assert (await recognised(senses, sent("note"))).refused == Refusal.NO_VOICE
        assert (await recognised(senses, sent("picture"))).refused == Refusal.NO_VISION


async def test_another_worker_hears_what_a_killed_one_began(nats: Server) -> None:
    async with sensing(nats) as (engine, senses), hearing(nats.url) as doomed:
        await until(lambda: Elsewhere(engine.files).hears)
        asked = asyncio.create_task(recognised(senses, sent("note")))
        await begun(doomed)
        async with working(nats, Here(ears := Ears(), None)):
            await until(lambda: "2 can hear" in engine.health().detail)
            doomed.kill()
            assert (await asked).text == "Four hundred and seven."
            assert len(ears.heard) == 1


async def test_where_all_that_hear_are_gone_people_hear_so_in_time(
    nats: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "PATIENCE", 1.0)
    monkeypatch.setattr(awaiting, "LOOK_SECONDS", 0.5)
    async with sensing(nats) as (engine, senses), hearing(nats.url) as doomed:
        await until(lambda: Elsewhere(engine.files).hears)
        asked = asyncio.create_task(recognised(senses, sent("note")))
        await begun(doomed)
        doomed.kill()
        assert (await asked).refused == Refusal.NO_VOICE


async def test_a_worker_hears_one_recording_at_a_time_and_leaves_off_when_told(nats: Server) -> None:
    ears = Ears()
    ears.go_on.clear()
    async with sensing(nats) as (engine, senses), working(nats, Here(ears, Eyes())) as worker:
        await engine.met()
        first = asyncio.create_task(recognised(senses, sent("note")))
        await until(lambda: bool(ears.heard))
        second = asyncio.create_task(recognised(senses, sent("long")))
        assert (
            await recognised(senses, sent("picture"))
        ).text  # what it reads does not wait for what it hears
        await until(lambda: worker.handling == {"hear": 1, "see": 0})
        first.cancel()
        await until(lambda: len(ears.heard) == 2)
        ears.go_on.set()
        assert (await second).text == "Four hundred and seven."
        await until(lambda: not any(worker.handling.values()))
    assert ears.most == 1


async def test_nats_keeps_nothing_of_a_recording(nats: Server, tmp_path: Path) -> None:
    ears = Ears()
    ears.go_on.clear()
    async with (
        sensing(nats) as (engine, senses),
        working(nats, Here(ears, None)),
        aiohttp.ClientSession() as session,
    ):
        await engine.met()
        asked = asyncio.create_task(recognised(senses, sent("note")))
        await until(lambda: bool(ears.heard))
        queued = await _queue(session, nats)
        assert queued["messages"] == 1 and queued["bytes"] < 1_000
        disk = [each.read_bytes() for each in (tmp_path / "nats").rglob("*") if each.is_file()]
        assert disk and not any(NOTE[500:600] in each for each in disk)
        ears.go_on.set()
        await asked
        async with asyncio.timeout(60):
            while (await _queue(session, nats))["messages"]:
                await asyncio.sleep(0.05)


async def _queue(session: aiohttp.ClientSession, nats: Server) -> dict[str, int]:
    async with session.get(f"{nats.monitor}/jsz?streams=1") as said:
        (account,) = (await said.json())["account_details"]
    (queue,) = [each["state"] for each in account["stream_detail"] if each["name"] == wire.JOBS]
    found: dict[str, int] = queue
    return found


@pytest.mark.model
async def test_a_voice_note_is_written_down_elsewhere(nats: Server) -> None:
    listening = {"FRONTDESK_HOME": ROOT / ".frontdesk", "FRONTDESK_SPEECH": "whisper-tiny.en"}
    listener = open_listener(Settings.model_validate(listening))
    assert listener is not None, "make test brings the model"
    async with sensing(nats) as (engine, senses), working(nats, Here(listener, None)):
        await engine.met()
        assert "My order number is" in (await recognised(senses, sent("note"))).text
