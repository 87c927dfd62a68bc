"""Bytes to text, in whatever encoding they were written."""

import codecs
import re

from charset_normalizer import from_bytes

from core.errors import Unreadable

SAMPLE = 100_000
"""Bytes by which an unknown encoding is guessed."""
NOISE = 0.02
"""Share of control characters above which something is no text."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decoded(content: bytes, declared: str = "") -> str:
    """The text.

    Args:
        declared: the encoding that it says it is in, or empty; believed where it is not UTF-8 anyway.

    Raises:
        Unreadable: it is no text.
    """
    text = _decoded(content, declared)
    if len(_CONTROL.findall(text[:SAMPLE])) > NOISE * min(len(text), SAMPLE):
        raise Unreadable("is not text")
    return text


def _decoded(content: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    for encoding in ("utf-8", declared):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    if b"\0" in content[:SAMPLE]:
        raise Unreadable("is not text")
    guess = from_bytes(content[:SAMPLE]).best()
    if guess is None:
        raise Unreadable("is in no encoding that could be told: save it as UTF-8")
    return content.decode(guess.encoding, errors="replace")
