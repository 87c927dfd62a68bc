"""Opening times, and what customers are told to expect of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.desk import words
from core.desk.hours import is_open, opening_time, opens_at
from core.desk.waiting import ENOUGH, forecast
from core.desk_policy import Hours
from core.translation import spoken
from tests.desk.samples import ticket

BERLIN = Hours.model_validate(
    {
        "timezone": "Europe/Berlin",
        "days": {"monday": ["09:00-12:30", "13:30-17:00"], "friday": ["22:00-24:00"]},
        "closed_on": ["2026-12-28"],
    }
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type,misc]  # year to minute


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (berlin(2026, 11, 23, 9, 0), True),
        (berlin(2026, 11, 23, 12, 30), False),
        (berlin(2026, 11, 23, 13, 45), True),
        (berlin(2026, 11, 24, 10, 0), False),
        (berlin(2026, 12, 28, 10, 0), False),
        (berlin(2026, 11, 27, 23, 59), True),
    ],
)
def test_agents_are_there_within_their_hours(now: datetime, expected: bool) -> None:
    assert is_open(BERLIN, now) is expected


def test_the_next_opening_knows_days_off_and_the_time_zone() -> None:
    assert opens_at(BERLIN, berlin(2026, 11, 23, 12, 45)) == berlin(2026, 11, 23, 13, 30)
    assert opens_at(BERLIN, berlin(2026, 12, 26, 10, 0)) == berlin(2027, 1, 1, 22, 0)
    assert opens_at(Hours(), berlin(2026, 1, 1, 0, 0)) is None


def test_a_night_in_which_the_clocks_change_does_not_move_the_opening() -> None:
    sunday = Hours.model_validate({"timezone": "Europe/Berlin", "days": {"sunday": ["01:00-04:00"]}})
    assert opening_time(sunday, berlin(2026, 3, 29, 0, 0), berlin(2026, 3, 29, 12, 0)) == timedelta(hours=2)
    assert opening_time(sunday, berlin(2026, 10, 25, 0, 0), berlin(2026, 10, 25, 12, 0)) == timedelta(hours=4)


@given(begin=MOMENTS, length=st.timedeltas(timedelta(), timedelta(days=40)), share=st.floats(0, 1))
def test_opening_time_adds_up(begin: datetime, length: timedelta, share: float) -> None:
    middle, end = begin + share * length, begin + length
    parts = opening_time(BERLIN, begin, middle) + opening_time(BERLIN, middle, end)
    assert parts == opening_time(BERLIN, begin, end) <= length


@given(now=MOMENTS)
def test_it_is_open_when_it_opens(now: datetime) -> None:
    opens = opens_at(BERLIN, now)
    assert opens is not None
    assert opens > now
    assert is_open(BERLIN, opens)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Europe/Bonn"},
        {"timezone": "../etc/passwd"},
        {"days": {"monday": ["9-17"]}},
        {"days": {"monday": ["17:00-09:00"]}},
        {"days": {"someday": ["09:00-17:00"]}},
        {"closed_on": ["Christmas"]},
        {"holidays": "Bavaria"},
        {"holidays": "DE-XX"},
    ],
)
def test_hours_that_nobody_can_keep_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate(wrong)


def test_a_forecast_needs_experience_and_holds_for_most() -> None:
    opened = berlin(2026, 11, 23, 9, 0)
    waits = [timedelta(minutes=minutes) for minutes in (1, 2, 3, 4, 50)]
    past = [ticket(opened_at=opened, first_response_at=opened + wait) for wait in waits]
    assert forecast(past[: ENOUGH - 1], None) is None
    assert forecast(past, None) == timedelta(minutes=50)
    assert forecast([*past, *past[:4]], None) == timedelta(minutes=4)


def test_a_night_in_between_is_no_waiting() -> None:
    opened, answered = berlin(2026, 11, 23, 16, 50), berlin(2026, 11, 30, 9, 5)
    past = [ticket(opened_at=opened, first_response_at=answered)] * ENOUGH
    assert forecast(past, BERLIN) == timedelta(hours=2, minutes=15)


def test_holidays_are_days_of_their_own_zone() -> None:
    closed = BERLIN.model_copy(update={"closed_on": (date(2026, 11, 23),)})
    assert not is_open(closed, berlin(2026, 11, 23, 9, 30))


@pytest.mark.parametrize(("where", "is_there"), [("", True), ("DE", True), ("DE-BY", False), ("PL", False)])
def test_public_holidays_are_kept_where_they_are_kept(where: str, is_there: bool) -> None:
    hours = BERLIN.model_copy(update={"holidays": where, "days": {"thursday": ("09:00-17:00",)}})
    corpus_christi = berlin(2026, 6, 4, 10, 0)
    assert is_open(hours, corpus_christi) is is_there


def test_customers_are_told_in_their_language_when_somebody_is_there() -> None:
    with spoken("de"):
        told = words.closed_now(ticket(), opens_at(BERLIN, berlin(2026, 11, 23, 12, 45)))
    assert "wir antworten ab Montag, 23 November, 13:30 (Europe/Berlin)" in told
