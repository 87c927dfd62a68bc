"""Files of sound and pictures that mean harm, or none: decoded in a process that can do no harm."""

import asyncio
import io
import os
import signal
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from core.confined import limits
from core.media.decoder import Decoder
from core.media.decoding import KEPT_PIXELS, LARGEST_PICTURES, RATE
from core.media.refusal import Refusal, Unusable
from tests.media.recordings import encoded, ogg_claiming, ogg_repeating, silence
from tests.trust.page import Note

SAMPLES = Path(__file__).parent / "samples"
PEAK = 300_000
"""kB that the process may take at its highest."""
REFUSED_IN, DECODED_IN, DECODED_IN_SCANS = 100_000, 120_000, 200_000
"""kB by which a picture that is refused may make it grow, one that is decoded, and one that is sent in scans,
each of all of it."""
SCANS = {"progressive": True, "subsampling": 0}
SECONDS = 2
"""In which recordings are wanted to be refused."""


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    opened = Decoder()
    yield opened
    await opened.close()


async def _refused(decoder: Decoder, content: bytes, *, longest: float = 0) -> Refusal:
    """Why a file is refused; the next one must be decoded all the same, and little memory be taken.

    Args:
        longest: seconds, for sound; 0: it is a picture.
    """
    with pytest.raises(Unusable) as caught:
        if longest:
            await decoder.samples(content, longest=longest)
        else:
            await decoder.pixels(content)
    assert (await decoder.pixels(_picture("PNG", (40, 30)))).width == 40
    assert _kilobytes(decoder, "VmHWM") < PEAK
    return caught.value.reason


def _kilobytes(decoder: Decoder, what: str) -> int:
    """What the process takes (VmRSS), or took at most (VmHWM)."""
    status = Path(f"/proc/{decoder.process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))


def _picture(form: str, size: tuple[int, int], mode: str = "RGB", **more: object) -> bytes:
    return _saved(Image.new(mode, size, "white"), form, **more)


def _saved(picture: Image.Image, form: str, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **more)
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


async def test_recordings_that_unpack_without_end_are_refused(
    decoder: Decoder, record_property: Note
) -> None:
    """The header says so, or lies, or says nothing; of FLAC, 655,350 Hz in eight channels are the most."""
    bombs = (
        (ogg_claiming(hours=8.7), 600, Refusal.TOO_LONG),
        (ogg_repeating(minutes=60), 600, Refusal.TOO_LONG),
        (encoded("webm", "libopus", seconds=30, told=False), 10, Refusal.TOO_LONG),
        (encoded("flac", "flac", seconds=3, rate=655_350, layout="7.1"), 600, Refusal.FORMAT),
    )
    await decoder.pixels(_picture("PNG", (40, 30)))  # the process has started
    seconds = list[float]()
    for content, longest, reason in bombs:
        started = time.perf_counter()
        assert await _refused(decoder, content, longest=longest) is reason
        seconds.append(time.perf_counter() - started)
    record_property(
        "F6",
        f"{len(bombs)} recordings, each refused in {max(seconds):.1f} s (wanted: {SECONDS}); the process "
        f"takes {_kilobytes(decoder, 'VmHWM') / 1000:.0f} MB at most (limit: {PEAK // 1000})",
    )


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
    assert await _refused(decoder, content, longest=600)


async def test_a_playlist_is_not_followed(decoder: Decoder) -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
    assert await _refused(decoder, playlist, longest=600) is Refusal.FORMAT


async def test_a_small_file_that_claims_many_pixels_is_refused(
    decoder: Decoder, record_property: Note
) -> None:
    sizes = ((50_000, 50_000), (65_000, 400), (16_001, 1_000))
    await decoder.pixels(_picture("PNG", (40, 30)))
    before = _kilobytes(decoder, "VmRSS")
    for size in sizes:
        assert await _refused(decoder, _png_claiming(*size)) is Refusal.TOO_LARGE
    grown = _kilobytes(decoder, "VmHWM") - before
    assert grown < REFUSED_IN
    largest = max(width * height for width, height in sizes)
    record_property(
        "F5",
        f"{len(sizes)} pictures that claim up to {largest:,} pixels: all refused, with {grown / 1000:.0f} MB "
        f"more than before (limit: {REFUSED_IN // 1000})",
    )


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("GIF", "P"), ("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB")]
)
async def test_the_largest_pictures_are_decoded_in_little_memory(
    decoder: Decoder, form: str, mode: str, record_property: Note
) -> None:
    pixels = LARGEST_PICTURES[form]
    grown = await _grown(decoder, _picture(form, (5_000, pixels // 5_000), mode=mode))
    assert grown < DECODED_IN
    seen = f"{form}, transparent," if mode == "RGBA" else form
    record_property(
        "F5", f"{seen} of {pixels:,} pixels: decoded with {grown / 1000:.0f} MB more (wanted: 100)"
    )


async def test_a_picture_that_is_sent_in_scans_takes_more(decoder: Decoder, record_property: Note) -> None:
    """Its decoder holds what it knows so far of all of it."""
    pixels = LARGEST_PICTURES["JPEG"]
    grown = await _grown(decoder, _picture("JPEG", (5_000, pixels // 5_000), mode="RGB", **SCANS))
    assert grown < DECODED_IN_SCANS
    record_property(
        "F5", f"progressive JPEG of {pixels:,} pixels, at worst: decoded with {grown / 1000:.0f} MB more"
    )


async def _grown(decoder: Decoder, content: bytes) -> int:
    """kB by which decoding a picture makes the process grow at its highest."""
    await decoder.pixels(_picture("PNG", (40, 30)))
    before = _kilobytes(decoder, "VmRSS")
    assert (await decoder.pixels(content)).width
    return _kilobytes(decoder, "VmHWM") - before


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM", "ICO"])
async def test_formats_that_nobody_needs_are_refused(decoder: Decoder, form: str) -> None:
    assert await _refused(decoder, _picture(form, (64, 64))) is Refusal.FORMAT


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_broken_picture_is_refused(decoder: Decoder, form: str) -> None:
    whole = _picture(form, (400, 300))
    with pytest.raises(Unusable):
        await decoder.pixels(whole[: len(whole) // 2])


async def test_a_large_picture_is_handed_out_smaller(decoder: Decoder) -> None:
    found = await decoder.pixels(_picture("JPEG", (5_000, 4_000)))
    assert found.width * found.height <= KEPT_PIXELS
    assert found.width / found.height == pytest.approx(1.25, abs=0.01)


async def test_a_picture_that_is_made_smaller_in_bands_has_no_seams(decoder: Decoder) -> None:
    """As if it had been made smaller in one go."""
    large = Image.effect_noise((3_100, 2_900), 60).convert("RGB")
    found = await decoder.pixels(_saved(large, "PNG", compress_level=1))
    whole = large.resize((found.width, found.height))
    apart = ImageChops.difference(whole, Image.frombytes("RGB", whole.size, found.rgb))
    assert max(high for _, high in ImageStat.Stat(apart).extrema) <= 1


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
async def test_what_is_seen_through_is_white(decoder: Decoder, mode: str) -> None:
    clear = Image.new("LA", (3_100, 2_900), (0, 0))
    clear.paste((0, 255), (0, 0, 3_100, 1_450))  # black above
    more = {"transparency": 1} if mode == "P" else {}
    if mode == "P":
        clear = clear.getchannel("A").point([1] * 255 + [0]).convert("P")
        clear.putpalette([0, 0, 0] * 256)
    found = await decoder.pixels(_saved(clear.convert(mode), "PNG", **more))
    stride = 3 * found.width
    assert found.rgb[:stride] == bytes(stride)
    assert found.rgb[-stride:] == b"\xff" * stride


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
