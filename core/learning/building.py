"""From examples to a dataset: without repeats, with nobody too loud, parted by person."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from core.engine.types import Role
from core.learning.examples import Example
from core.learning.profile import profile

HELD_OUT = 0.2
"""Share of the groups on which a model is tried."""
LOUDEST = 100
"""Examples of one person at most: more would teach a model to please that person."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A dataset's two parts, and what was left out."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    repeats: int
    too_many: int
    """Examples of people who had too many."""


def part(examples: Sequence[Example], share: float = HELD_OUT, loudest: int = LOUDEST) -> Parts:
    """Leave out repeats and what is too much of one person, and part the rest by person.

    In which part a person is hangs on their hash alone: in the next version they are in the same one, so that
    nothing on which an earlier model was tried is learnt by a later one.

    Args:
        share: of the groups that are held out.
        loudest: examples of one group at most.
    """
    once = {_words(each): each for each in sorted(examples, key=_order)}
    counts: Counter[str] = Counter()
    kept: list[Example] = []
    for each in sorted(once.values(), key=_order):
        counts[each.group] += 1
        if counts[each.group] <= loudest:
            kept.append(each)
    return Parts(
        train=tuple(each for each in kept if _place(each.group) >= share),
        held_out=tuple(each for each in kept if _place(each.group) < share),
        repeats=len(examples) - len(once),
        too_many=len(once) - len(kept),
    )


def card(
    parts: Parts, *, people: Collection[str], licences: Sequence[str], withheld: int, made_at: str
) -> dict[str, object]:
    """What is known of a dataset as a whole.

    Args:
        people: hashes of those whose answers were judged, so that a later withdrawal can be found here.
        licences: of the files, as the operator names them.
        withheld: judged answers that were left out, as somebody in them did not consent.
        made_at: ISO 8601.
    """
    every = [*parts.train, *parts.held_out]
    return {
        "made_at": made_at,
        "examples": {"train": len(parts.train), "held_out": len(parts.held_out)},
        "kinds": dict(Counter(each.kind for each in every)),
        "sources": dict(Counter(each.source for each in every)),
        "languages": dict(Counter(each.language or "unknown" for each in every)),
        "licences": sorted(set(licences)),
        "people": sorted(people),
        "left_out": {"repeats": parts.repeats, "too_many": parts.too_many, "withheld": withheld},
        "median_characters": {
            "question": median(len(each.messages[-1].text) for each in every) if every else 0,
            "answer": median(len(each.answer) for each in every) if every else 0,
        },
        "profile": profile(every),
    }


def _order(example: Example) -> tuple[str, str]:
    return example.id, example.group


def _words(example: Example) -> tuple[str, ...]:
    """What makes two examples the same: their words, however they are written."""
    texts = [
        *(each.text for each in example.messages if each.role is not Role.SYSTEM),
        example.answer,
        example.rejected,
    ]
    return tuple(" ".join(text.casefold().split()) for text in texts)


def _place(group: str) -> float:
    """Between 0 and 1, the same for the same group."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) / 16**8
