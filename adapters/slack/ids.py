"""Slack's identifiers: message times and keys."""

import re
from datetime import UTC, datetime

from core.errors import UnreadableEvent

_TS = re.compile(r"\d{1,11}\.\d{1,6}", re.ASCII)


def sent_at(ts: str) -> datetime:
    """The moment that a message `ts` (seconds since 1970, six decimals) stands for.

    Raises:
        UnreadableEvent: it is no `ts`.
    """
    if not _TS.fullmatch(ts):
        raise UnreadableEvent("Slack sent a ts that is no time.")
    return datetime.fromtimestamp(float(ts), UTC)


def to_ts(moment: datetime) -> str:
    """The `ts` of a moment, for "newer than" questions."""
    return f"{moment.timestamp():.6f}"


def message_key(workspace: str, channel: str, ts: str) -> str:
    """The inbox key of a message.

    A channel shared between organisations has the same id in each of them, so that one post delivered through
    several workspaces has one key when `workspace` is the constant `SHARED`.
    """
    return f"slack:{workspace}:{channel}:{ts}"


SHARED = "shared"
"""Stands for the workspace in the keys of channels that several organisations share (Slack Connect)."""
