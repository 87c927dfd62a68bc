"""Whether a text is rude, by one list of words in English, German and Spanish (`rude.yaml`).

A list finds words, not meanings: abuse without such a word is not seen, and a word that is quoted counts.
What insults its reader is found by whole sentences, in `core.safety.topics`.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from re import Pattern

import yaml

from core.language.wordlist import any_of


def has_abuse(text: str) -> bool:
    """Whether a word of abuse stands in it."""
    return _patterns()["abuse"].search(text) is not None


def is_rude(text: str) -> bool:
    """Whether such a word stands in it, or one that is harsh where it is said of people."""
    return any(pattern.search(text) for pattern in _patterns().values())


@cache
def _patterns() -> Mapping[str, Pattern[str]]:
    lists = yaml.safe_load((files("core.safety") / "rude.yaml").read_text(encoding="utf-8"))
    return {name: any_of(words) for name, words in lists.items()}
