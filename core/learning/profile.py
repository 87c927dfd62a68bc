"""What a dataset says in a bad tone, and of whom it speaks: told on its card, found by lists of words.

Words stand in `profile.yaml` and in `core/safety/rude.yaml`, in English, German and Spanish. A list finds
words, not meanings, so shares are a reason to look, and no verdict.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from re import Pattern

import yaml

from core.language.wordlist import any_of
from core.learning.examples import Example
from core.safety.rudeness import has_abuse

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
    return {
        "method": METHOD,
        "toxicity": {"questions": _abusive(questions), "answers": _abusive(answers)},
        "mentions": {
            group: {"examples": len(found), "abusive": sum(map(has_abuse, found))}
            for group, pattern in _groups().items()
            if (found := [text for text in both if pattern.search(text)])
        },
    }


def _abusive(texts: Sequence[str]) -> float:
    """The share of them."""
    return round(sum(map(has_abuse, texts)) / len(texts), 4) if texts else 0.0


@cache
def _groups() -> Mapping[str, Pattern[str]]:
    lists = yaml.safe_load((files("core.learning") / "profile.yaml").read_text(encoding="utf-8"))
    return {name: any_of(words) for name, words in lists.items()}
