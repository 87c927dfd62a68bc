"""Error rates: edits per word, or per character, of what was said."""

import re
from collections.abc import Sequence


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Edits, and words; without case and punctuation."""
    wanted, got = (re.findall(r"[\w']+", text.casefold()) for text in (said, heard))
    return _edits(wanted, got), len(wanted)


def character_errors(said: str, read: str) -> tuple[int, int]:
    """Edits, and characters; spaces do not count, as columns are set apart by them."""
    wanted, got = ("".join(text.replace("|", "").split()) for text in (said, read))
    return _edits(wanted, got), len(wanted)


def _edits(wanted: Sequence[str], got: Sequence[str]) -> int:
    """Levenshtein's distance."""
    row = list(range(len(got) + 1))
    for at, one in enumerate(wanted, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(got, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (one != other))
    return row[-1]
