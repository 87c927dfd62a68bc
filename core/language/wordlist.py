"""Lists of words as patterns. A star at the end of a word stands for any ending."""

import re
from collections.abc import Collection


def any_of(words: Collection[str]) -> re.Pattern[str]:
    """Finds these words as whole ones, in any case."""
    return re.compile(rf"\b{one_of(words)}\b", re.IGNORECASE)


def one_of(words: Collection[str]) -> str:
    """A pattern that is one of these words; of two that begin alike the longer one is tried first.

    At a letter, only words that begin with it are tried, which takes a small part of the time.
    """
    endings = dict[str, list[str]]()
    for word in sorted(words, key=len, reverse=True):
        ending = re.escape(word[1:].removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
        endings.setdefault(re.escape(word[0]), []).append(ending)
    parts = [f"{letter}(?:{'|'.join(those)})" for letter, those in endings.items()]
    return f"(?=[{''.join(sorted(endings))}])(?:{'|'.join(parts)})"
