"""Recordings made for tests."""

import io
import struct

import av
import numpy as np

RATE = 48_000


def encoded(
    container: str, codec: str, *, seconds: float, told: bool = True, rate: int = RATE, layout: str = "mono"
) -> bytes:
    """A tone.

    Args:
        told: the file says how long it is.
        rate: samples a second.
        layout: of its channels.
    """
    file = io.BytesIO()
    options = {} if told else {"live": "1"}
    with av.open(file, "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = layout
        wave = (3_000 * np.sin(np.arange(int(rate * seconds)) * 0.05)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size or None
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def silence(*, seconds: float) -> bytes:
    """A WAV file."""
    return encoded("wav", "pcm_s16le", seconds=seconds)


def ogg_claiming(*, hours: float) -> bytes:
    """A short Opus file whose last page says that it is hours long (RFC 7845, section 4)."""
    short = encoded("ogg", "libopus", seconds=2)
    last = short.rindex(b"OggS")
    page = bytearray(short[last:])
    page[6:14] = struct.pack("<q", int(hours * 3600 * RATE))
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", _checksum(bytes(page)))
    return short[:last] + bytes(page)


def ogg_repeating(*, minutes: int) -> bytes:
    """An Opus file that says it takes ten seconds, and holds them again and again."""
    once = encoded("ogg", "libopus", seconds=10)
    starts = [at for at in range(len(once)) if once.startswith(b"OggS", at)]
    pages = [once[start:end] for start, end in zip(starts, [*starts[1:], len(once)], strict=True)]
    return b"".join((*pages[:2], *pages[2:-1] * (6 * minutes), pages[-1]))


def _checksum(page: bytes) -> int:
    """Ogg's own CRC-32 (RFC 3533, section 6)."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
            value &= 0xFFFFFFFF
    return value
