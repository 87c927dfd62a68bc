"""Replies that agents have ready: `!name` sends the text of that name."""

from collections.abc import Mapping

MARK = "!"


def filled(text: str, canned: Mapping[str, str], values: Mapping[str, str]) -> str:
    """The reply that `text` names, with its variables replaced; any other text as it is."""
    name = text.strip().removeprefix(MARK)
    if not text.strip().startswith(MARK) or name not in canned:
        return text
    reply = canned[name]
    for variable, value in values.items():
        reply = reply.replace(f"{{{variable}}}", value)
    return reply
