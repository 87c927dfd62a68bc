"""Markdown as Slack may have it: Slack renders it itself, so what matters is what must not come alive.

Whether Slack expands `<!channel>` in Markdown is not documented, so it is kept from it everywhere.
"""

import re

from adapters import markdown
from adapters.markdown import JOINER, SCHEMES

PART = 11_500
"""Characters per message: 12,000 for `markdown_text`, about 13,200 for all blocks together."""
SUMMARY = 300
"""Characters of the notification text."""

_LESS = r"<|＜|&lt;|&#0*60;|&#[xX]0*3[cC];"
_SIGIL = r"[!@#！＠＃]|&#0*(?:33|35|64);|&#[xX]0*(?:21|23|40);|&(?:excl|num|commat);"
_AT = r"@|＠|&#0*64;|&#[xX]0*40;|&commat;"
_CONTROL = re.compile(rf"({_LESS})(?={_SIGIL})")
_CALL = re.compile(rf"({_AT})(?=channel|here|everyone)", re.IGNORECASE)
_IMAGE = re.compile(r"!(?=\[)")
_LINK = re.compile(rf"((?:\]\(\s*<?|<)(?!(?:{'|'.join(SCHEMES)}):)[a-zA-Z][a-zA-Z0-9+.-]*:)(?=[^\s{JOINER}])")
_BARE = re.compile(r"(?<!\bhttps)(?<!\bhttp):(?=//)", re.IGNORECASE)


def neutralise(text: str) -> str:
    """Break every sequence that Slack would bring to life: pings, channel links, images, refused schemes.

    Doing it twice changes nothing, and every change lies within one run of characters without white space.
    """
    for pattern in (_CONTROL, _CALL, _IMAGE, _LINK, _BARE):
        text = pattern.sub(rf"\g<0>{JOINER}", text)
    return text


def render(text: str) -> list[str]:
    """Markdown in parts of one Slack message each."""
    return markdown.split(neutralise(markdown.clean(text)), lambda part: True, PART)


def preview(text: str) -> str:
    """What fits of a growing text into one message, closed cleanly."""
    return markdown.closed(render(text)[0])


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
        safe = neutralise(markdown.clean(final))
        return safe[len(self._sent) :] if safe.startswith(self._sent) else None

    def _stable(self, text: str) -> str:
        safe = neutralise(markdown.clean(text))[:PART]
        end = max(safe.rfind(" "), safe.rfind("\n")) + 1
        return safe[:end]
