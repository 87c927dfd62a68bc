"""Values for slots in a text: where they stand, and what they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from core.dialogue.flows import moments, speech
from core.dialogue.flows.conditions import Value
from core.dialogue.flows.definition import Flow, Option, Slot
from core.language.analysis import Analysis
from core.language.figures import Kind, find_figures
from core.language.figures.units import UNITS

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w+])\+?\(?\d[\d\s()/.-]{5,22}\d(?!\w)")
_LEAST_DIGITS, _MOST_DIGITS = 7, 15
"""Digits of a telephone number (ITU-T E.164 has 15 at most)."""
_SHORT = 6
"""Words of an answer that is a yes or a no and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A value of a slot's type."""

    start: int
    end: int
    value: Value
    is_cued: bool = False
    """Its unit tells which slot it is for."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person said, taken apart."""

    text: str
    today: date
    analysis: Analysis | None = None
    """For names of people; without one, rules find them."""


def find(slot: Slot, said: Said, *, asked: bool) -> Sequence[Found]:
    """Every value of the slot's type, in the order of the text.

    Args:
        asked: it is what the person was asked for: then shorter answers are understood, too.
    """
    match slot.type:
        case "text":
            return list(_matching(slot, said.text))
        case "number":
            return list(_numbers(slot, said.text, asked))
        case "date":
            return [_from(each) for each in moments.find_days(said.text, said.today)]
        case "time":
            return list(_times(said.text, asked))
        case "email":
            return [
                Found(start=each.start(), end=each.end(), value=each.group().rstrip("."))
                for each in _EMAIL.finditer(said.text)
            ]
        case "phone":
            return list(_phones(said.text))
        case "person":
            return list(_people(said, asked))
        case "choice":
            return list(_options(slot.options, said.text, asked))
        case "yes_no":
            return list(_yes_or_no(said.text)) if asked else []


def fits(slot: Slot, value: Value) -> bool:
    """Whether a number is within its limits."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    return (slot.least is None or value >= slot.least) and (slot.most is None or value <= slot.most)


def taken(flow: Flow, said: Said) -> list[tuple[int, int]]:
    """Stretches that are days, times, addresses or codes, so that no number is read out of them."""
    stretches = [(each.start, each.end) for each in moments.find_days(said.text, said.today)]
    stretches += [(each.start, each.end) for each in moments.find_times(said.text)]
    stretches += [(each.start(), each.end()) for each in _EMAIL.finditer(said.text)]
    for slot in flow.slots.values():
        if slot.pattern:
            stretches += [(each.start, each.end) for each in _matching(slot, said.text)]
        if slot.type == "phone":
            stretches += [(each.start, each.end) for each in _phones(said.text)]
    return stretches


def _from(moment: moments.Moment) -> Found:
    return Found(start=moment.start, end=moment.end, value=moment.value)


def _matching(slot: Slot, text: str) -> Iterator[Found]:
    if slot.pattern:
        for each in re.finditer(slot.pattern, text, re.IGNORECASE):
            if each.group().strip():
                yield Found(start=each.start(), end=each.end(), value=each.group().strip())


def _numbers(slot: Slot, text: str, asked: bool) -> Iterator[Found]:
    """In the slot's unit, where it has one; else as they are written, whatever they count."""
    unit, factor = UNITS[slot.unit] if slot.unit else ("", Fraction(1))
    for each in find_figures(text):
        fits_unit = each.unit in ("", unit) or (asked and not unit)
        if each.kind is not Kind.NUMBER or each.low != each.high or not fits_unit:
            continue
        told = each.low / (_factor(each.text) if each.unit and not unit else factor if each.unit else 1)
        value = int(told) if told.denominator == 1 else float(told)
        is_cued = bool(unit) and each.unit == unit
        yield Found(start=each.start, end=each.end, value=value, is_cued=is_cued)


def _factor(text: str) -> Fraction:
    """Of the unit with which a figure ends."""
    names = [name for name in UNITS if text.casefold().endswith(name)]
    return UNITS[max(names, key=len)][1] if names else Fraction(1)


def _times(text: str, asked: bool) -> Iterator[Found]:
    found = moments.find_times(text)
    yield from map(_from, found)
    if asked and not found and (hour := moments.bare_hour(text)):
        yield Found(start=0, end=len(text), value=hour)


def _phones(text: str) -> Iterator[Found]:
    for each in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", each.group())
        if _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
            plus = "+" if each.group().startswith("+") else ""
            yield Found(start=each.start(), end=each.end(), value=plus + digits)


def _people(said: Said, asked: bool) -> Iterator[Found]:
    named = (
        [each for each in said.analysis.entities if each.kind in ("PERSON", "PER")] if said.analysis else []
    )
    for each in named:
        yield Found(start=each.start, end=each.end, value=each.text)
    if asked and not named and (found := speech.NAMED.match(said.text)):
        yield Found(start=found.start("name"), end=found.end("name"), value=found["name"])


def _options(options: Sequence[Option], text: str, asked: bool) -> Iterator[Found]:
    """Those that are named in full; where it was asked, also by their place in the list."""
    for option in options:
        for words in (option.label, *option.words):
            if each := re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE):
                yield Found(start=each.start(), end=each.end(), value=option.value)
                break
    if asked and (place := speech.place(text)) is not None and place < len(options):
        yield Found(start=0, end=len(text), value=options[place].value)


def _yes_or_no(text: str) -> Iterator[Found]:
    words = re.findall(r"\w+", text.casefold())
    if words and len(words) <= _SHORT and words[0] in speech.YES | speech.NO:
        yield Found(start=0, end=len(text), value=words[0] in speech.YES)
    elif len(words) <= _SHORT and speech.DECLINES.search(text):
        yield Found(start=0, end=len(text), value=False)
    elif len(words) <= _SHORT and speech.AGREES.search(text):
        yield Found(start=0, end=len(text), value=True)
