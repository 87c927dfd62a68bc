"""Regular expressions take linear time: F8."""

import pytest

from core.privacy import redaction
from tests.trust import regexes
from tests.trust.page import Note
from tests.trust.regexes import LENGTH, PATIENCE, Slow, Use, every, seconds, table, worst_piece


def test_every_regular_expression_stands_in_the_table_and_is_quick(record_property: Note) -> None:
    """A new one, or another use of one, comes in by `python -m tests.trust regexes`, which tries it."""
    known = table()
    assert every() == set(known)
    assert [use for use, piece in known.items() if not piece] == []
    slowest = max(seconds(use, piece) for use, piece in known.items())
    record_property(
        "F8",
        f"{len(known)} patterns on the worst of the texts of {LENGTH:,} characters that were tried: "
        f"{1000 * slowest:.0f} ms at most (wanted: 50; limit: {1000 * PATIENCE:.0f})",
    )


def test_a_slow_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "PATIENCE", 0.3)
    for pattern in (r"(a+)+b", r"\s+$"):
        with pytest.raises(Slow):
            worst_piece(Use(pattern, 0, False))


def test_what_was_slow_once_is_not_any_more() -> None:
    """It took minutes for thirty underscores."""
    pattern = redaction._ADDRESS
    assert worst_piece(Use(pattern.pattern, pattern.flags, False))
