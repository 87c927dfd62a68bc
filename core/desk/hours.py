"""When agents are there: open or closed, when next, and how much opening time lies between two moments."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.desk_policy import DAYS, Hours, public_holidays, read_span

_AHEAD = 60
"""Days that are looked through for the next opening."""
_DAY = timedelta(days=1)


def is_open(hours: Hours | None, now: datetime) -> bool:
    """Whether agents are there."""
    return hours is None or any(begin <= now < end for begin, end in _spans(hours, now, 1))


def opens_at(hours: Hours, now: datetime) -> datetime | None:
    """When agents are there next, in their own time zone; None where that is not within two months."""
    zone = ZoneInfo(hours.timezone)
    found = (begin for begin, _ in _spans(hours, now, _AHEAD) if begin > now)
    return next((begin.astimezone(zone) for begin in found), None)


def opening_time(hours: Hours | None, begin: datetime, end: datetime) -> timedelta:
    """How long agents were there between two moments."""
    if hours is None or end <= begin:
        return max(end - begin, timedelta())
    days = (end - begin).days + 2
    whole = timedelta()
    for opened, closed in _spans(hours, begin, days):
        whole += max(min(closed, end) - max(opened, begin), timedelta())
    return whole


def _spans(hours: Hours, start: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """Opening times from the day of `start` on, in order, as moments in UTC."""
    zone = ZoneInfo(hours.timezone)
    first = start.astimezone(zone).date()
    off = public_holidays(hours.holidays)
    for number in range(days + 1):
        day = first + number * _DAY
        if day in hours.closed_on or day in off:
            continue
        for span in sorted(hours.days.get(DAYS[day.weekday()], ())):  # type: ignore[call-overload]  # a Day
            begin, end = read_span(span)
            until = datetime.combine(day, end, zone) if end else datetime.combine(day + _DAY, time(), zone)
            yield datetime.combine(day, begin, zone).astimezone(UTC), until.astimezone(UTC)
