"""Regular expressions take linear time: F8."""

import re
from string import ascii_lowercase

import pytest

from core.privacy import redaction
from tests.trust import regexes
from tests.trust.page import Note
from tests.trust.regexes import LENGTH, WANTED, Slow, Use, every, is_quick, seconds, table, worst_piece


def test_every_regular_expression_stands_in_the_table_and_is_quick(record_property: Note) -> None:
    """A new one, or another use of one, comes in by `python -m tests.trust regexes`, which tries it."""
    known = table()
    assert every() == set(known)
    assert [use for use, piece in known.items() if not piece] == []
    assert [use for use, piece in known.items() if not is_quick(use, piece)] == []
    slowest = sorted(known.items(), key=lambda each: seconds(*each))[-10:]
    took = max(min(seconds(*each) for _ in range(3)) for each in slowest)
    record_property(
        "F8",
        f"{len(known)} patterns on the worst of the texts of {LENGTH:,} characters that were tried: "
        f"{1000 * took:.0f} ms at most (wanted: {1000 * WANTED:.0f})",
    )


def test_one_that_tries_many_words_everywhere_is_found() -> None:
    """It takes linear time, but three times as much as is wanted."""
    words = "|".join(first + second for first in ascii_lowercase for second in "abcdef")
    assert not is_quick(Use(words, int(re.IGNORECASE | re.UNICODE), False), "-")


def test_a_slow_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "PATIENCE", 0.3)
    for pattern in (r"(a+)+b", r"\s+$"):
        with pytest.raises(Slow):
            worst_piece(Use(pattern, 0, False))


def test_what_was_slow_once_is_not_any_more() -> None:
    """It took minutes for thirty underscores."""
    pattern = redaction._ADDRESS
    assert worst_piece(Use(pattern.pattern, pattern.flags, False))
