"""Dates and times of day, as numbers and English write them, and dates in German and Spanish."""

import re
from collections.abc import Iterator
from fractions import Fraction

from core.language.figures.figure import Date, Figure, Kind
from core.language.wordlist import one_of

_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
_MONTHS = {name: number for names in _NAMES for number, name in enumerate(names.split(), 1)}
_MONTHS |= {name[:3]: number for number, name in enumerate(_NAMES[0].split(), 1)} | {"sept": 9}
_MONTH = one_of(_MONTHS)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.(?=\s))?"
_YEAR = r"(?P<year>[12]\d{3})"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_YEAR}-(?P<number>[01]?\d)-(?P<day>[0-3]?\d)(?!\d)",
        rf"\b{_DAY}(?:\s+(?:of|de))?\s+(?P<month>{_MONTH})\b\.?(?:,?\s+(?:del?\s+)?{_YEAR}\b)?",
        rf"\b(?P<month>{_MONTH})\b\.?\s+(?:the\s+)?{_DAY}(?![\d:.,]*\d)(?:,?\s+{_YEAR}\b)?",
        rf"\b(?P<month>{_MONTH})\b\.?\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?,\s+{_YEAR}\b",
        rf"\b(?P<month>{_MONTH})\b\.?,?\s+(?:of\s+)?{_YEAR}\b",
        r"\b(?P<one>[0-3]?\d)(?P<mark>[/.])(?P<two>[0-3]?\d)(?P=mark)(?P<long>[12]\d{3})\b",
    )
)
_NOON = frozenset(["noon", "mittag", "mittags", "mediodía"])
_TIME = re.compile(
    r"\b(?P<hour>[0-2]?\d)(?:[:.](?P<minute>[0-5]\d))?(?::[0-5]\d)?\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?)"
    r"|\b(?P<hours>[0-2]?\d):(?P<minutes>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
    r"|\b(?P<word>noon|mittags?|mediodía|midnight|mitternacht|medianoche)\b",
    re.IGNORECASE,
)


def find_dates(text: str) -> Iterator[Figure]:
    """Every date with a month, and every time of day; they may overlap, the better reading first."""
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            dates = tuple(date for date in _readings(found.groupdict()) if _exists(date))
            if dates:
                yield _figure(found, kind=Kind.DATE, dates=dates)
    for found in _TIME.finditer(text):
        minutes = _minutes(found)
        if minutes is not None:
            yield _figure(found, kind=Kind.TIME, dates=(), minutes=minutes)


def _figure(found: re.Match[str], kind: Kind, dates: tuple[Date, ...], minutes: int = 0) -> Figure:
    return Figure(
        text=found.group(),
        start=found.start(),
        end=found.end(),
        kind=kind,
        low=Fraction(minutes),
        high=Fraction(minutes),
        dates=dates,
    )


def _readings(parts: dict[str, str | None]) -> Iterator[Date]:
    """Day before month is meant everywhere but in the United States, where only slashes are used."""
    if parts.get("long"):
        one, two, year = int(parts["one"] or 0), int(parts["two"] or 0), int(parts["long"] or 0)
        yield Date(year=year, month=two, day=one)
        if parts["mark"] == "/":
            yield Date(year=year, month=one, day=two)
        return
    name = (parts.get("month") or "").casefold()
    month = _MONTHS[name] if name else int(parts.get("number") or 0)
    yield Date(year=int(parts.get("year") or 0), month=month, day=int(parts.get("day") or 0))


def _exists(date: Date) -> bool:
    return 1 <= date.month <= 12 and 0 <= date.day <= 31


def _minutes(found: re.Match[str]) -> int | None:
    """Of the day; None for what no clock shows."""
    if found["word"]:
        return 720 if found["word"].casefold() in _NOON else 0
    hour, minute = int(found["hour"] or found["hours"]), int(found["minute"] or found["minutes"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].casefold().startswith("p") else 0)
    return hour * 60 + minute if hour <= 24 else None
