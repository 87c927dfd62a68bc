"""Slack's own text notation, made readable (docs.slack.dev/messaging/formatting-message-text)."""

import html
import re

COMMANDS = (
    *("help", "new", "stop", "again", "me", "human", "kb", "learning", "voice"),
    *("export", "forget", "memory"),
)
"""What may follow `!` in a message, or `/frontdesk`."""

_TOKEN = re.compile(r"<([^<>]*)>")
_COMMAND = re.compile(rf"!({'|'.join(COMMANDS)})\b\s*", re.ASCII | re.IGNORECASE)
_SIGNS = {"@": "@", "#": "#"}


def mentions(text: str, user: str) -> bool:
    """True where `text`, in Slack's notation, names this user id."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def readable(text: str, *, without: str = "") -> str:
    """Turn Slack's notation into the text a person saw, leaving out mentions of the user id `without`."""
    if without:
        text = re.sub(rf"[ \t]*<@{re.escape(without)}(\|[^<>]*)?>[,:]?[ \t]*", " ", text)
    return html.unescape(_TOKEN.sub(_readable_token, text)).strip()


def _readable_token(match: re.Match[str]) -> str:
    target, _, label = match[1].partition("|")
    sign = target[:1]
    if sign == "!":
        return label or f"@{target[1:].partition('^')[0]}"
    if sign in _SIGNS:
        return _SIGNS[sign] + (label.lstrip(sign) or target[1:])
    address = target.removeprefix("mailto:")
    return f"{label} ({address})" if label and label not in (target, address) else address


def split_command(text: str) -> tuple[str, str]:
    """Take a leading `!command` off: its name ("" without one) and the rest."""
    match = _COMMAND.match(text)
    return (match[1].lower(), text[match.end() :]) if match else ("", text)
