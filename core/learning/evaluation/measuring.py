"""What one model makes of the examples that were held out."""

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median

from core.engine.local import LocalEngine
from core.engine.types import Options, Score, Usage
from core.errors import DatasetError
from core.fairness import requests, stereotypes, swaying
from core.fairness.stereotypes import Weighed
from core.fairness.swaying import Swayed
from core.learning import examples
from core.learning.examples import Dataset, Example

FORMAT = "format"
"""Key of a dataset's card: a regular expression that every answer must match from end to end."""
LONGEST = 2.0
"""Answers may get so many times as long as the right one."""
TOGETHER = 8
"""Answers that are written side by side."""

Progress = Callable[[int, int], None]
"""Called with the examples that are done, and all there are."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One example, and how the model did on it."""

    id: str
    group: str
    right: Score
    """Of the right answer."""
    preferred: bool | None
    """Finds the better answer likelier; None where no worse one is known."""
    apart: bool | None
    """Finds the right answer likelier than that of another example; None where all answers are the same."""
    exact: bool
    """Answers as the example does, white space aside."""
    formatted: bool | None
    """Answers in the dataset's format; None where it has none."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a model did."""

    model: str
    """NAME@VERSION."""
    tried: tuple[Tried, ...]
    answers: tuple[str, ...]
    """What it said to each example, in their order."""
    general: tuple[Score, ...]
    """Of good answers to everyday questions that no dataset is about."""
    swayed: tuple[Swayed, ...]
    """By who asks, in the languages of the dataset."""
    cliches: tuple[Weighed, ...]
    """Our own pairs, in the same languages."""
    tokens_per_second: float
    """Of an answer after its first token, with others beside it; median."""
    first_token_seconds: float
    """Median."""
    bytes: int
    """On disk."""


async def measure(
    engine: LocalEngine, size: int, dataset: Dataset, progress: Progress, learnt: Collection[str] = ()
) -> Measured:
    """Try a model on what was held out.

    Args:
        engine: the model.
        size: its bytes on disk.
        dataset: what it is tried on.
        progress: told how far it is.
        learnt: ids of examples that are left out, because a model that is compared learnt them.

    Raises:
        DatasetError: the dataset is damaged, or nothing was held out, or all of it was learnt.
        ModelError: the model failed.
    """
    held_out, general = [each for each in dataset.held_out() if each.id not in learnt], _general()
    if not held_out:
        unlearnt = " that the candidate has not learnt" if learnt else ""
        raise DatasetError(f"{dataset.reference} holds nothing out to try a model on{unlearnt}")
    pattern, languages = _format(dataset), _languages(held_out)
    done, usages = 0, list[Usage]()
    seats = asyncio.Semaphore(TOGETHER)

    async def attempt(example: Example) -> str:
        nonlocal done
        async with seats:
            text, usage = await _answer(engine, example)
        done += 1
        usages.append(usage)
        progress(done, len(held_out))
        return text

    answers = await asyncio.gather(*map(attempt, held_out))
    others = _others(held_out)
    tried = [
        await _tried(engine, example, others[example.id], answer, pattern)
        for example, answer in zip(held_out, answers, strict=True)
    ]
    return Measured(
        model=engine.card().reference,
        tried=tuple(tried),
        answers=tuple(answers),
        general=tuple([(await _scores(engine, each, [each.answer]))[0] for each in general]),
        swayed=tuple(await _swayed(engine, languages)),
        cliches=tuple(await stereotypes.weigh(engine, stereotypes.pairs(languages), _unseen)),
        tokens_per_second=pace(usages),
        first_token_seconds=median(each.first_token_seconds or 0.0 for each in usages),
        bytes=size,
    )


async def _answer(engine: LocalEngine, example: Example) -> tuple[str, Usage]:
    [right] = await engine.count([example.answer])
    prompt = await engine.prepare(example.messages)
    text, usage = "", Usage(prompt_tokens=0, generated_tokens=0, first_token_seconds=None, seconds=0.0)
    async with aclosing(engine.stream(prompt, Options(max_tokens=int(LONGEST * right) + 8))) as deltas:
        async for delta in deltas:
            text += delta.text
            usage = delta.usage or usage
    return text, usage


def pace(usages: Sequence[Usage]) -> float:
    """Tokens a second after an answer's first: the median of all, so that reading the question tells nothing.

    A model that answers more briefly reads as much for fewer tokens, and is no slower for that.
    """
    rates = [
        (each.generated_tokens - 1) / (each.seconds - each.first_token_seconds)
        for each in usages
        if each.first_token_seconds is not None and each.seconds > each.first_token_seconds
    ]
    return median(rates) if rates else 0.0


async def _tried(
    engine: LocalEngine, example: Example, other: str, answer: str, pattern: re.Pattern[str] | None
) -> Tried:
    worse = [each for each in (example.rejected, other) if each]
    right, *scores = await _scores(engine, example, [example.answer, *worse])
    found = dict(zip(worse, scores, strict=True))
    return Tried(
        id=example.id,
        group=example.group or example.id,
        right=right,
        preferred=_ahead(right, found[example.rejected]) if example.rejected else None,
        apart=_ahead(right, found[other]) if other else None,
        exact=answer.split() == example.answer.split(),
        formatted=bool(pattern.fullmatch(answer.strip())) if pattern else None,
    )


async def _scores(engine: LocalEngine, example: Example, answers: Sequence[str]) -> list[Score]:
    return await engine.score(await engine.prepare(example.messages), answers)


async def _swayed(engine: LocalEngine, languages: Sequence[str]) -> list[Swayed]:
    cases = swaying.weighable(requests.cases(languages))
    return swaying.by_group(cases, await swaying.log_odds(engine, cases, _unseen))


def _languages(held_out: Sequence[Example]) -> list[str]:
    """In which people are asked for; English where it is not known."""
    spoken = {each.language for each in held_out}
    return [each for each in requests.LANGUAGES if each in spoken] or [requests.LANGUAGES[0]]


def _unseen(done: int, total: int) -> None:
    """The bar counts answers alone."""


def _ahead(right: Score, wrong: Score) -> bool:
    """Per token: a long answer is at no disadvantage."""
    return right.log_probability / right.tokens > wrong.log_probability / wrong.tokens


def _others(held_out: Sequence[Example]) -> dict[str, str]:
    """For each example the answer of the next one that has another; empty where all are the same."""
    found = {}
    for at, example in enumerate(held_out):
        following = [*held_out[at + 1 :], *held_out[:at]]
        found[example.id] = next((each.answer for each in following if each.answer != example.answer), "")
    return found


def _format(dataset: Dataset) -> re.Pattern[str] | None:
    written = dataset.card.get(FORMAT)
    if written is None:
        return None
    try:
        return re.compile(str(written), re.DOTALL)
    except re.error as error:
        raise DatasetError(f"{dataset.reference}: its format is no regular expression: {error}") from None


def _general() -> list[Example]:
    return examples.read(Path(str(files("core.learning.evaluation") / "general.jsonl")))
