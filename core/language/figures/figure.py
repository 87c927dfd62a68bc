"""What a number, a date, a time or a code says, apart from how it is written."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

_ALIKE = (
    ("second", "millisecond", "working day", "month"),
    ("dollar", "euro", "pound", "franc", "yen", "rupee", "cent"),
)
"""Units that cannot be converted into each other and yet measure the same."""
FIRST_YEAR, LAST_YEAR = 1000, 2100


class Kind(StrEnum):
    NUMBER = "number"
    ORDINAL = "ordinal"
    DATE = "date"
    TIME = "time"
    CODE = "code"
    """Letters with digits, versions, addresses: AES-256, 3.8.18, help@example.com."""


class Bound(StrEnum):
    NONE = ""
    LEAST = "least"
    """At least, more than."""
    MOST = "most"
    """At most, within, less than."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Date:
    """A day or a month; 0 where the text does not tell."""

    year: int = 0
    month: int = 0
    day: int = 0

    def tells(self, other: "Date") -> bool:
        """True where everything that `other` tells is told here too, and the same."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(theirs in (0, ours) for ours, theirs in pairs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One of them, and where it stands."""

    text: str
    start: int
    end: int
    kind: Kind
    low: Fraction = Fraction(0)
    """A number, in the base of its unit (seconds, bytes, …); a time, in minutes of the day."""
    high: Fraction = Fraction(0)
    """The same as `low`, unless it is a range."""
    unit: str = ""
    """What it measures ("second", "percent", "euro"); empty where things are counted."""
    bound: Bound = Bound.NONE
    dates: tuple[Date, ...] = ()
    """What a date may mean: 3/4/2024 is in March or in April."""
    code: str = ""

    @property
    def is_year(self) -> bool:
        """A bare number that may be a year."""
        return (
            self.kind is Kind.NUMBER
            and not self.unit
            and self.low.denominator == 1
            and FIRST_YEAR <= self.low <= LAST_YEAR
        )

    def comparable(self, other: "Figure") -> bool:
        """True where the two could answer the same question: both are times, or money, or dates."""
        if self.kind is other.kind:
            return self.kind is not Kind.NUMBER or _measure(self.unit) == _measure(other.unit)
        kinds = {self.kind, other.kind}
        return kinds == {Kind.NUMBER, Kind.DATE} and (self.is_year or other.is_year)

    def states(self, claim: "Figure") -> bool:
        """True where this figure says what `claim` says: the same amount, in the same unit, bounded alike.

        A claim may say less: leave a unit or a bound out, name the year of a date, or one end of a range of
        years; "up to 7" is stated by "5 to 7", a bare "7" is not.
        """
        if claim.kind is Kind.NUMBER and self.kind is Kind.DATE:
            return claim.is_year and any(date.year == claim.low == claim.high for date in self.dates)
        if claim.kind is not self.kind:
            return False
        if claim.kind is Kind.CODE:
            return claim.code == self.code
        if claim.kind is Kind.DATE:
            return any(ours.tells(theirs) for ours in self.dates for theirs in claim.dates)
        return self._amounts_to(claim)

    def _amounts_to(self, claim: "Figure") -> bool:
        if claim.unit not in ("", self.unit) or _conflict(self.bound, claim.bound):
            return False
        if (claim.low, claim.high) == (self.low, self.high):
            return True
        if claim.low != claim.high:
            return False
        if self.is_year:
            return claim.low in (self.low, self.high)
        return (claim.bound is Bound.MOST and claim.low == self.high) or (
            claim.bound is Bound.LEAST and claim.low == self.low
        )


def _measure(unit: str) -> str:
    return next((words[0] for words in _ALIKE if unit in words), unit)


def _conflict(one: Bound, other: Bound) -> bool:
    return Bound.NONE not in (one, other) and one is not other
