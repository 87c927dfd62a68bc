"""Plain text and its entities, while a parser reads marked-up text."""

from dataclasses import dataclass, field

from bots.playground.telegram import links
from bots.playground.telegram.errors import TelegramError, bad_request
from bots.playground.telegram.state import Payload


def is_emoji_id(text: str) -> bool:
    """Whether it may name a custom emoji: a positive number of 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) < 1 << 63


def utf16_length(text: str) -> int:
    """Length as Telegram counts: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_error(reason: str) -> TelegramError:
    """400: the mark-up is wrong."""
    return bad_request(f"can't parse entities: {reason}")


@dataclass
class Opened:
    """An entity whose end has not come yet."""

    type: str
    start: int
    """UTF-16 code units of plain text before it."""
    position: int
    """Of its mark in the source, in characters."""
    extra: Payload = field(default_factory=dict)


@dataclass
class Builder:
    """Collects plain text, and the entities as they close."""

    text: str = ""
    entities: list[Payload] = field(default_factory=list)
    nesting: list[Opened] = field(default_factory=list)
    length: int = 0
    """Of the text so far, in UTF-16 code units."""

    @property
    def innermost(self) -> str:
        """Type of the entity that is open, empty when none is."""
        return self.nesting[-1].type if self.nesting else ""

    def write(self, text: str) -> None:
        """Add plain text."""
        self.text += text
        self.length += utf16_length(text)

    def open(self, kind: str, position: int, **extra: str) -> None:
        """An entity begins here."""
        self.nesting.append(Opened(kind, self.length, position, dict(extra)))

    def close(self, **extra: str) -> None:
        """The innermost entity ends here; empty ones and bad links are dropped, as Telegram does.

        Raises:
            TelegramError: the id of a custom emoji is none.
        """
        opened = self.nesting.pop()
        length = self.length - opened.start
        entity = {"type": opened.type, "offset": opened.start, "length": length, **opened.extra, **extra}
        if opened.type == "custom_emoji" and not is_emoji_id(entity["custom_emoji_id"]):
            raise parse_error("Invalid custom emoji identifier specified")
        if length > 0 and not (opened.type == "text_link" and links.problem(entity["url"])):
            self.entities.append(entity)
