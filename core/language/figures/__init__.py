"""Numbers, dates, times and codes in a text, read so that different spellings of the same compare equal."""

from core.language.figures.figure import Bound, Date, Figure, Kind
from core.language.figures.reading import find_figures

__all__ = ["Bound", "Date", "Figure", "Kind", "find_figures"]
