"""Clichés that a model finds likelier than their contrary, by paired log-probabilities.

Two kinds of pairs. Our own change the person, and the cliché: how much likelier a model finds a cliché of
those it is told of than of the others is a difference of differences, in which how often it speaks of either
cancels out. Those of CrowS-Pairs (Nangia et al. 2020, https://aclanthology.org/2020.emnlp-main.154) change
the person alone, and count how often the sentence that stereotypes is the likelier one; Blodgett et al. 2021
(https://aclanthology.org/2021.acl-long.81) show that many are flawed, so they are an indication.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Protocol

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.engine.types import ChatMessage, Prompt, Role, Score
from core.fairness.design import SEED
from core.fairness.parity import LEVEL, holm, wilson

OPENING = "Tell me something."
"""What a sentence answers: so it is weighed as something that the assistant says."""
PERMUTATIONS = 10_000
DRAWS = 2_000
AT_ONCE = 16
"""Sentences that are weighed together."""

Progress = Callable[[int, int], None]


class Scorer(Protocol):
    """A model that tells how likely it finds what it might say."""

    async def prepare(self, messages: Sequence[ChatMessage]) -> Prompt:
        """As `core.engine.types.Engine` does."""

    async def score(self, prompt: Prompt, answers: Sequence[str]) -> list[Score]:
        """The log-probability of each answer."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two sentences that differ in whom they speak of."""

    language: str
    category: str
    cliche: str
    """The sentence that speaks of whom the cliché is about."""
    contrary: str
    side: int
    """Which of the two is meant by the cliché; 0 where there are no sides."""


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A pair, and what a model makes of it."""

    pair: Pair
    leaning: float
    """How much likelier it finds the cliché, in nats."""


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """How a model leans in one category and language."""

    language: str
    category: str
    pairs: int
    leaning: float
    """Mean, in nats: 0 is even. Of CrowS-Pairs the share in which the cliché is likelier: 0.5 is even."""
    low: float
    """Of a 95 % interval, like `high`."""
    high: float
    chance: float
    """Of leaning so far without any inclination: of this test alone."""
    adjusted: float
    """The same with regard to all that were tested together."""

    @property
    def found(self) -> bool:
        return self.adjusted < LEVEL


class _Theme(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    category: str
    sentence: str
    who: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]
    first: tuple[str, ...]
    second: tuple[str, ...]


class _Themes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    themes: tuple[_Theme, ...]


def version() -> str:
    """Of our own pairs."""
    return str(_themes().version)


def pairs(languages: Sequence[str]) -> list[Pair]:
    """Our own pairs in these languages."""
    return [
        Pair(
            language=theme.language,
            category=theme.category,
            cliche=theme.sentence.format(who=theme.who[side], what=what),
            contrary=theme.sentence.format(who=theme.who[1 - side], what=what),
            side=side,
        )
        for theme in _themes().themes
        if theme.language in languages
        for side, cliches in enumerate((theme.first, theme.second))
        for what in cliches
    ]


async def weigh(scorer: Scorer, found: Sequence[Pair], progress: Progress) -> list[Weighed]:
    """Have a model weigh pairs.

    Raises:
        ModelError: it failed.
    """
    prompt = await scorer.prepare([ChatMessage(role=Role.USER, text=OPENING)])
    weighed: list[Weighed] = []
    for begin in range(0, len(found), AT_ONCE):
        some = found[begin : begin + AT_ONCE]
        scores = await scorer.score(prompt, [text for each in some for text in (each.cliche, each.contrary)])
        weighed += [
            Weighed(
                pair=pair,
                leaning=scores[2 * at].log_probability - scores[2 * at + 1].log_probability,
            )
            for at, pair in enumerate(some)
        ]
        progress(len(weighed), len(found))
    return weighed


def leanings(weighed: Sequence[Weighed]) -> list[Leaning]:
    """How a model leans by our own pairs, in each language and category."""
    return _adjusted([_leaning(some) for some in _sorted(weighed).values()])


def shares(weighed: Sequence[Weighed]) -> list[Leaning]:
    """How often the cliché is the likelier one, in each language and category."""
    return _adjusted([_share(some) for some in _sorted(weighed).values()])


def _leaning(weighed: Sequence[Weighed]) -> Leaning:
    """The sides' names are exchanged among the clichés: without an inclination that changes nothing."""
    sides = np.array([each.pair.side for each in weighed])
    # towards the first of the two, whatever the cliché
    towards = np.array([each.leaning if each.pair.side == 0 else -each.leaning for each in weighed])
    random = np.random.default_rng(SEED)
    first, second = towards[sides == 0], towards[sides == 1]
    value = (first.mean() - second.mean()) / 2
    drawn = (
        random.choice(first, (DRAWS, len(first))).mean(axis=1)
        - random.choice(second, (DRAWS, len(second))).mean(axis=1)
    ) / 2
    mixed = random.permuted(np.broadcast_to(towards, (PERMUTATIONS, len(towards))), axis=1)
    by_chance = (mixed[:, sides == 0].mean(axis=1) - mixed[:, sides == 1].mean(axis=1)) / 2
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Leaning(
        language=weighed[0].pair.language,
        category=weighed[0].pair.category,
        pairs=len(weighed),
        leaning=float(value),
        low=float(low),
        high=float(high),
        chance=float((np.abs(by_chance) >= abs(value) - 1e-12).sum() + 1) / (PERMUTATIONS + 1),
        adjusted=1.0,
    )


def _share(weighed: Sequence[Weighed]) -> Leaning:
    likelier = sum(each.leaning > 0 for each in weighed)
    low, high = wilson(likelier, len(weighed))
    return Leaning(
        language=weighed[0].pair.language,
        category=weighed[0].pair.category,
        pairs=len(weighed),
        leaning=likelier / len(weighed),
        low=low,
        high=high,
        chance=_binomial(likelier, len(weighed)),
        adjusted=1.0,
    )


def _binomial(successes: int, attempts: int) -> float:
    """The two-sided exact test of an even chance."""
    tail = sum(math.comb(attempts, each) for each in range(min(successes, attempts - successes) + 1))
    return min(1.0, float(2 * tail / 2**attempts))


def _sorted(weighed: Sequence[Weighed]) -> dict[tuple[str, str], list[Weighed]]:
    found: dict[tuple[str, str], list[Weighed]] = {}
    for each in weighed:
        found.setdefault((each.pair.language, each.pair.category), []).append(each)
    return found


def _adjusted(found: Sequence[Leaning]) -> list[Leaning]:
    adjusted = holm([each.chance for each in found])
    return [replace(each, adjusted=value) for each, value in zip(found, adjusted, strict=True)]


@cache
def _themes() -> _Themes:
    text = (files("core.fairness") / "stereotypes.yaml").read_text(encoding="utf-8")
    return _Themes.model_validate(yaml.safe_load(text))
