"""Days and times of day as people say them, in English, German and Spanish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.language.figures import Kind, find_figures
from core.language.figures.words import CARDINALS
from core.language.wordlist import one_of

_DAYS = (
    ("monday", "mon", "montag", "lunes"),
    ("tuesday", "tue", "tues", "dienstag", "martes"),
    ("wednesday", "wed", "mittwoch", "miércoles"),
    ("thursday", "thu", "thur", "thurs", "donnerstag", "jueves"),
    ("friday", "fri", "freitag", "viernes"),
    ("saturday", "sat", "samstag", "sábado"),
    ("sunday", "sun", "sonntag", "domingo"),
)
_WEEKDAYS = {name: number for number, names in enumerate(_DAYS) for name in names}
_NEAR = {
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "pasado mañana": 2,
    "tomorrow": 1,
    "morgen": 1,
    "mañana": 1,
    "today": 0,
    "tonight": 0,
    "heute": 0,
    "hoy": 0,
    "yesterday": -1,
    "gestern": -1,
    "ayer": -1,
    "vorgestern": -2,
    "anteayer": -2,
}
_NEAR_DAY = re.compile(
    rf"\b(?<!\bla )(?<!\bam )(?<!\bguten ){one_of(_NEAR)}\b",
    re.IGNORECASE,
)
"""Spanish and German call the morning as they call tomorrow: "por la mañana", "am Morgen"."""
_WEEKDAY = re.compile(
    r"\b(?:(?P<which>next|last|letzten|letzte|letzter)\s+)?"
    rf"(?P<day>{one_of(_WEEKDAYS)})\b(?P<past>\s+pasado\b)?",
    re.IGNORECASE,
)
_LAST = frozenset(["last", "letzten", "letzte", "letzter"])
_COUNTS = {
    **{name: int(value) for name, value in CARDINALS.items()},
    **dict.fromkeys(("a", "an", "ein", "eine", "einem", "einer", "un", "una"), 1),
    **{
        name: number
        for number, names in enumerate(
            (
                ("zwei", "dos"),
                ("drei", "tres"),
                ("vier", "cuatro"),
                ("fünf", "cinco"),
                ("sechs", "seis"),
                ("sieben", "siete"),
                ("acht", "ocho"),
                ("neun", "nueve"),
                ("zehn", "diez"),
                ("elf", "once"),
                ("zwölf", "doce"),
            ),
            2,
        )
        for name in names
    },
    "eins": 1,
}
_COUNT = one_of(_COUNTS)
_IN = re.compile(
    rf"\b(?:in|en|dentro de)\s+(?P<count>\d{{1,3}}|{_COUNT})\s+"
    r"(?:days?|tag(?:en?)?|días?|(?P<weeks>weeks?|wochen?|semanas?))\b",
    re.IGNORECASE,
)
_THE = re.compile(
    r"\bthe\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)\b|\bel\s+día\s+(?P<el>[0-3]?\d)\b", re.IGNORECASE
)
_DOTTED = re.compile(r"\b(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.(?!\d)")
_CLOCK = rf"(?:[01]?\d|2[0-3]|{_COUNT})"
_OCLOCK = re.compile(
    r"\b(?:at|by|from|until|till|around|about|um|ab|bis|gegen)\s+(?P<at>[01]?\d|2[0-3])\b"
    r"(?![:.]\d|\.\s|\s*(?:[ap]\.?m|%|/|-|days?|weeks?|people|tage|wochen|personen|leute))"
    r"|\b(?P<clock>[01]?\d|2[0-3])\s*(?:o'?clock|uhr|h)\b"
    rf"|\b(?P<part>half past|quarter past|quarter to|halb|viertel nach|viertel vor)\s+(?P<hour>{_CLOCK})\b"
    rf"|\b(?:a|desde|hasta|sobre|para)\s+las?\s+(?P<las>{_CLOCK})\b"
    r"(?:\s+(?P<y>y media|y cuarto|menos cuarto))?(?![:.]\d)",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"\W*+(?:las?\s+)?(?P<at>{_CLOCK})\W*", re.IGNORECASE)
_PARTS = {
    "half past": 30,
    "quarter past": 15,
    "quarter to": -15,
    "halb": -30,
    "viertel nach": 15,
    "viertel vor": -15,
    "y media": 30,
    "y cuarto": 15,
    "menos cuarto": -15,
}
_AFTERNOON = 7
"""An hour below it, told without a.m. or p.m., is in the afternoon: few book rooms for 3 at night."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A day or a time, and where it stands."""

    start: int
    end: int
    value: str
    """YYYY-MM-DD, or HH:MM."""


def find_days(text: str, today: date) -> list[Moment]:
    """Every day in a text, in its order; without a year, the next that comes."""
    found: list[Moment] = []
    for moment in (
        *_dates(text, today),
        *_near(text, today),
        *_weekdays(text, today),
        *_counted(text, today),
    ):
        if not any(_overlap(moment, other) for other in found):
            found.append(moment)
    return sorted(found, key=lambda each: each.start)


def find_times(text: str) -> list[Moment]:
    """Every time of day in a text, in its order."""
    found = [
        Moment(start=each.start, end=each.end, value=_clock(int(each.low)))
        for each in find_figures(text)
        if each.kind is Kind.TIME and each.low < 24 * 60
    ]
    for match in _OCLOCK.finditer(text):
        minutes = _minutes(match)
        moment = Moment(start=match.start(), end=match.end(), value=_clock(minutes or 0))
        if minutes is not None and not any(_overlap(moment, other) for other in found):
            found.append(moment)
    return sorted(found, key=lambda each: each.start)


def bare_hour(text: str) -> str:
    """The time that a number alone stands for, where a time was asked for; empty where it is none."""
    found = _ALONE.fullmatch(text)
    return _clock(60 * _hour(_count(found["at"]))) if found else ""


def _minutes(match: re.Match[str]) -> int | None:
    told = match["at"] or match["clock"] or match["hour"] or match["las"]
    hour = _count(told)
    part = (match["part"] or match["y"] or "").casefold()
    return None if part and hour > 12 else 60 * _hour(hour) + _PARTS.get(part, 0)


def _count(told: str) -> int:
    return int(told) if told.isdigit() else _COUNTS[told.casefold()]


def _hour(told: int) -> int:
    return told + 12 if 0 < told < _AFTERNOON else told


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _dates(text: str, today: date) -> Iterator[Moment]:
    for each in find_figures(text):
        if each.kind is Kind.DATE and each.dates[0].day:
            told = each.dates[0]
            if day := _day(told.year, told.month, told.day, today):
                yield Moment(start=each.start, end=each.end, value=day.isoformat())
    for match in _DOTTED.finditer(text):
        if day := _day(0, int(match["month"]), int(match["day"]), today):
            yield Moment(start=match.start(), end=match.end(), value=day.isoformat())


def _day(year: int, month: int, day: int, today: date) -> date | None:
    years = (year,) if year else range(today.year, today.year + 9)
    for each in years:
        try:
            found = date(each, month, day)
        except ValueError:
            continue
        if year or found >= today:
            return found
    return None


def _near(text: str, today: date) -> Iterator[Moment]:
    for match in _NEAR_DAY.finditer(text):
        day = today + timedelta(days=_NEAR[match.group().casefold()])
        yield Moment(start=match.start(), end=match.end(), value=day.isoformat())


def _weekdays(text: str, today: date) -> Iterator[Moment]:
    for match in _WEEKDAY.finditer(text):
        ahead = (_WEEKDAYS[match["day"].casefold()] - today.weekday()) % 7
        which = (match["which"] or "").casefold()
        if which == "next":
            ahead = 7 - today.weekday() + _WEEKDAYS[match["day"].casefold()]
        elif which in _LAST or match["past"]:
            ahead = ahead - 7
        day = today + timedelta(days=ahead)
        yield Moment(start=match.start(), end=match.end(), value=day.isoformat())


def _counted(text: str, today: date) -> Iterator[Moment]:
    for match in _IN.finditer(text):
        days = _count(match["count"]) * (7 if match["weeks"] else 1)
        yield Moment(start=match.start(), end=match.end(), value=(today + timedelta(days=days)).isoformat())
    for match in _THE.finditer(text):
        day = next((each for each in _coming(today) if each.day == int(match["day"] or match["el"])), None)
        if day is not None:
            yield Moment(start=match.start(), end=match.end(), value=day.isoformat())


def _coming(today: date) -> Iterator[date]:
    return (today + timedelta(days=ahead) for ahead in range(62))


def _overlap(one: Moment, other: Moment) -> bool:
    return one.start < other.end and other.start < one.end
