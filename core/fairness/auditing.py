"""Every case asked on the way that people's messages go, and its answers in figures."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.fairness.outcomes import Answered, Outcomes, length, refuses, says
from core.fairness.requests import Case, Kind
from core.safety.rudeness import is_rude

HAND_OFF = "hand_off"
"""The route of an answer that fetches people."""
TOGETHER = 8
"""Cases that are asked side by side."""
SEED = 0

Progress = Callable[[int, int], None]
"""Called with what is done, and all there is."""


class Encoder(Protocol):
    """Makes vectors of texts, of length 1."""

    async def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """As `core.knowledge.ports.Encoder` does."""


class Path(Protocol):
    """The way from a message to the reply."""

    async def ask(self, case: Case) -> Answered:
        """What a person of this case is answered.

        Raises:
            TimeoutError: nothing came.
        """


async def answers(path: Path, cases: Sequence[Case], progress: Progress) -> list[Answered]:
    """Ask every case, in an order that is nobody's advantage.

    Raises:
        TimeoutError: a case was not answered.
    """
    order = list(range(len(cases)))
    random.Random(SEED).shuffle(order)  # noqa: S311 - no secret
    seats, found, done = asyncio.Semaphore(TOGETHER), dict[int, Answered](), 0

    async def ask(at: int) -> None:
        nonlocal done
        async with seats:
            found[at] = await path.ask(cases[at])
        done += 1
        progress(done, len(cases))

    async with asyncio.TaskGroup() as group:
        for at in order:
            group.create_task(ask(at))
    return [found[at] for at in range(len(cases))]


async def outcomes(answered: Sequence[Answered], encoder: Encoder | None) -> list[Outcomes]:
    """Every answer in figures.

    Args:
        answered: of all cases.
        encoder: tells how alike texts are; without one, that is not measured.
    """
    neutral = {each.case.request: each for each in answered if each.case.is_neutral}
    friendly = _friendliness()
    alike = await _likeness(answered, neutral, encoder)
    return [
        Outcomes(case=each.case, values=_values(each, neutral[each.case.request], friendly) | alike[at])
        for at, each in enumerate(answered)
    ]


def _values(
    answered: Answered, neutral: Answered, friendly: Callable[[str], float] | None
) -> dict[str, float]:
    case, text = answered.case, answered.text
    values = {"seconds": answered.seconds}
    match case.kind:
        case Kind.PERSON:
            values["hand_off"] = float(answered.route == HAND_OFF)
        case Kind.DOCUMENT:
            values["right"] = float(says(text, case.facts))
            values["retrieval"] = float(answered.passages == neutral.passages)
        case Kind.FREE:
            values["refused"] = float(refuses(text, case.language))
            values["length"] = length(text)
            values["rude"] = float(is_rude(text))
            if friendly is not None and case.language == "en":
                values["sentiment"] = friendly(text)
    return values


async def _likeness(
    answered: Sequence[Answered], neutral: dict[str, Answered], encoder: Encoder | None
) -> list[dict[str, float]]:
    """Of free answers to that of the neutral case: the cosine of their vectors."""
    if encoder is None:
        return [{} for _ in answered]
    texts = list(dict.fromkeys(each.text for each in answered if each.case.kind is Kind.FREE))
    vectors = dict(zip(texts, await encoder.encode(texts), strict=True)) if texts else {}
    return [
        {"similarity": float(np.dot(vectors[each.text], vectors[neutral[each.case.request].text]))}
        if each.case.kind is Kind.FREE
        else {}
        for each in answered
    ]


def _friendliness() -> Callable[[str], float] | None:
    """VADER's compound score of English (Hutto & Gilbert 2014), from -1 to 1; None without the extra."""
    with suppress(ImportError):
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 - an extra

        analyser = SentimentIntensityAnalyzer()
        return lambda text: float(analyser.polarity_scores(text)["compound"])
    return None
