"""MarkdownV2 (core.telegram.org/bots/api#markdownv2-style): everything reserved must be escaped."""

from bots.playground.telegram.parsing.builder import Builder, parse_error
from bots.playground.telegram.state import Payload

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_MARKS = (
    ("```", "pre"),
    ("||", "spoiler"),
    ("__", "underline"),
    ("*", "bold"),
    ("_", "italic"),
    ("~", "strikethrough"),
    ("`", "code"),
    ("![", "custom_emoji"),
    ("[", "text_link"),
)
_ENDS = {kind: mark for mark, kind in _MARKS} | {"text_link": "]", "custom_emoji": "]"}
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
}


def parse(source: str) -> tuple[str, list[Payload]]:
    """The plain text and its entities.

    Raises:
        TelegramError: a reserved character without its backslash, or an entity without an end.
    """
    return _Parser(source).run()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out = Builder()
        self._quote: int | None = None
        """Where the block quotation that is open began, in UTF-16 code units."""

    def run(self) -> tuple[str, list[Payload]]:
        while self._at < len(self._source):
            self._step()
        self._end_quote()
        if self._out.nesting:
            opened = self._out.nesting[-1]
            where = _bytes(self._source[: opened.position])
            raise parse_error(f"Can't find end of {_NAMES[opened.type]} entity at byte offset {where}")
        return self._out.text, self._out.entities

    def _step(self) -> None:
        if self._escaped() or self._line() or self._ended():
            return
        if self._out.innermost in ("code", "pre") or self._source[self._at] not in RESERVED:
            self._out.write(self._source[self._at])
            self._at += 1
        elif not self._began():
            wrong = self._source[self._at]
            raise parse_error(f"Character '{wrong}' is reserved and must be escaped with the preceding '\\'")

    def _escaped(self) -> bool:
        following = self._source[self._at + 1 : self._at + 2]
        if self._source[self._at] != "\\" or not (following and 0 < ord(following) <= 126):
            return False
        self._out.write(following)
        self._at += 2
        return True

    def _line(self) -> bool:
        """A `>` at the start of a line opens or goes on with a quotation, any other start ends it."""
        if self._at > 0 and self._source[self._at - 1] != "\n":
            return False
        if self._source.startswith("**>", self._at):
            self._end_quote()
            self._at += 2
        if self._source[self._at] == ">" and self._out.innermost not in ("code", "pre"):
            self._quote = self._out.length if self._quote is None else self._quote
            self._at += 1
            return True
        self._end_quote()
        return False

    def _end_quote(self) -> None:
        """Close the quotation that is open; `||` at its very end makes it expandable."""
        if self._quote is None:
            return
        kind = "blockquote"
        if self._spoils_nothing():
            self._out.nesting.pop()
            kind = "expandable_blockquote"
        if self._out.length > self._quote:
            length = self._out.length - self._quote
            self._out.entities.append({"type": kind, "offset": self._quote, "length": length})
        self._quote = None

    def _spoils_nothing(self) -> bool:
        """Whether a spoiler was opened at the very end of the line."""
        if self._out.innermost != "spoiler":
            return False
        since = self._out.length - self._out.nesting[-1].start
        return since == 0 or (since == 1 and self._out.text.endswith("\n"))

    def _ended(self) -> bool:
        kind = self._out.innermost
        if not kind or not self._source.startswith(_ENDS[kind], self._at):
            return False
        if kind == "italic" and self._source.startswith("__", self._at) and not self._closes_both():
            return False
        self._at += len(_ENDS[kind])
        if kind == "text_link":
            self._out.close(url=self._target())
        elif kind == "custom_emoji":
            self._out.close(custom_emoji_id=self._target().rpartition("id=")[2])
        else:
            self._out.close()
        return True

    def _closes_both(self) -> bool:
        """`___` ends an italic within an underline; `__` otherwise belongs to underline, read greedily."""
        return self._source.startswith("___", self._at)

    def _target(self) -> str:
        if not self._source.startswith("(", self._at):
            return ""
        start = self._at = self._at + 1
        target = ""
        while not self._source.startswith(")", self._at):
            if self._at >= len(self._source):
                where = _bytes(self._source[:start])
                raise parse_error(f"Can't find end of a URL at byte offset {where}")
            self._at += self._source[self._at] == "\\"
            target += self._source[self._at : self._at + 1]
            self._at += 1
        self._at += 1
        return target

    def _began(self) -> bool:
        for mark, kind in _MARKS:
            if self._source.startswith(mark, self._at):
                self._open(mark, kind)
                return True
        return False

    def _open(self, mark: str, kind: str) -> None:
        start = self._at
        self._at += len(mark)
        language = self._language() if kind == "pre" else ""
        self._out.open(kind, start, **({"language": language} if language else {}))

    def _language(self) -> str:
        """The word after three backticks, if a line break follows it; the break itself is dropped."""
        first, broken, _ = self._source[self._at :].partition("\n")
        if not broken or "`" in first or " " in first:
            return ""
        self._at += len(first) + 1
        return first


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
