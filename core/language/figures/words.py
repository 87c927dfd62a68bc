"""Numbers spelled out in English."""

import re
from collections.abc import Sequence
from fractions import Fraction

from core.language.wordlist import one_of

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENTHS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
CARDINALS = {
    **{word: value for value, word in enumerate(_SMALL.split())},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), 2)},
}
ORDINALS = {
    **{word: value for value, word in enumerate(_ORDINALS.split()) if value},
    **{word: 10 * tens for tens, word in enumerate(_TENTHS.split(), 2)},
    "hundredth": 100,
    "thousandth": 1000,
}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourths": 4,
    "fifths": 5,
    "tenth": 10,
    "tenths": 10,
}
OTHERS = {"dozen": Fraction(12), "twice": Fraction(2), "thrice": Fraction(3)}

_WORD = one_of([*CARDINALS, *SCALES])
_LAST = one_of([*ORDINALS, *_PARTS])
_SCALE = rf"{one_of(SCALES)}(?:[-\s]+and(?=[-\s]+{_WORD}\b))?"
_ELEMENT = rf"(?:{_SCALE}|{one_of(CARDINALS)})"
SPELLED = re.compile(
    rf"\b(?:(?:an?|{_ELEMENT})(?:[-\s]+{_ELEMENT})*(?:[-\s]+(?:and[-\s]+a[-\s]+)?{_LAST})?"
    rf"|{_LAST}|{one_of(OTHERS)})\b",
    re.IGNORECASE,
)
"""A number in words; what begins with an article is one only if more follows."""


def value(words: Sequence[str]) -> tuple[Fraction, bool] | None:
    """The number, and whether it is an ordinal; None for what is no number.

    Args:
        words: in lower case, without "and".
    """
    if len(words) == 1 and words[0] in OTHERS:
        return OTHERS[words[0]], False
    article = words[0] in ("a", "an")
    if article and len(words) == 1:
        return None
    *front, last = words
    if last in ORDINALS and (not front or front[-1] in _TENS.split() or front[-1] in SCALES):
        before = _cardinal(front)
        return None if before is None else (before + ORDINALS[last], True)
    if last in _PARTS:
        return _fraction(front, Fraction(1, _PARTS[last]))
    number = _cardinal(words)
    return None if number is None else (number, False)


def _fraction(front: Sequence[str], part: Fraction) -> tuple[Fraction, bool] | None:
    """Of "two thirds", "half", and "one and a half"."""
    if not front:
        return part, False
    if front[-1] in ("a", "an") and len(front) > 1:
        whole = _cardinal(front[:-1])
        return None if whole is None else (whole + part, False)
    times = _cardinal(front)
    return None if times is None else (times * part, False)


def _cardinal(words: Sequence[str]) -> Fraction | None:
    total, current, known = 0, 0, not words
    for word in words:
        if word in ("a", "an"):
            current, known = 1, True
        elif word in CARDINALS:
            current, known = current + CARDINALS[word], True
        elif word == "hundred":
            current, known = max(current, 1) * 100, True
        elif word in SCALES:
            total, current, known = total + max(current, 1) * SCALES[word], 0, True
        else:
            return None
    return Fraction(total + current) if known else None
