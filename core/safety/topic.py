"""What a text may be about that wants care."""

from enum import StrEnum


class Topic(StrEnum):
    """What a text is about."""

    SELF_HARM = "self_harm"
    """Somebody speaks of wanting to die, or to hurt themselves."""
    ABUSE = "abuse"
    """Insults of whoever reads it, and threats."""
    MEDICAL = "medical"
    LEGAL = "legal"
    FINANCIAL = "financial"


ADVICE = frozenset((Topic.MEDICAL, Topic.LEGAL, Topic.FINANCIAL))
