"""What a picture's file tells beside the picture: where it was taken, when, with what. Taken out unseen.

Nothing is decoded: the parts of the file that hold it are left out, and the picture's own stay byte for byte.
Sources: ITU-T T.81 annex B (JPEG), W3C PNG third edition, RFC 9649 (WebP).
"""

import re
import struct
from collections.abc import Iterator
from itertools import islice

from core.errors import Refused

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TOLD = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_TOLD = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS = 0x0C
"""Bits of VP8X that announce Exif and XMP."""
_JPEG_TOLD = frozenset({0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE})
"""APP1 (Exif, XMP), other applications' segments, comments; JFIF (E0) and Adobe (EE) stay."""
_PROFILE = 0xE2
"""APP2: stays where it holds colours (ICC), and goes where it tells of further pictures (MPF)."""
_STARTS_SCAN, _ENDS_PICTURE = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""Of a segment, or the end: all markers but those that stand alone, also within the data of a scan."""
_ORIENTATION = 0x0112


_MOST_PARTS = 20_000
"""Of a file. A picture of 25 MB has some thousands; a million empty ones would take seconds."""


def stripped(content: bytes) -> bytes:
    """A picture's file without what it tells beside the picture; anything else as it is.

    How a JPEG is to be turned stays known, as nobody could look at it otherwise. What is broken comes back as
    far as it can be understood.

    Raises:
        Refused: it has more parts than any picture.
    """
    if content.startswith(b"\xff\xd8"):
        return _joined(_jpeg(content))
    if content.startswith(_PNG):
        return _joined(_png(content))
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        body = _joined(_webp(content))
        return b"RIFF" + len(body).to_bytes(4, "little") + body
    return content


def _joined(parts: Iterator[bytes]) -> bytes:
    kept = list(islice(parts, _MOST_PARTS))
    if next(parts, None) is not None:
        raise Refused("The file has more parts than a picture can have.")
    return b"".join(kept)


def _jpeg(content: bytes) -> Iterator[bytes]:
    """Its parts up to the end of the picture: behind it phones put others, with places of their own."""
    yield content[:2]
    if orientation := _orientation(content):
        yield _turned(orientation)
    at = 2
    while found := _MARKER.search(content, at):  # what lies between two segments belongs to none
        at, marker = found.start(), content[found.start() + 1]
        if marker == _ENDS_PICTURE:
            yield content[at : at + 2]
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _STARTS_SCAN:
            after = _MARKER.search(content, end)
            end = after.start() if after else len(content)
        yield b"" if _is_told(marker, content[at + 4 : end]) else content[at:end]
        at = max(end, at + 2)


def _is_told(marker: int, body: bytes) -> bool:
    is_profile = body.startswith(b"ICC_PROFILE\0")
    return marker in _JPEG_TOLD or (marker == _PROFILE and not is_profile)


def _orientation(content: bytes) -> int:
    """How the picture is to be turned, 2 to 8 as of Exif 2.32; 0 where it stands upright or nobody knows."""
    begin = content.find(b"Exif\0\0", 0, 65_536)
    tiff = content[begin + 6 : begin + 6 + 65_536]
    if begin < 0 or tiff[:2] not in (b"II", b"MM"):
        return 0
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(min(count, 100)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if 2 <= value <= 8 else 0
    except struct.error:
        pass
    return 0


def _turned(orientation: int) -> bytes:
    """An Exif segment that tells the orientation alone."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif


def _png(content: bytes) -> Iterator[bytes]:
    yield _PNG
    at = len(_PNG)
    while at + 8 <= len(content):
        name, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4])
        yield b"" if name in _PNG_TOLD else content[at:end]
        if name == b"IEND":
            return  # what follows is no picture
        at = end


def _webp(content: bytes) -> Iterator[bytes]:
    yield b"WEBP"
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        chunk = content[at:end]
        if name == b"VP8X" and len(chunk) > 8:
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_FLAGS]) + chunk[9:]
        yield b"" if name in _WEBP_TOLD else chunk
        at = end
