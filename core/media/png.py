"""Pixels as a file, for who takes files: cores without what reads pictures have no library for it.

Source: W3C PNG, third edition.
"""

import struct
import zlib

from core.media.decoding import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _RGB, _PLAIN = 8, 2, 0
_UNFILTERED = b"\0"
_FAST = 1
"""Level of compression."""


def png(picture: Pixels) -> bytes:
    """The file. Takes long: use it off the event loop."""
    stride = 3 * picture.width
    starts = range(0, stride * picture.height, stride)
    rows = b"".join(_UNFILTERED + picture.rgb[at : at + stride] for at in starts)
    header = struct.pack(">IIBBBBB", picture.width, picture.height, _EIGHT_BITS, _RGB, _PLAIN, _PLAIN, _PLAIN)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, _FAST)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
