"""Regular expressions take linear time: F8."""

import re

import pytest

from tests.trust import regexes
from tests.trust.regexes import TABLE, Slow, every, slowest
from tests.trust.test_answers import Note

SLOW = 13
"""Patterns that are known not to be linear; the number may only fall."""


def test_every_regular_expression_stands_in_the_table(record_property: Note) -> None:
    """A new one comes in by `python -m tests.trust regexes`, which tries it."""
    known = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    assert {ascii(each) for each in every()} == set(known)
    slow = sum(each == "slow" for each in known.values())
    assert slow <= SLOW
    record_property("F8", f"{len(known) - slow} of {len(known)} patterns are linear")


def test_a_slow_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "PATIENCE", 0.3)
    with pytest.raises(Slow):
        slowest(re.compile(r"(a+)+b"), frozenset())
    with pytest.raises(Slow):
        slowest(re.compile(r"\s+$"), frozenset())
