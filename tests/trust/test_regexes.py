"""Regular expressions take linear time: F8."""

import re

import pytest

from core.privacy import redaction
from tests.trust import regexes
from tests.trust.regexes import LENGTH, TABLE, Slow, every, slowest
from tests.trust.test_answers import Note


def test_every_regular_expression_stands_in_the_table(record_property: Note) -> None:
    """A new one comes in by `python -m tests.trust regexes`, which tries it."""
    known = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    assert {ascii(each) for each in every()} == set(known)
    assert set(known.values()) == {"linear"}
    record_property("F8", f"{len(known)} patterns on {LENGTH:,} characters: 0 slow")


def test_a_slow_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "PATIENCE", 0.3)
    with pytest.raises(Slow):
        slowest(re.compile(r"(a+)+b"), frozenset())
    with pytest.raises(Slow):
        slowest(re.compile(r"\s+$"), frozenset())


def test_what_was_slow_once_is_not_any_more() -> None:
    """It took minutes for thirty underscores."""
    slowest(redaction._ADDRESS, frozenset())
