"""Who asks what and when: the loads that policies are compared under, the same for simulation and engine."""

import random
from collections.abc import Callable
from dataclasses import dataclass

SEED = 20


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a chat asks in one turn."""

    tokens: int
    """Of the prompt."""
    answer: int
    """Tokens it lets the model write."""
    pause: float
    """Seconds between the answer before it and this question."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Chats that ask one question after another, each when the one before it is answered."""

    name: str
    chats: tuple[tuple[Question, ...], ...]


def _workload(name: str, chats: int, turns: int, question: Callable[[random.Random], Question]) -> Workload:
    chance = random.Random(SEED)
    return Workload(
        name=name, chats=tuple(tuple(question(chance) for _ in range(turns)) for _ in range(chats))
    )


def equal(chats: int, turns: int = 2) -> Workload:
    """Everybody asks 50 tokens at once and again, and gets 96."""
    return _workload(
        f"{chats} chats, equal", chats, turns, lambda _: Question(tokens=50, answer=96, pause=0.0)
    )


def mixed(chats: int, turns: int = 2) -> Workload:
    """Prompts of 50 to 1,500 tokens, evenly spread on a logarithmic scale, answers of 20 to 200 tokens."""
    return _workload(
        f"{chats} chats, mixed",
        chats,
        turns,
        lambda chance: Question(
            tokens=int(50 * 30 ** chance.random()), answer=int(20 * 10 ** chance.random()), pause=0.0
        ),
    )


def paused(chats: int, turns: int = 3, pause: float = 8.0) -> Workload:
    """As mixed, but people read and type between their questions: `pause` seconds on average."""
    return _workload(
        f"{chats} chats, mixed, with pauses",
        chats,
        turns,
        lambda chance: Question(
            tokens=int(50 * 30 ** chance.random()),
            answer=int(20 * 10 ** chance.random()),
            pause=chance.expovariate(1 / pause),
        ),
    )


def short(chats: int, turns: int = 3, pause: float = 4.0) -> Workload:
    """Short prompts of 40 to 90 tokens as new conversations have them, with pauses."""
    return _workload(
        f"{chats} chats, short, with pauses",
        chats,
        turns,
        lambda chance: Question(
            tokens=chance.randrange(40, 91),
            answer=int(20 * 10 ** chance.random()),
            pause=chance.expovariate(1 / pause),
        ),
    )
