"""What people see at the end: every post of the assistant, read from the emulators and the widget alike."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bots.playground.slack.driver import shown
from bots.playground.widget.driver import WidgetVisitor
from tests.crash.talks import Place

_ANSWER = re.compile(r"Answering ((?:\d+ ?)+)(done)?")
_PASSED = re.compile(r"(?:\*\*)?[\w ]+:(?:\*\*)? q(\d+)")
"""Words under a name; Slack gives Markdown back, Telegram what it shows."""
_BLANK = ("", "…")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One post of the assistant."""

    place: Place
    at: float
    """When it was put up, on the emulator's clock."""
    text: str
    is_open: bool = False
    """A stream that nobody ended."""

    @property
    def names(self) -> Sequence[int]:
        """The questions it names, in order."""
        found = _ANSWER.search(self.text)
        return [int(number) for number in found[1].split()] if found else []

    @property
    def is_whole(self) -> bool:
        """An answer to its last word."""
        found = _ANSWER.fullmatch(self.text)
        return found is not None and found[2] is not None and not self.is_open

    @property
    def is_placeholder(self) -> bool:
        """Put up, and never filled."""
        return not self.names and (self.text in _BLANK or self.is_open)


@dataclass(frozen=True, kw_only=True)
class Passed(Shown):
    """A post that passes on what somebody wrote on the other side."""

    @classmethod
    def of(cls, post: Shown) -> "Passed":
        return cls(place=post.place, at=post.at, text=post.text, is_open=post.is_open)

    @property
    def names(self) -> Sequence[int]:
        found = _PASSED.fullmatch(self.text)
        return [int(found[1])] if found else []

    @property
    def is_whole(self) -> bool:
        return bool(self.names)


def slack_posts(state: dict[str, Any]) -> Iterator[Shown]:
    """The assistant's posts in the order in which they stand, channel by channel."""
    for channel in state["channels"]:
        for message in channel["messages"]:
            if message["user"] == state["bot"]["user"]:
                yield Shown(
                    place=Place("slack", channel["id"], message["thread_ts"] or ""),
                    at=float(message["ts"]),
                    text=shown(message).strip(),
                    is_open=message["streaming"],
                )


def telegram_posts(state: dict[str, Any]) -> Iterator[Shown]:
    """The assistant's posts in the order in which they stand, chat by chat."""
    for chat in state["chats"]:
        for message in chat["messages"]:
            if message["sender"] == state["bot"]["id"] and not message["service"]:
                yield Shown(
                    place=Place("telegram", str(chat["id"]), str(message["thread"] or "")),
                    at=float(message["date"]),
                    text=message["text"].strip(),
                )


def widget_posts(visitor: WidgetVisitor, ahead: float) -> Iterator[Shown]:
    """The assistant's posts in the order in which a visitor sees them.

    Args:
        ahead: seconds by which the emulators' clocks are ahead of the service's.
    """
    for message in visitor.messages:
        if message["by"] == "assistant":
            yield Shown(
                place=Place("web", visitor.token), at=message["at"] + ahead, text=message["plain"].strip()
            )
