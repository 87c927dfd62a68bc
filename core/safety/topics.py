"""Topics that want care, by rules in English, German and Spanish.

Rules rather than a classifier: the sentence encoder reads English alone and need not be there, and what a
rule found can be shown to whoever asks. docs/safety.md says how often they are right.
"""

import re
from collections.abc import Collection

from core.safety.rules import folded, pattern
from core.safety.topic import Topic

_PATTERNS = {topic: pattern(topic) for topic in Topic}
_HARMLESS = re.compile(
    r"\binvest(?:ing)? (?:some |more |a lot of )?(?:time|effort|energy)\b|\bshares? (?:a|the|my|your) \w+"
    r"|\b(?:kalender|datei\w*) anlegen\b|\b(?:benutzer|konto|ticket|ordner)\w* anlegen\b|\btennis\b"
)


def topics_of(text: str) -> frozenset[Topic]:
    """What the text is about; empty for nearly all texts."""
    ordinary = _HARMLESS.sub(" ", folded(text))
    return frozenset(topic for topic, found in _PATTERNS.items() if found.search(ordinary))


def is_abusive(text: str) -> bool:
    """Whether an answer insults or threatens, or tells its reader to harm themselves: nobody is to see it."""
    return _PATTERNS[Topic.ABUSE].search(folded(text)) is not None


def named_in(text: str, words: Collection[str]) -> bool:
    """Whether one of the words stands in the text, as a whole word, in whatever case."""
    lowered = text.lower()
    return any(
        each.lower() in lowered  # which is told far faster
        and re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.IGNORECASE)
        for each in words
    )
