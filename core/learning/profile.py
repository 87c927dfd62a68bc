"""What a dataset says in a bad tone, and of whom it speaks: told on its card, found by lists of words.

A list finds words, not meanings: abuse without such a word is not seen, and a word that is quoted counts. So
shares are a reason to look, and no verdict. Words stand in `profile.yaml`, in English, German and Spanish.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from core.learning.examples import Example

METHOD = "word lists in English, German and Spanish"


def profile(examples: Sequence[Example]) -> dict[str, object]:
    """Of all examples together.

    Returns:
        `toxicity`: the share of questions and of answers with a word of abuse. `mentions`: by group of people
        (women, men, the old …), how many examples speak of them, and how many of these have a word of abuse.
    """
    questions = [each.messages[-1].text for each in examples]
    answers = [each.answer for each in examples]
    both = [f"{question}\n{answer}" for question, answer in zip(questions, answers, strict=True)]
    abusive = _patterns()["abuse"]["any"]
    return {
        "method": METHOD,
        "toxicity": {"questions": _share(abusive, questions), "answers": _share(abusive, answers)},
        "mentions": {
            group: {"examples": len(found), "abusive": sum(bool(abusive.search(text)) for text in found)}
            for group, pattern in _patterns()["groups"].items()
            if (found := [text for text in both if pattern.search(text)])
        },
    }


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return round(sum(bool(pattern.search(text)) for text in texts) / len(texts), 4) if texts else 0.0


@cache
def _patterns() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    lists = yaml.safe_load((files("core.learning") / "profile.yaml").read_text(encoding="utf-8"))
    return {kind: {name: _any_of(words) for name, words in named.items()} for kind, named in lists.items()}


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words, in any case; a star at the end stands for any ending."""
    parts = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE)
