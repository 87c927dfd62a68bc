"""Answers of two models to the same questions, judged side by side without knowing whose is whose.

`FRONTDESK_HOME/pairs` holds them with the words, redacted as the dataset has them, so they go with the
dataset. The share of wins comes with Wilson's interval (https://doi.org/10.1080/01621459.1927.10502953);
ties count for neither. Local judges see every pair in both orders: what they say twice is their verdict, what
hangs on the order is their bias (Zheng et al. 2023, https://arxiv.org/abs/2306.05685).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from core.errors import DatasetError
from core.fairness import parity
from core.learning import examples
from core.learning.evaluation.statistics import Interval

FOLDER = "pairs"
"""Under the home folder."""
MOST = 100
"""Pairs of one comparison: more than anybody judges."""
Side = Literal["serving", "candidate"]
Winner = Literal["serving", "candidate", "tie"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A question with both answers."""

    id: str
    """Of the example."""
    question: str
    serving: str
    candidate: str

    def first(self, reviewer: str) -> Side:
        """Whose answer this reviewer sees first: by chance, and the same whenever they look."""
        digest = hashlib.sha256(f"{self.id}/{reviewer}".encode()).digest()
        return "serving" if digest[0] % 2 else "candidate"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What somebody thinks of a pair."""

    pair: str
    winner: Winner
    reviewer: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a local judge made of all pairs."""

    judge: str
    """NAME@VERSION."""
    wins: int
    """Of the candidate, said in both orders."""
    losses: int
    torn: int
    """Pairs of which it said one thing in one order, and another in the other."""
    first: float
    """Share of verdicts for the answer that stood first; 0.5 is no bias."""
    longer: float
    """Share of wins and losses for the longer answer; 0.5 is no bias where length says nothing."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """Two models, and the pairs of their answers to a dataset."""

    candidate: str
    """NAME@VERSION."""
    serving: str
    dataset: str
    """NAME@HASH."""
    pairs: tuple[Pair, ...]
    judged: tuple[Judged, ...] = ()

    @property
    def name(self) -> str:
        """By which it is found: short, and fit for an address."""
        return hashlib.sha256(repr((self.candidate, self.serving, self.dataset)).encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Score:
    """How the candidate did with people."""

    wins: int
    losses: int
    ties: int

    @property
    def share(self) -> Interval | None:
        """Of wins among what was decided; None where nothing was."""
        return wilson(self.wins, self.wins + self.losses) if self.wins + self.losses else None


_MATCH, _VERDICT = TypeAdapter(Match), TypeAdapter(Verdict)


def save(home: Path, match: Match) -> None:
    """Keep a match, in place of an earlier one of the same three; verdicts stay.

    Nothing is kept where the dataset is gone: somebody in it may have been erased meanwhile.
    """
    if not (home / examples.FOLDER / match.dataset).is_dir():
        return
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{match.name}.json"
    fresh.write_bytes(_MATCH.dump_json(match, indent=2))
    fresh.replace(folder / f"{match.name}.json")


def matches(home: Path) -> list[Match]:
    """All, the newest first.

    Raises:
        DatasetError: one is damaged.
    """
    paths = sorted((home / FOLDER).glob("[!.]*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    try:
        return [_MATCH.validate_json(path.read_bytes()) for path in paths]
    except ValidationError:
        raise DatasetError(f"A file in {home / FOLDER} is damaged: evaluate again") from None


def decide(home: Path, match: Match, verdict: Verdict) -> None:
    """Keep what somebody thinks of a pair; their last word counts."""
    with (home / FOLDER / f"{match.name}.jsonl").open("ab") as file:
        file.write(_VERDICT.dump_json(verdict) + b"\n")


def verdicts(home: Path, match: Match) -> list[Verdict]:
    """The last word of each reviewer on each pair."""
    path = home / FOLDER / f"{match.name}.jsonl"
    lines = path.read_bytes().splitlines() if path.is_file() else []
    said = [_VERDICT.validate_json(line) for line in lines]
    there = {each.id for each in match.pairs}
    return list({(each.pair, each.reviewer): each for each in said if each.pair in there}.values())


def score(said: Iterable[Verdict]) -> Score:
    """Count verdicts; each reviewer's counts."""
    winners = [each.winner for each in said]
    return Score(wins=winners.count("candidate"), losses=winners.count("serving"), ties=winners.count("tie"))


def forget(home: Path, is_gone: Callable[[str], bool]) -> None:
    """Delete the matches on datasets that are gone, and those that cannot be read: they may be on any.

    Args:
        is_gone: whether a dataset, NAME@HASH, is.
    """
    for path in (home / FOLDER).glob("[!.]*.json"):
        if _on(path, is_gone):
            path.with_suffix(".jsonl").unlink(missing_ok=True)
            path.unlink()


def _on(path: Path, is_gone: Callable[[str], bool]) -> bool:
    try:
        return is_gone(_MATCH.validate_json(path.read_bytes()).dataset)
    except ValidationError:
        return True


def weigh(judge: str, pairs: Sequence[Pair], picks: Sequence[tuple[Side, Side]]) -> Judged:
    """What a judge's picks come to.

    Args:
        judge: NAME@VERSION.
        picks: for each pair, whose answer it chose with the serving model's first, then with the candidate's.
    """
    steady = [(pair, one) for pair, (one, other) in zip(pairs, picks, strict=True) if one == other]
    first = sum((one == "serving") + (other == "candidate") for one, other in picks)
    longer = [len(getattr(pair, won)) > len(_loser(pair, won)) for pair, won in steady if _differ(pair)]
    return Judged(
        judge=judge,
        wins=sum(won == "candidate" for _, won in steady),
        losses=sum(won == "serving" for _, won in steady),
        torn=len(picks) - len(steady),
        first=first / (2 * len(picks)) if picks else 0.5,
        longer=sum(longer) / len(longer) if longer else 0.5,
    )


def wilson(successes: int, trials: int) -> Interval:
    """A share with its 95 % interval."""
    low, high = parity.wilson(successes, trials)
    return Interval(value=successes / trials, low=low, high=high)


def _loser(pair: Pair, won: Side) -> str:
    return pair.serving if won == "candidate" else pair.candidate


def _differ(pair: Pair) -> bool:
    return len(pair.serving) != len(pair.candidate)
