"""Texts with slots in braces: "Sick from {from_day} to {until_day}"."""

import re
from collections.abc import Callable
from datetime import date

from core.dialogue.flows.conditions import Value

_SLOT = re.compile(r"\{([a-z][a-z0-9_]{0,17})\}")
YES, NO = "Yes", "No"


def names(text: str) -> frozenset[str]:
    """The slots in a text."""
    return frozenset(_SLOT.findall(text))


def filled(text: str, shown: Callable[[str], str]) -> str:
    """The text with what `shown` gives for each slot. Braces in a value stay as they are."""
    return _SLOT.sub(lambda found: shown(found[1]), text).strip()


def only_slot(text: str) -> str:
    """The slot that is all of a text, or empty."""
    found = _SLOT.fullmatch(text.strip())
    return found[1] if found else ""


def spoken(value: Value) -> str:
    """A value as people write it: dates with their weekday, no needless decimals."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        day = date.fromisoformat(value)
        return f"{day:%A}, {day.day} {day:%B %Y}"
    return str(value)
