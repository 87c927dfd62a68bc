"""Counterfactual data augmentation: training data in which nobody's name or faith foretells the answer.

After Zhao et al. 2018 (https://aclanthology.org/N18-2003) and Maudslay et al. 2019
(https://aclanthology.org/D19-1530): what names a group is exchanged for its counterparts in other groups,
here in turn, so that the answers that one group got are spread evenly over all, and the data stays as large.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import yaml

from core.learning.examples import Example, identity

ENGLISH = "en"


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word, and those that may stand for it."""

    group: str
    alike: tuple[str, ...]
    """In the order of the groups; the word itself is among them."""


@dataclass(frozen=True, kw_only=True)
class Balanced:
    """Examples whose groups were exchanged."""

    examples: tuple[Example, ...]
    exchanged: int
    """How many named a group."""


def balance(examples: Iterable[Example]) -> Balanced:
    """Exchange who is spoken of, so that each group gets every kind of answer equally often.

    Examples that name nobody stay as they are. Names that are not on the list are not seen.
    """
    found = [(each, _terms(each)) for each in examples]
    named = sorted((each for each in found if each[1]), key=lambda each: (_groups(*each), each[0].answer))
    turn = {example.id: number for number, (example, _) in enumerate(named)}
    made = [_exchanged(each, terms, turn[each.id]) if terms else each for each, terms in found]
    return Balanced(examples=tuple(made), exchanged=len(named))


def _exchanged(example: Example, terms: Sequence[str], turn: int) -> Example:
    """Every word of it for that of the group whose turn it is."""
    lexicon = _lexicon(example.language)
    others = {term: _chosen(lexicon[term], turn) for term in terms}

    def put(text: str) -> str:
        return _pattern(example.language).sub(lambda match: others.get(match[0], match[0]), text)

    messages = tuple(replace(each, text=put(each.text)) for each in example.messages)
    answer, rejected = put(example.answer), put(example.rejected)
    return replace(
        example,
        id=identity(messages, answer, rejected),
        messages=messages,
        answer=answer,
        rejected=rejected,
    )


def _chosen(term: Term, turn: int) -> str:
    return term.alike[turn % len(term.alike)]


def _terms(example: Example) -> list[str]:
    texts = [*(each.text for each in example.messages), example.answer, example.rejected]
    pattern = _pattern(example.language)
    return list(dict.fromkeys(word for text in texts for word in pattern.findall(text)))


def _groups(example: Example, terms: Sequence[str]) -> list[str]:
    return [_lexicon(example.language)[term].group for term in terms]


@cache
def _pattern(language: str) -> re.Pattern[str]:
    words = sorted(_lexicon(language), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")


@cache
def _lexicon(language: str) -> dict[str, Term]:
    """By word: names stand for those of the same gender and place in the list; English words by default."""
    content = yaml.safe_load((files("core.learning") / "exchange.yaml").read_text(encoding="utf-8"))
    found: dict[str, Term] = {}
    for alike in content["words"][language if language in content["words"] else ENGLISH]:
        found |= {word: Term(group=word, alike=tuple(alike)) for word in alike}
    names: dict[str, dict[str, list[str]]] = content["names"]
    for gender in ("women", "men"):
        for alike in zip(*(group[gender] for group in names.values()), strict=True):
            found |= {
                name: Term(group=origin, alike=alike) for origin, name in zip(names, alike, strict=True)
            }
    return found
