"""Sentences in which personal data is marked: `{kind|words}`, or `{kind}` for a number made at random."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.privacy.detection.finding import Finding, Kind
from tests.privacy.numbers import MAKERS

LANGUAGES = ("en", "de", "es")
_MARK = re.compile(r"\{([a-z_]+(?::[a-z]+)?)(?:\|([^}]+))?\}")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence and what is personal in it."""

    text: str
    language: str
    marked: tuple[Finding, ...]
    held_out: bool
    """Every second one: nobody looked at it to mend a rule."""


def sentences(seed: int = 20) -> Sequence[Sentence]:
    """All of them; the same seed makes the same numbers."""
    chance = random.Random(seed)
    return [each for language in LANGUAGES for each in _read(language, chance)]


def _read(language: str, chance: random.Random) -> Iterator[Sentence]:
    lines = (Path(__file__).parent / f"{language}.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        text, end = "", 0
        marked: list[Finding] = []
        for found in _MARK.finditer(line):
            text += line[end : found.start()]
            value = found[2] or MAKERS[found[1]](chance)
            kind = Kind[found[1].partition(":")[0].upper()]
            marked.append(Finding(start=len(text), end=len(text) + len(value), kind=kind))
            text, end = text + value, found.end()
        yield Sentence(
            text=text + line[end:], language=language, marked=tuple(marked), held_out=number % 2 == 1
        )
