"""Files of sound and pictures to samples and pixels: what happens inside the confined child process."""

import io
import math
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
HELD_PIXELS = 16_000_000
"""Of a picture while it is made smaller; a JPEG that has more is decoded at half its size."""
BAND_PIXELS = 100_000
"""That are made smaller at a time."""
MARGIN = 8
"""Rows beyond a band that its own depend on: the filter reads twice the scale, which is below two."""
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
            seen = _seen(picture)
            del picture  # with all that its decoder holds
            ImageOps.exif_transpose(seen, in_place=True)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(Refusal.TOO_LARGE) from None
    except UnidentifiedImageError:
        raise Unusable(Refusal.FORMAT) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Unusable(Refusal.BROKEN) from None
    return Pixels(width=seen.width, height=seen.height, rgb=seen.tobytes())


def _seen(picture: Any) -> Any:
    """What is seen of it on white, in no more pixels than are handed out.

    Band by band: of a large picture, no second one is held.
    """
    from PIL import Image  # noqa: PLC0415  # as above

    if picture.width * picture.height > HELD_PIXELS:
        picture.draft("RGB", (picture.width // 2, picture.height // 2))
    picture.load()
    scale = max(1.0, (picture.width * picture.height / KEPT_PIXELS) ** 0.5)
    seen = Image.new("RGB", (int(picture.width / scale), int(picture.height / scale)), "white")
    seen.info = picture.info  # how it is to be turned
    rows = max(1, BAND_PIXELS // seen.width)
    for top in range(0, seen.height, rows):
        seen.paste(_band(picture, seen.size, top, min(top + rows, seen.height)), (0, top))
    return seen


def _band(picture: Any, size: tuple[int, int], top: int, bottom: int) -> Any:
    """The rows from `top` to `bottom` of the picture in another size."""
    scale = picture.height / size[1]
    begin = max(0, int(top * scale) - MARGIN)
    end = min(picture.height, math.ceil(bottom * scale) + MARGIN)
    part = picture.crop((0, begin, picture.width, end))
    box = (0, top * scale - begin, picture.width, min(bottom * scale, picture.height) - begin)
    return _on_white(part).resize((size[0], bottom - top), box=box)


def _on_white(picture: Any) -> Any:
    """Without what can be seen through."""
    from PIL import Image  # noqa: PLC0415  # as above

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGB", picture.size, "white")
    clear = picture.convert("RGBA")
    white.paste(clear, mask=clear)
    return white
