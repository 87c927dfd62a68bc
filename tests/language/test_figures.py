"""Figures compare by what they say, however they are written."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.figures import Kind, find_figures

SAME = (
    ("1,234.5", "1 234.5"),
    ("1.234,50 EUR", "€1,234.50"),
    ("thirty-two percent", "32%"),
    ("one hundred and five users", "105 users"),
    ("$5m", "5,000,000 dollars"),
    ("1.2 billion", "1200 million"),
    ("24 hours", "one day"),
    ("half an hour", "30 minutes"),
    ("two years", "24 months"),
    ("5-7 business days", "between five and seven working days"),
    ("two and a half hours", "150 min"),
    ("1½ hours", "90 minutes"),
    ("1 GB", "1000 MB"),
    ("at least two admins", "two or more admins"),
    ("no more than 10 seats", "up to 10 seats"),
    ("March 3, 2024", "3rd of March 2024"),
    ("2024-03-03", "3 Mar. 2024"),
    ("03/04/2024", "4 March 2024"),
    ("9:30 am", "09:30"),
    ("5 pm", "17:00"),
    ("the 21st century", "the twenty-first century"),
    ("v3.8.18", "3.8.18"),
    ("-5 °C", "minus 5 °C"),
    ("two thirds", "two-thirds"),
)
DIFFERENT = (
    ("30 days", "60 days"),
    ("30 days", "30 business days"),
    ("5 to 7 days", "6 days"),
    ("5 to 7 days", "7 days"),
    ("-5 °C", "5 °C"),
    ("5 %", "5 percentage points"),
    ("$20", "€20"),
    ("at least 8 hours", "at most 8 hours"),
    ("one year", "365 days"),
    ("3 March 2024", "4 March 2024"),
    ("3 March", "3 March 2024"),
    ("AES-256", "AES-128"),
    ("first", "second place"),
    ("9 am", "9 pm"),
    ("1990", "1990s"),
    ("+43 1 234 567", "+43 1 234 568"),
)
STATED = (
    ("5 to 7 days", "up to 7 days"),
    ("3 March 2024", "March 2024"),
    ("3 March 2024", "in 2024"),
    ("from 2015 to 2020", "in 2015"),
    ("$20", "20"),
    ("within 30 days", "30 days"),
)
NONE = (
    "no one",
    "one of them",
    "First, open it.",
    "as soon as possible",
    "",
    "per second",
    "a user",
    "I. V.",
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_written_otherwise(one: str, other: str) -> None:
    (left,), (right,) = find_figures(one), find_figures(other)
    assert left.states(right)
    assert right.states(left)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_is_not_stated(one: str, other: str) -> None:
    (left,), (right,) = find_figures(one), find_figures(other)
    assert not left.states(right)


@pytest.mark.parametrize(("passage", "claim"), STATED)
def test_a_claim_may_say_less(passage: str, claim: str) -> None:
    (left,), (right,) = find_figures(passage), find_figures(claim)
    assert left.states(right)
    assert not right.states(left) or claim in ("20", "30 days")


@pytest.mark.parametrize("text", NONE)
def test_words_that_count_nothing(text: str) -> None:
    assert find_figures(text) == ()


def test_several_are_found_in_order_with_their_places() -> None:
    text = "From 3 May 2024 on, 12 users pay $5 each (AES-256, see https://a.example/7)."
    found = find_figures(text)
    assert [figure.kind for figure in found] == [Kind.DATE, Kind.NUMBER, Kind.NUMBER, Kind.CODE, Kind.CODE]
    assert all(text[figure.start : figure.end] == figure.text for figure in found)


@settings(max_examples=200)
@given(
    st.text(st.characters(codec=None), max_size=100) | st.text("0123456789.,-–/:%$ amp½tohne", max_size=60)
)
def test_no_text_makes_it_fail(text: str) -> None:
    found = find_figures(text)
    assert all(text[figure.start : figure.end] == figure.text for figure in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(figure.states(figure) for figure in found)


@given(st.integers(0, 10**12))
def test_digits_with_and_without_groups_are_the_same(number: int) -> None:
    (plain,), (grouped,) = find_figures(str(number)), find_figures(f"{number:,}")
    assert plain.low == grouped.low == number
