"""The words of a text where nothing more of them is to be known."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+")


def each_word(text: str) -> Iterator[str]:
    """Runs of letters and digits, in order, in lower case."""
    for found in _WORD.finditer(text):
        yield found.group().casefold()
