"""Finding figures in a text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from core.language.figures import words
from core.language.figures.dates import find_dates
from core.language.figures.figure import Bound, Figure, Kind
from core.language.figures.units import CURRENCIES, SCALES, UNITS
from core.language.wordlist import one_of

LONGEST = 24
"""Digits of a number; what is longer is a code."""
_CODES = re.compile(
    r"https?://[^\s<>\"]+|www\.[^\s<>\"]+"  # addresses
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
    r"|\+\d[\d\s()/-]{5,20}\d(?!\d)|\b\d{2,4}(?:-\d{2,4}){2,5}(?!\d)"  # telephone numbers
    r"|\(\d{3}\)\s?\d{3}-\d{4}"
    r"|\bv?\d+(?:\.\d+){2,}\w*"  # versions
    r"|(?<![\w-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[^\W\d_])\w+(?:-\w+)*(?:\.\d+)*"  # letters with digits
)
_ORDINAL = re.compile(r"\b(\d{1,6})(?:st|nd|rd|th)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-−+](?=[\d$€£¥])|\b(?:minus|negative)\s+)?"
    rf"(?P<currency>(?:{'|'.join(re.escape(each) for each in CURRENCIES)})\s?)?"
    r"(?<!\d)(?P<digits>\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+(?:\.\d+)?(?!\d)"
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)?|(?=[½¼¾⅓⅔⅛]))"
    r"(?P<part>[½¼¾⅓⅔⅛])?",
    re.IGNORECASE,
)
_SCALE = re.compile(r"\s?(k|bn|mn|m)\b|[\s-](hundred|thousand|million|billion|trillion)s?\b", re.IGNORECASE)
_UNIT_NAMES = one_of(UNITS).replace(r"\ ", r"\s+")
_UNIT = re.compile(rf"(?<!\s)\s*+(?:-\s*+)?+({_UNIT_NAMES})(?!\w)", re.IGNORECASE)
_ENDINGS = ("", "st", "nd", "rd", "th", "m", *"½¼¾⅓⅔⅛")
_HALF_A = re.compile(r"\s++an?(?=\s)", re.IGNORECASE)
_CALENDAR = re.compile(r"[\s-]*+calendar(?=[\s-]++days?\b)", re.IGNORECASE)
_LEAST = re.compile(
    r"(?:at least|(?:no|not) (?:less|fewer) than|minimum(?: of)?|more than|over|above|exceed(?:s|ing)?"
    r"|(?:greater|older|longer|larger|higher) than)\s*(?:an?\s)?$",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:at most|up to|(?:no|not) (?:more|longer|later) than|within(?: the first)?|maximum(?: of)?|less than"
    r"|fewer than|under|below|(?:shorter|younger|smaller|lower) than"
    r"|(?:does|do|can|may|must)(?: not|n't) exceed)"
    r"\s*(?:an?\s)?$",
    re.IGNORECASE,
)
_LEAST_AFTER = re.compile(
    r"\s*(?:\+|(?:\w+\s)?(?:or|and) (?:more|older|longer|above|over|higher|greater)\b|(?:\w+\s)?minimum\b)",
    re.IGNORECASE,
)
_MOST_AFTER = re.compile(
    r"\s*(?:(?:\w+\s)?(?:or|and) (?:less|fewer|younger|shorter|below|under|lower)\b|(?:\w+\s)?maximum\b)",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:-|–|—|to|through|until|till)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s*$", re.IGNORECASE)
_NO_ONE = re.compile(r"(?:\b(?:no|any|every|each|this|that|the|which|another|some)[\s-])$", re.IGNORECASE)
_ONE_OF = re.compile(
    r"\s+(?:of|can|could|is|was|has|may|must|might|will|would|should|who|that|which|another|more|by)\b|\s*[,.;:!?)]|\s*$",
    re.IGNORECASE,
)
_SECOND = re.compile(r"(?:\d|\b(?:per|a|each|every|one))[\s-]*$", re.IGNORECASE)


def find_figures(text: str) -> tuple[Figure, ...]:
    """Every figure, in the order of the text; none overlaps another. Never fails on any text.

    Meant for a sentence at a time: the work grows with the square of what holds no space.
    """
    found: list[Figure] = []
    taken = bytearray(len(text))
    for figure in (*find_dates(text), *_codes(text), *_ordinals(text), *_numbers(text), *_spelled(text)):
        if not any(taken[figure.start : figure.end]):
            taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
            found.append(figure)
    return tuple(_ranges(text, sorted(found, key=lambda figure: figure.start)))


def _codes(text: str) -> Iterator[Figure]:
    for found in _CODES.finditer(text):
        written = found.group().rstrip(".,;:!?)")
        if not _is_amount(written):
            code = written.casefold().rstrip("/")
            code = code[1:] if re.match(r"v\d", code) else code
            code = re.sub(r"[\s()]", "-", code).strip("-") if not re.search(r"[^\W\d_]", code) else code
            yield Figure(
                text=written, start=found.start(), end=found.start() + len(written), kind=Kind.CODE, code=code
            )


def _is_amount(written: str) -> bool:
    """True for a number with its unit or ending: 30GB, 21st, 10k, 30-day, 1½; 1990s is a decade."""
    parted = re.fullmatch(r"(\d++(?:[.,]\d++)?+)-?([^\W\d_]++)(?:-\w++)*+|\d*+[½¼¾⅓⅔⅛]", written)
    if parted is None or re.fullmatch(r"\d{3}0s", written):
        return False
    ending = (parted[2] or "").casefold()
    return ending in UNITS or ending in SCALES or ending in _ENDINGS


def _ordinals(text: str) -> Iterator[Figure]:
    for found in _ORDINAL.finditer(text):
        value = Fraction(int(found[1]))
        yield Figure(
            text=found.group(), start=found.start(), end=found.end(), kind=Kind.ORDINAL, low=value, high=value
        )


def _numbers(text: str) -> Iterator[Figure]:
    for found in _NUMBER.finditer(text):
        digits = found["digits"]
        if len(digits) > LONGEST:
            yield Figure(text=digits, start=found.start(), end=found.end(), kind=Kind.CODE, code=digits)
            continue
        value = _value(digits) + (
            Fraction(unicodedata.numeric(found["part"])).limit_denominator(9) if found["part"] else 0
        )
        value = (
            -value if (found["sign"] or "").strip().casefold() in ("-", "−", "minus", "negative") else value
        )
        yield _measured(text, found.start(), found.end(), value, (found["currency"] or "").strip())


def _value(digits: str) -> Fraction:
    """Of 1,234.5 and 1.234,5 and 1 234; a single comma is of decimals unless three digits follow."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d++,\d++", digits) and not re.fullmatch(r"\d{1,3},\d{3}", digits):
        digits = digits.replace(",", ".")
    return Fraction(re.sub(r"[^\d.]", "", digits) or 0)


def _spelled(text: str) -> Iterator[Figure]:
    for found in words.SPELLED.finditer(text):
        spelled = [word for word in re.split(r"[-\s]+", found.group().casefold()) if word != "and"]
        read = None if _is_no_number(text, found, spelled) else words.value(spelled)
        if read is None:
            continue
        value, ordinal = read
        if ordinal:
            yield Figure(
                text=found.group(),
                start=found.start(),
                end=found.end(),
                kind=Kind.ORDINAL,
                low=value,
                high=value,
            )
        else:
            yield _measured(text, found.start(), found.end(), value, "")


def _is_no_number(text: str, found: re.Match[str], spelled: Sequence[str]) -> bool:
    """Words that count nothing here: "no one", "First, open it", "per second"."""
    before, after = text[max(0, found.start() - 12) : found.start()], text[found.end() : found.end() + 12]
    if spelled == ["one"]:
        return bool(_NO_ONE.search(before) or _ONE_OF.match(after))
    if spelled in (["second"], ["third"], ["quarter"]):
        return bool(_SECOND.search(before)) or after.startswith(",")
    return spelled == ["first"] and (after.startswith(",") or before.casefold().endswith("at "))


def _measured(text: str, start: int, end: int, value: Fraction, currency: str) -> Figure:
    """With scale, unit and bounds."""
    scale = _SCALE.match(text, end)
    if scale and ((scale[1] or scale[2]).casefold() != "m" or currency):
        name = (scale[1] or scale[2]).casefold()
        value, end = value * (10**6 if name == "m" else SCALES[name]), scale.end()
    unit, factor, end = _unit(text, end, currency)
    value *= factor
    before, after = text[max(0, start - 40) : start], text[end : end + 24]
    bound = Bound.NONE
    if _MOST.search(before) or _MOST_AFTER.match(after):
        bound = Bound.MOST
    elif _LEAST.search(before) or _LEAST_AFTER.match(after):
        bound = Bound.LEAST
    return Figure(
        text=text[start:end],
        start=start,
        end=end,
        kind=Kind.NUMBER,
        low=value,
        high=value,
        unit=unit,
        bound=bound,
    )


def _unit(text: str, end: int, currency: str) -> tuple[str, Fraction, int]:
    if currency:
        return *UNITS[currency.casefold()], end
    is_half = text[max(0, end - 4) : end].casefold() == "half"
    passed = _HALF_A.match(text, end) if is_half else _CALENDAR.match(text, end)
    found = _UNIT.match(text, passed.end() if passed else end)
    if found is None:
        return "", Fraction(1), end
    return *UNITS[_name(found)], found.end()


def _name(unit: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", unit[1].casefold())


def _ranges(text: str, figures: Sequence[Figure]) -> Iterator[Figure]:
    """Two numbers with "to" or a dash between them are one range."""
    waiting: Figure | None = None
    for figure in figures:
        if waiting is not None and _is_range(text, waiting, figure):
            low = waiting if waiting.unit else _in_unit_of(waiting, figure)
            yield replace(
                figure,
                text=text[waiting.start : figure.end],
                start=waiting.start,
                low=low.low,
                bound=Bound.NONE,
            )
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = figure
    if waiting is not None:
        yield waiting


def _is_range(text: str, low: Figure, high: Figure) -> bool:
    if not low.kind is high.kind is Kind.NUMBER or low.low != low.high or low.unit not in ("", high.unit):
        return False
    between = text[low.end : high.start]
    joined = _TO.fullmatch(between) or (
        between.strip().casefold() == "and" and _BETWEEN.search(text[max(0, low.start - 12) : low.start])
    )
    return bool(joined) and _in_unit_of(low, high).low < high.low


def _in_unit_of(low: Figure, high: Figure) -> Figure:
    """5 of "5 to 7 days" counts days too."""
    if low.unit or not high.unit:
        return low
    found = _UNIT.search(high.text)
    factor = UNITS[_name(found)][1] if found else Fraction(1)
    return replace(low, low=low.low * factor, high=low.high * factor, unit=high.unit)
