"""What agents write behind `//` that is more than a note: `//tag refund`, `//snooze 2d call them back`."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

TAG, UNTAG, SNOOZE, TEAM, REPORT = "tag", "untag", "snooze", "team", "report"
_ORDER = re.compile(rf"\s*//({TAG}|{UNTAG}|{SNOOZE}|{TEAM}|{REPORT})\b[ \t]*(.*)", re.IGNORECASE | re.DOTALL)
_WHEN = re.compile(
    r"(?:(?P<count>\d{1,3})\s?(?P<unit>m|h|d|w)\b"
    r"|(?P<day>\d{4}-\d\d-\d\d)(?:[ T](?P<hour>\d{1,2}:\d\d))?"
    r"|(?P<time>\d{1,2}:\d\d))\s*(?P<note>.*)",
    re.IGNORECASE | re.DOTALL,
)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MORNING = "9:00"
"""The time of a day that is named without one."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One of these."""

    name: str
    argument: str


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """When a ticket is looked at again, and what for."""

    until: datetime
    note: str


def read(text: str) -> Order | None:
    """The order that a text gives; None for a note."""
    found = _ORDER.fullmatch(text)
    return Order(name=found[1].lower(), argument=found[2].strip()) if found else None


def labels(argument: str) -> tuple[str, ...]:
    """Tags, as they are kept: in lower case, each once."""
    return tuple(dict.fromkeys(each.strip("#,").lower() for each in argument.split() if each.strip("#,")))


def follow_up(argument: str, now: datetime, zone: tzinfo) -> FollowUp | None:
    """What `2d call them`, `14:30` or `2026-12-01 9:00 ask again` says; None where it names no time to come.

    Args:
        zone: where days begin and clocks stand as agents mean it.
    """
    found = _WHEN.fullmatch(argument)
    if found is None:
        return None
    try:
        until = _moment(found, now.astimezone(zone), zone)
    except (ValueError, OverflowError):
        return None
    if until <= now:
        return None
    return FollowUp(until=until.astimezone(now.tzinfo), note=" ".join(found["note"].split()))


def _moment(found: re.Match[str], here: datetime, zone: tzinfo) -> datetime:
    if found["count"]:
        return here + int(found["count"]) * _UNITS[found["unit"].lower()]
    if found["day"]:
        day = datetime.fromisoformat(found["day"]).date()
        return datetime.combine(day, _clock(found["hour"] or _MORNING), zone)
    today = datetime.combine(here.date(), _clock(found["time"]), zone)
    return today if today > here else today + timedelta(days=1)


def _clock(text: str) -> time:
    return time.fromisoformat(text.zfill(5))
