"""The widget's identifiers: visitors, their conversations, and the keys of what they do."""

import hashlib
import re
from urllib.parse import urlsplit

from core.message import Conversation, Platform

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""An anonymous visitor's token, made in the browser: 32 random bytes in base64url."""
SUBJECT = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Whom a signed token may name: ids stand in logs, so that they must be no mailboxes and no names."""


def anonymous(token: str) -> str:
    """A visitor's id: it tells nobody the token, with which one could read along."""
    return f"v-{hashlib.sha256(token.encode()).hexdigest()[:32]}"


def signed(subject: str) -> str:
    """The id of a visitor whom the host site knows; never that of an anonymous one."""
    return f"u-{subject}"


def conversation(site: str, visitor: str) -> Conversation:
    """Where a visitor and the assistant are alone.

    Args:
        site: the origin of the host page, of which the name of the host counts.
        visitor: as `anonymous` and `signed` make it.
    """
    return Conversation(
        platform=Platform.WEB, tenant=urlsplit(site).hostname or "", channel=visitor, direct=True
    )


def event_key(place: Conversation, event: str) -> str:
    """The inbox key of what a visitor's browser calls `event`; nobody else's browser can take it."""
    return f"{place.channel_key}:{event}"


def press_key(place: Conversation, turn: str) -> str:
    """The inbox key of a pressed button: one choice per answer, in however many windows."""
    return f"{place.channel_key}:press:{turn}"


def verdict_item(turn: str) -> str:
    """What the judgement of an answer is called in the feed."""
    return f"verdict-{turn}"
