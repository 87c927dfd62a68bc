"""Text without what nobody sees: it could tell the model what no reader of the document knows of."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2060-\u2064\u206a-\u206f\u3164\uffa0"
    "\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # of no width, and turning the direction of writing
    "\ufff9-\ufffb\ufe00-\ufe0f\U000e0000-\U000e0fff"  # annotations, variants, tags
    "\ue000-\uf8ff\U000f0000-\U0010ffff\ufdd0-\ufdef\ufffe\uffff]"  # for private use, and no characters
)
_JOINERS = re.compile("[\u200c\u200d]")
_LATIN = re.compile("[\x00-\u02ff\u2000-\u200b\u2010-\u206f]|$|^")
_LONE = re.compile("[\ud800-\udfff]")
_LIGATURES = {
    ord(sign): unicodedata.normalize("NFKC", sign) for sign in "\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"
}


def visible(text: str) -> str:
    """The text as people see it: composed, without characters that show nothing, breaks as newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _LONE.sub("\N{REPLACEMENT CHARACTER}", text)
    text = _INVISIBLE.sub("", text)
    if _JOINERS.search(text):
        text = _JOINERS.sub(_joiner, text)
    return unicodedata.normalize("NFC", text.translate(_LIGATURES))


def _joiner(found: re.Match[str]) -> str:
    """Joiners shape Persian and Indic words and emoji; between Latin letters or at an edge they only hide."""
    text, at = found.string, found.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return "" if _LATIN.fullmatch(before) or _LATIN.fullmatch(after) else found.group()


def flat(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, and no more than one empty line in a row."""
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def is_printable(name: str) -> bool:
    """Whether a name shows all that it holds, and can be written down."""
    return visible(name) == unicodedata.normalize("NFC", name) and not re.search(r"[\n\t]", name)
