"""Labelled pairs of an answer and its passages, made from real passages by rule, always the same.

What is supported is reworded, reordered, merged, shortened or spelled otherwise; what is not is first made
the same way and then spoilt, so that copying is no help.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.language.analysis import Analysis
from core.language.figures import Figure, Kind, find_figures

SEED = 7
EACH = 60
"""Pairs of each category at most."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An answer, and whether it may be sent."""

    category: str
    supported: bool
    answer: str
    """With its citation, [1]."""
    passage: int
    """Index of the passage it cites; the even ones are for calibration, the odd ones for the report."""

    @property
    def held_out(self) -> bool:
        return self.passage % 2 == 1


_REWORDED = (
    (r"\bis not\b", "isn't"),
    (r"\bare not\b", "aren't"),
    (r"\bdoes not\b", "doesn't"),
    (r"\bcannot\b", "can't"),
    (r"\bbecause of\b", "due to"),
    (r"\bin order to\b", "to"),
    (r"\bsuch as\b", "like"),
    (r"\balthough\b", "though"),
    (r"\bAlthough\b", "Though"),
    (r"\bwhich\b", "that"),
    (r"\busually\b", "normally"),
    (r"\bvarious\b", "different"),
    (r"\bmany\b", "numerous"),
    (r"\blocated\b", "situated"),
    (r"\bfilm\b", "movie"),
    (r"\bbegan\b", "started"),
    (r"\bbegins\b", "starts"),
    (r"\blarge\b", "big"),
    (r"\bhowever,? ", ""),
    (r"\balso ", ""),
    (r"\bhas been\b", "was"),
    (r"\bhave been\b", "were"),
    (r"\bwithin\b", "in"),
    (r"\bsometimes\b", "occasionally"),
    (r"\bprimarily\b", "mainly"),
    (r"\bcommonly\b", "often"),
)
_OPENINGS = ("According to the document, ", "In short, ", "As far as I can see, ", "")
_CLAUSE = re.compile(
    r"(In|On|After|Before|During|Since|For|At|By|When|If|While|Although|As|With) ([^,]{3,90}), (.+)\."
)
_ASIDE = re.compile(r" \([^()]*\)|, which [^,.]+(?=, |\.$)|, (?:a|an|the) [^,.]+,|, including [^.]+(?=\.)")
_WORDS = {
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
}
_NEGATION = re.compile(r"(?<=\w) not(?= )|(?<=\w)n't(?= )|(?<=\w) never(?= )")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|must|may|should|will|would)(?= (?!not\b|n't|never\b)\w)"
)


def make(passages: Sequence[str], analyses: Sequence[Analysis]) -> list[Pair]:
    """All pairs; at most `EACH` of a category, of as many passages as it takes."""
    kept: dict[str, list[Pair]] = {}
    for number, (passage, analysis) in enumerate(zip(passages, analyses, strict=True)):
        chance = random.Random(SEED * 100_003 + number)
        other = passages[(number + 17) % len(passages)]
        for pair in _of_passage(number, passage, analysis, other, chance):
            of_its_kind = kept.setdefault(pair.category, [])
            if len(of_its_kind) < EACH and all(pair.passage != each.passage for each in of_its_kind):
                of_its_kind.append(pair)
    return [pair for pairs in kept.values() for pair in pairs]


def _of_passage(
    number: int, passage: str, analysis: Analysis, other: str, chance: random.Random
) -> Iterator[Pair]:
    texts = [sentence.text for sentence in analysis.sentences]
    usable = [text for text in texts if _is_usable(text)]
    chance.shuffle(usable)
    names = _names(analysis)
    for text in usable:
        for way, change in WAYS.items():
            if (made := change(text, chance)) is not None and (made != text or way == "copied"):
                yield _pair(f"supported, {way}", made, number, supported=True)
        shape = chance.choice(list(WAYS.values()))(text, chance) or text
        for category, spoilt in _spoilt(shape, passage, names, chance):
            yield _pair(category, spoilt, number, supported=False)
    for first, second in pairwise(texts):
        if _is_usable(first) and _is_usable(second):
            merged = f"{first[:-1]}, and {_lowered(second, analysis)}"
            yield _pair("supported, merged", merged, number, supported=True)
    foreign = [text for text in re.split(r"(?<=[.])\s+", other) if _is_usable(text)]
    if foreign:
        yield _pair("unrelated", chance.choice(foreign), number, supported=False)
    if foreign and usable:
        half = f"{chance.choice(usable)[:-1]}, and {chance.choice(foreign)}"
        yield _pair("half unrelated", half, number, supported=False)


def _pair(category: str, text: str, passage: int, *, supported: bool) -> Pair:
    return Pair(category=category, supported=supported, answer=f"{text.strip()[:-1]} [1].", passage=passage)


def _is_usable(text: str) -> bool:
    return (
        50 <= len(text) <= 260
        and text.endswith(".")
        and text[0].isupper()
        and text.isascii()
        and not re.search(r"[\"\[\]{}|]|\.\.", text)
        and len(re.findall(r"\b[a-z]{4,}\b", text)) >= 4
    )


def _lowered(text: str, analysis: Analysis) -> str:
    first = next((token for token in analysis.tokens if text.startswith(token.text)), None)
    return text if first is None or first.part == "PROPN" else text[0].lower() + text[1:]


def _copied(text: str, _: random.Random) -> str | None:
    return text


def _reworded(text: str, chance: random.Random) -> str | None:
    made = text
    for pattern, words in _REWORDED:
        made = re.sub(pattern, words, made)
    opening = chance.choice(_OPENINGS)
    is_common = re.match(r"(?:The|A|An|This|These|It|They|There|In|Some|Most)\b", made)
    return opening + made[0].lower() + made[1:] if opening and is_common and made != text else made


def _reordered(text: str, _: random.Random) -> str | None:
    found = _CLAUSE.fullmatch(text)
    if found is None or not found[3][0].isalpha() or (find_figures(found[2]) and find_figures(found[3])):
        return None
    return f"{found[3][0].upper()}{found[3][1:]} {found[1].lower()} {found[2]}."


def _shortened(text: str, _: random.Random) -> str | None:
    made = _ASIDE.sub("", text)
    return made if made != text and _is_usable(made) else None


def _respelled(text: str, _: random.Random) -> str | None:
    made = re.sub(r"(?<![\d.,:$/-])\b([2-9])\b(?![.,:/%-])", lambda found: _WORDS[found[1]], text)
    made = re.sub(r"(\d)%", r"\1 percent", made) if "%" in made else re.sub(r"(\d) percent\b", r"\1%", made)
    made = (
        re.sub(r"(?<!-)\b(two|three|four|five|six|seven|eight|nine)\b(?= [a-z])", _as_digit, made)
        if made == text
        else made
    )
    made = re.sub(r"\b(\d{1,2}) ([A-Z][a-z]{2,8}) (\d{4})\b", r"\2 \1, \3", made)
    made = re.sub(r"\b(January|March|April|June|July|August) (\d{1,2}), (\d{4})\b", r"\2 \1 \3", made)
    made = re.sub(r"(?<![\d,])(\d{1,3}),(\d{3})\b(?!,)", r"\1\2", made)
    return made if made != text else None


def _as_digit(found: re.Match[str]) -> str:
    return next(digit for digit, word in _WORDS.items() if word == found[1])


WAYS: Mapping[str, Callable[[str, random.Random], str | None]] = {
    "copied": _copied,
    "reworded": _reworded,
    "reordered": _reordered,
    "shortened": _shortened,
    "respelled": _respelled,
}


def _spoilt(
    text: str, passage: str, names: Mapping[str, Sequence[str]], chance: random.Random
) -> Iterator[tuple[str, str]]:
    figures = [
        figure
        for figure in find_figures(text)
        if figure.kind in (Kind.NUMBER, Kind.DATE) and re.search(r"\d", figure.text)
    ]
    if figures:
        figure = chance.choice(figures)
        yield "number changed", _replaced(text, figure, _changed(figure.text, chance))
        if others := [each for each in find_figures(passage) if _is_another(figure, each)]:
            yield "number confused", _replaced(text, figure, chance.choice(others).text)
    for same in names.values():
        inside = [name for name in same if re.search(rf"\b{re.escape(name)}\b", text)]
        outside = [name for name in same if not any(word in text for word in name.split())]
        if inside and outside:
            yield "name swapped", re.sub(rf"\b{re.escape(inside[0])}\b", chance.choice(outside), text)
            break
    if (found := _NEGATION.search(text)) is not None:
        made = f"{text[: found.start()]}{text[found.end() :]}"
        yield "negation dropped", re.sub(r"\bca(?= )", "can", re.sub(r"\bwo(?= )", "will", made))
    elif (found := _AUXILIARY.search(text)) is not None:
        yield "negation added", f"{text[: found.end()]} not{text[found.end() :]}"


def _is_another(figure: Figure, other: Figure) -> bool:
    is_other = not other.states(figure) and not figure.states(other)
    return is_other and figure.comparable(other) and re.search(r"\d", other.text) is not None


def _replaced(text: str, figure: Figure, words: str) -> str:
    return f"{text[: figure.start]}{words}{text[figure.end :]}"


def _changed(text: str, chance: random.Random) -> str:
    """One of its numbers is another; a year stays a year."""
    found = chance.choice(list(re.finditer(r"\d+", text)))
    number = int(found.group())
    other = str(
        number + chance.choice((-3, -1, 1, 2, 7)) if number > 12 else number + chance.choice((1, 2, 5))
    )
    return f"{text[: found.start()]}{other.zfill(len(found.group()))}{text[found.end() :]}"


def _names(analysis: Analysis) -> Mapping[str, Sequence[str]]:
    """Names of the passage by kind, where there are at least two."""
    found: dict[str, dict[str, None]] = {}
    for entity in analysis.entities:
        if entity.kind in ("PERSON", "GPE", "ORG", "NORP") and entity.text[0].isupper():
            found.setdefault(entity.kind, {})[entity.text.removeprefix("the ")] = None
    return {kind: list(names) for kind, names in found.items() if len(names) > 1}
