"""Files of sound and pictures that mean harm, or none: decoded in a process that can do no harm."""

import asyncio
import io
import os
import signal
import struct
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from core.confined import limits
from core.media.decoder import Decoder
from core.media.decoding import KEPT_PIXELS, RATE
from core.media.refusal import Refusal, Unusable
from tests.media.recordings import encoded, ogg_claiming, ogg_repeating, silence

SAMPLES = Path(__file__).parent / "samples"
PEAK = 300_000
"""kB that the process may take at its highest: craft says 300 MB for sound."""


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    opened = Decoder()
    yield opened
    await opened.close()


async def _refused(decoder: Decoder, content: bytes, *, sound: bool) -> Refusal:
    """Why a file is refused; the next one must be decoded all the same, and little memory be taken."""
    with pytest.raises(Unusable) as caught:
        if sound:
            await decoder.samples(content, longest=600)
        else:
            await decoder.pixels(content)
    assert (await decoder.pixels(_picture("PNG", (40, 30)))).width == 40
    assert _peak(decoder) < PEAK
    return caught.value.reason


def _peak(decoder: Decoder) -> int:
    status = Path(f"/proc/{decoder.process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def _picture(form: str, size: tuple[int, int], **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, form, **more)
    return file.getvalue()


def _png_claiming(width: int, height: int) -> bytes:
    """A small file whose header claims so many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("ogg", "libopus"),
        ("mp4", "aac"),
        ("webm", "libopus"),
        ("mp3", "mp3"),
        ("adts", "aac"),
        ("flac", "flac"),
        ("wav", "pcm_s16le"),
    ],
)
async def test_the_formats_of_the_platforms_are_decoded(decoder: Decoder, container: str, codec: str) -> None:
    samples = await decoder.samples(encoded(container, codec, seconds=2), longest=600)
    assert len(samples) / 2 / RATE == pytest.approx(2, abs=0.15)
    assert decoder.confined is limits.can_filter()


async def test_hours_of_sound_in_a_small_file_are_refused_by_their_header(decoder: Decoder) -> None:
    assert await _refused(decoder, ogg_claiming(hours=8.7), sound=True) is Refusal.TOO_LONG


async def test_hours_of_sound_behind_a_header_that_lies_are_refused_before_they_are_decoded(
    decoder: Decoder,
) -> None:
    assert await _refused(decoder, ogg_repeating(minutes=60), sound=True) is Refusal.TOO_LONG


async def test_sound_without_a_length_is_given_up_where_it_becomes_too_long(decoder: Decoder) -> None:
    endless = encoded("webm", "libopus", seconds=30, told=False)
    with pytest.raises(Unusable) as caught:
        await decoder.samples(endless, longest=10)
    assert caught.value.reason is Refusal.TOO_LONG


async def test_flac_of_an_absurd_rate_is_refused(decoder: Decoder) -> None:
    """655,350 Hz in eight channels are the most that the format can say."""
    flac = encoded("flac", "flac", seconds=3, rate=655_350, layout="7.1")
    assert await _refused(decoder, flac, sound=True) is Refusal.FORMAT


async def test_silence_of_no_length_is_no_recording(decoder: Decoder) -> None:
    with pytest.raises(Unusable) as caught:
        await decoder.samples(silence(seconds=0.1), longest=600)
    assert caught.value.reason is Refusal.SILENT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"OggS",
        b"ID3" + bytes(5_000),
        b"\x1a\x45\xdf\xa3" + bytes(5_000),
        b"#!/bin/sh\n",
        b"\x00\x00\x00\x18ftypmp42",
    ],
)
async def test_noise_is_no_recording(decoder: Decoder, content: bytes) -> None:
    assert await _refused(decoder, content, sound=True)


async def test_a_playlist_is_not_followed(decoder: Decoder) -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
    assert await _refused(decoder, playlist, sound=True) is Refusal.FORMAT


@pytest.mark.parametrize("size", [(50_000, 50_000), (65_000, 400), (16_001, 1_000)])
async def test_a_small_file_that_claims_many_pixels_is_refused(
    decoder: Decoder, size: tuple[int, int]
) -> None:
    assert await _refused(decoder, _png_claiming(*size), sound=False) is Refusal.TOO_LARGE


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM", "ICO"])
async def test_formats_that_nobody_needs_are_refused(decoder: Decoder, form: str) -> None:
    assert await _refused(decoder, _picture(form, (64, 64)), sound=False) is Refusal.FORMAT


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_broken_picture_is_refused(decoder: Decoder, form: str) -> None:
    whole = _picture(form, (400, 300))
    with pytest.raises(Unusable):
        await decoder.pixels(whole[: len(whole) // 2])


async def test_a_large_picture_is_handed_out_smaller(decoder: Decoder) -> None:
    found = await decoder.pixels(_picture("JPEG", (5_000, 4_000)))
    assert found.width * found.height <= KEPT_PIXELS
    assert found.width / found.height == pytest.approx(1.25, abs=0.01)


async def test_a_picture_is_turned_as_its_camera_was_held(decoder: Decoder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = await decoder.pixels(_picture("JPEG", (200, 100), exif=exif))
    assert (found.width, found.height) == (100, 200)


async def test_who_operates_it_learns_that_decoding_is_broken(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People hear that nothing can be looked at here, and not that their file does harm."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    broken = Decoder()
    with pytest.raises(Unusable) as caught:
        await broken.pixels(_picture("PNG", (40, 30)))
    assert caught.value.reason is Refusal.NO_VISION
    assert "it does not start: it ended with return code 1" in caplog.text
    await broken.close()


async def test_who_operates_it_learns_that_a_file_broke_the_process(
    decoder: Decoder, caplog: pytest.LogCaptureFixture
) -> None:
    await decoder.pixels(_picture("PNG", (40, 30)))
    assert decoder.process_id is not None
    looking = asyncio.create_task(decoder.pixels(_picture("JPEG", (5_000, 4_000))))
    await asyncio.sleep(0)
    os.kill(decoder.process_id, signal.SIGKILL)
    with pytest.raises(Unusable) as caught:
        await looking
    assert caught.value.reason is Refusal.HARMFUL
    assert "a file broke the process that decodes files: it ended with SIGKILL" in caplog.text
