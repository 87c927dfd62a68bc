"""Files of sound and pictures to samples and pixels: what happens inside the confined child process."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.confined.limits import Limits
from core.media.refusal import Refusal, Unusable

LIMITS = Limits(memory=700 * 1024 * 1024, seconds=15)
"""Of address space, in which the libraries' code counts, too; what is resident stays far below."""
RATE = 16_000
"""Samples a second, of one channel, as speech models take them."""
LARGEST_RATE, MOST_CHANNELS = 192_000, 8
LARGEST_SOUND = 256 * 1024 * 1024
"""Bytes of samples that are decoded of one file."""
LARGEST_PICTURES = {"JPEG": 25_000_000, "GIF": 16_000_000, "PNG": 16_000_000, "WEBP": 6_000_000}
"""Pixels that a file may claim, by what decoding them takes: a JPEG is made smaller on the way."""
KEPT_PIXELS = 6_000_000
"""Pixels that are handed out: an A4 page at 240 dots an inch."""
SMALLEST_SIDE = 8
_SECOND = 1_000_000
_DEMUXERS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("ogg", lambda head: head.startswith(b"OggS")),
    ("flac", lambda head: head.startswith(b"fLaC")),
    ("wav", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WAVE"),
    ("matroska", lambda head: head.startswith(b"\x1a\x45\xdf\xa3")),
    ("mov", lambda head: head[4:8] == b"ftyp"),
    ("aac", lambda head: len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0),
    ("mp3", lambda head: head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")),
)
"""Containers that are opened, by how they begin; their names are those of FFmpeg. The mark of MP3 is true of
AAC (ADTS), too, which stands before it."""
_CODECS = frozenset(
    {"opus", "libopus", "vorbis", "flac", "aac", "mp3", "mp3float", "alac", "amrnb", "pcm_s16le", "pcm_s24le"}
    | {"pcm_f32le", "pcm_u8", "pcm_alaw", "pcm_mulaw"}
)


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A picture, upright."""

    width: int
    height: int
    rgb: bytes


def samples(content: bytes, longest: float) -> bytes:
    """The sound of a file: 16-bit samples of one channel, at `RATE`.

    Args:
        content: of a file of sound, or a video.
        longest: seconds it may take.

    Raises:
        Unusable: it is none, or too long.
    """
    import av  # noqa: PLC0415  # of the extra `voice`

    demuxer = next((name for name, begins in _DEMUXERS if begins(content[:16])), None)
    if demuxer is None:
        raise Unusable(Refusal.FORMAT)
    try:
        with av.open(io.BytesIO(content), format=demuxer, metadata_errors="ignore") as container:
            _check_length(container, longest)
        with av.open(io.BytesIO(content), format=demuxer, metadata_errors="ignore") as container:
            return _resampled(container, longest)
    except (av.FFmpegError, ValueError, EOFError):
        raise Unusable(Refusal.BROKEN) from None


def _check_length(container: Any, longest: float) -> None:
    """By the header, and by the packets, as headers lie; nothing is decoded yet."""
    if not container.streams.audio:
        raise Unusable(Refusal.SILENT)
    stream = container.streams.audio[0]
    coded = stream.codec_context
    if coded.name not in _CODECS or coded.sample_rate > LARGEST_RATE or coded.channels > MOST_CHANNELS:
        raise Unusable(Refusal.FORMAT)
    told = max(container.duration or 0, int((stream.duration or 0) * (stream.time_base or 0) * _SECOND))
    if told > longest * _SECOND:
        raise Unusable(Refusal.TOO_LONG)
    length = 0
    for packet in container.demux(stream):
        length += packet.duration or 0
        if length * (stream.time_base or 0) > longest:
            raise Unusable(Refusal.TOO_LONG)


def _resampled(container: Any, longest: float) -> bytes:
    import av  # noqa: PLC0415  # as above

    stream = container.streams.audio[0]
    coded = stream.codec_context
    coded.thread_count = 1
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    kept, decoded = bytearray(), 0
    for frame in container.decode(stream):
        decoded += frame.samples * coded.channels * frame.format.bytes
        for part in resampler.resample(frame):
            kept += bytes(part.planes[0])[: part.samples * 2]
        if len(kept) > longest * RATE * 2 or decoded > LARGEST_SOUND:
            raise Unusable(Refusal.TOO_LONG)
    return bytes(kept)


def _on_white(picture: Any) -> Any:
    """Without what can be seen through."""
    from PIL import Image  # noqa: PLC0415  # as below

    white = Image.new("RGB", picture.size, "white")
    seen = picture.convert("RGBA")
    white.paste(seen, mask=seen)
    return white


def pixels(content: bytes) -> Pixels:
    """A picture, turned as it is meant to be seen, and smaller where it has very many pixels.

    Raises:
        Unusable: it is none, or claims too many pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  # of the extra `vision`

    Image.MAX_IMAGE_PIXELS = max(LARGEST_PICTURES.values())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=tuple(LARGEST_PICTURES))
            if picture.width * picture.height > LARGEST_PICTURES[picture.format or ""]:
                raise Unusable(Refusal.TOO_LARGE)
            if min(picture.size) < SMALLEST_SIDE:
                raise Unusable(Refusal.FORMAT)
            scale = (KEPT_PIXELS / (picture.width * picture.height)) ** 0.5
            if scale < 1:
                smaller = (int(picture.width * scale), int(picture.height * scale))
                picture.draft("RGB", smaller)
                picture.thumbnail(smaller, reducing_gap=2.0)
            ImageOps.exif_transpose(picture, in_place=True)
            flat = _on_white(picture) if picture.has_transparency_data else picture.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(Refusal.TOO_LARGE) from None
    except UnidentifiedImageError:
        raise Unusable(Refusal.FORMAT) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Unusable(Refusal.BROKEN) from None
    del picture  # with all that its decoder holds
    return Pixels(width=flat.width, height=flat.height, rgb=flat.tobytes())
