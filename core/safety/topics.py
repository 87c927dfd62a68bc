"""Topics that want care, by rules in English, German and Spanish. Every pattern is linear.

Rules rather than a classifier: the sentence encoder reads English alone and need not be there, and what a
rule found can be shown to whoever asks. docs/safety.md says how often they are right.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from importlib import resources


class Topic(StrEnum):
    """What a text is about."""

    SELF_HARM = "self_harm"
    """Somebody speaks of wanting to die, or to hurt themselves."""
    ABUSE = "abuse"
    """Insults of whoever reads it, and threats."""
    MEDICAL = "medical"
    LEGAL = "legal"
    FINANCIAL = "financial"


WORD = r"\b"
ADVICE = frozenset((Topic.MEDICAL, Topic.LEGAL, Topic.FINANCIAL))

_HARMLESS = re.compile(
    r"\binvest(?:ing)? (?:some |more |a lot of )?(?:time|effort|energy)\b|\bshares? (?:a|the|my|your) \w+"
    r"|\b(?:kalender|datei\w*) anlegen\b|\b(?:benutzer|konto|ticket|ordner)\w* anlegen\b|\btennis\b",
    re.IGNORECASE,
)


def _pattern(topic: Topic) -> re.Pattern[str]:
    """Of the rules of a topic, which stand in a file of its name, one in each line.

    Most begin at a word, and are looked for only where one begins, which takes half the time.
    """
    rules = resources.files("core.safety").joinpath(f"{topic}.txt").read_text("utf-8").splitlines()
    at_words = [each.removeprefix(WORD) for each in rules if each.startswith(WORD)]
    others = [each for each in rules if not each.startswith(WORD)]
    return re.compile("|".join([rf"\b(?:{'|'.join(at_words)})", *others]), re.IGNORECASE)


_PATTERNS = {topic: _pattern(topic) for topic in Topic}
LONGEST = 20_000
"""Characters that are looked at."""


def topics_of(text: str) -> frozenset[Topic]:
    """What the text is about; empty for nearly all texts."""
    text = text[:LONGEST].replace("’", "'")
    ordinary = _HARMLESS.sub(" ", text)
    return frozenset(topic for topic, pattern in _PATTERNS.items() if pattern.search(ordinary))


def is_abusive(text: str) -> bool:
    """Whether an answer insults or threatens, or tells its reader to harm themselves: nobody is to see it."""
    return _PATTERNS[Topic.ABUSE].search(text[:LONGEST].replace("’", "'")) is not None


def named_in(text: str, words: Collection[str]) -> bool:
    """Whether one of the words stands in the text, as a whole word, in whatever case."""
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.IGNORECASE) for each in words)
