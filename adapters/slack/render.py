"""Markdown as Slack may have it: Slack renders it itself, so what matters is what must not come alive.

Whether Slack expands `<!channel>` in Markdown is not documented, so it is kept from it everywhere.
"""

import re
from itertools import groupby

from adapters import markdown
from adapters.markdown import JOINER, SCHEMES, clean, fenced_lines

PART = 11_500
"""Characters per message: 12,000 for `markdown_text`, about 13,200 for all blocks together."""
SUMMARY = 300
"""Characters of the notification text."""

_ALLOWED = "|".join(SCHEMES)
_LESS = r"<|＜|&lt;|&#0*60;|&#x0*3c;"
_SIGIL = r"[!@#！＠＃]|&#0*(?:33|35|64);|&#x0*(?:21|23|40);|&(?:excl|num|commat);"
_AT = r"@|＠|&#0*64;|&#x0*40;|&commat;"
_PINGS = (
    re.compile(rf"(?:{_LESS})(?=\\?(?:{_SIGIL})(?!\s|--|doctype|\[CDATA))", re.IGNORECASE),
    re.compile(rf"(?:{_AT})(?=channel|here|everyone|&)", re.IGNORECASE),
)
_LINKS = (
    re.compile(r"!(?=\[)"),  # images
    re.compile(rf"\](?=[(:]\s*<?(?!(?:{_ALLOWED}):)[^\s()]{{0,40}}[:&\\])", re.IGNORECASE),
    re.compile(rf"<(?!(?:{_ALLOWED}):)(?=[a-z][a-z0-9+.-]*:(?!:))", re.IGNORECASE),
)
_BARE = re.compile(r"(?<![\\`])`[^`\s]+`(?!`)|(?<!\bhttps)(?<!\bhttp):(?=//)", re.IGNORECASE)


def neutralise(text: str) -> str:
    """Cleaned text in which nothing can come alive: no pings, channel links, images, refused addresses.

    Doing it twice changes nothing. In fenced code only pings are broken, so that code can be copied.
    """
    text = clean(text)
    fenced = fenced_lines(text)
    numbered = enumerate(text.split("\n"))
    stretches = groupby(numbered, lambda line: line[0] in fenced)
    return "\n".join(_calmed("\n".join(line for _, line in lines), code) for code, lines in stretches)


def _calmed(text: str, code: bool) -> str:
    for pattern in _PINGS if code else _PINGS + _LINKS:
        text = pattern.sub(rf"\g<0>{JOINER}", text)
    return text if code else _BARE.sub(_without_link, text)


def _without_link(match: re.Match[str]) -> str:
    """What stands in backticks is no address; with white space in it, a stream could show half of it."""
    return match[0] if match[0].startswith("`") else match[0] + JOINER


def render(text: str) -> list[str]:
    """Markdown in parts of one Slack message each."""
    return [neutralise(part) for part in markdown.split(text, _length, PART)]


def _length(part: str) -> int:
    return len(neutralise(part))


def preview(text: str) -> str:
    """What fits of a growing text into one message, closed cleanly."""
    growing = markdown.closed(clean(text[: 2 * PART]))
    return neutralise(markdown.first_part(growing, _length, PART))


def summary(text: str) -> str:
    """A line of mrkdwn for the notification that goes with blocks."""
    words = " ".join(markdown.plain(markdown.parse(text[: 4 * SUMMARY])).split())
    return to_mrkdwn(words[:SUMMARY]) or "…"


def to_mrkdwn(text: str) -> str:
    """Plain words as mrkdwn shows them unchanged: `&`, `<` and `>` escaped, nobody called."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return neutralise(escaped)


class StreamText:
    """What a stream, which only ever grows, may show of a growing text."""

    def __init__(self) -> None:
        self._sent = ""

    def follows(self, text: str) -> bool:
        """Whether what was sent so far is still how the text begins."""
        return self._stable(text).startswith(self._sent)

    def feed(self, text: str) -> str:
        """The next piece to append. The last word is held back: it may yet turn out to be a ping."""
        stable = self._stable(text)
        piece = stable[len(self._sent) :] if stable.startswith(self._sent) else ""
        self._sent += piece
        return piece

    def tail(self, final: str) -> str | None:
        """What is missing from `final`, one finished part; None where the stream shows something else."""
        safe = neutralise(final.lstrip())
        return safe[len(self._sent) :] if safe.startswith(self._sent) else None

    def _stable(self, text: str) -> str:
        safe = neutralise(text.lstrip())[:PART]
        end = max(safe.rfind(" "), safe.rfind("\n")) + 1
        return safe[:end].rstrip()  # finished answers have no white space at their ends
