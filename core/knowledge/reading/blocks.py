"""What readers make of a document, before it is packed into passages."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands, as a reader of the document would look it up."""

    unit: str
    """page, line, row, table."""
    first: int
    """From 1."""
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.unit} {self.first}"
        return f"{self.unit}s {self.first}-{self.last}"

    def through(self, other: "Place | None") -> "Place":
        """From here to there, where both are counted alike."""
        if other is None or other.unit != self.unit:
            return self
        return Place(unit=self.unit, first=min(self.first, other.first), last=max(self.last, other.last))


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What follows is below it, until the next of its level or above."""

    level: int
    """1 is the outermost."""
    text: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph, an item of a list, a piece of code."""

    text: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table."""

    cells: tuple[str, ...]
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows that share a header."""

    header: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A question with its answer."""

    question: str
    answer: str
    place: Place | None = None


Block = Heading | Paragraph | Table | Pair


@dataclass(frozen=True, kw_only=True)
class Extract:
    """A document as its reader understood it."""

    blocks: Sequence[Block]
    title: str = ""
    """As the document itself says; empty where it does not."""
    hidden: int = 0
    """Characters that nobody would see, left out."""
    scanned: Sequence[int] = ()
    """Pages that are pictures and have no text, by number from 1."""
