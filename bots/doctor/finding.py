"""What a check finds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.settings import Settings


class Level(StrEnum):
    FINE = "fine"
    DOUBTFUL = "doubtful"
    """It works, or may; somebody should look."""
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One plain sentence, and how to mend what it says."""

    level: Level
    sentence: str
    mend: str = ""


def fine(sentence: str) -> Finding:
    """All is well with it."""
    return Finding(level=Level.FINE, sentence=sentence)


def doubtful(sentence: str, mend: str) -> Finding:
    """Somebody should look at it."""
    return Finding(level=Level.DOUBTFUL, sentence=sentence, mend=mend)


def broken(sentence: str, mend: str) -> Finding:
    """It does not work, or will not."""
    return Finding(level=Level.BROKEN, sentence=sentence, mend=mend)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question, and how long its answer may take."""

    name: str
    """What it looks at, as the report calls it."""
    run: Callable[[Settings], Awaitable[Sequence[Finding]]]
    """Finds nothing where there is nothing to look at."""
    seconds: float = 30.0


def off_the_loop(
    look: Callable[[Settings], Sequence[Finding]],
) -> Callable[[Settings], Awaitable[Sequence[Finding]]]:
    """A check that waits for the disk or the processor, in a thread of its own."""

    async def run(settings: Settings) -> Sequence[Finding]:
        return await asyncio.to_thread(look, settings)

    return run
