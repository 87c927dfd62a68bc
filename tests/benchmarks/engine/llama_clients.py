"""People who ask a contender: the same code in every contender's process, of the standard library alone."""

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question."""

    system: str
    user: str
    ids: tuple[int, ...]
    """The same prompt in tokens."""
    answer: int
    """Tokens to write: never fewer, never more."""
    at: float | None
    """Second at which it is asked, whatever the answers take; None: after the chat's last answer."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Chats that ask side by side."""

    name: str
    chats: tuple[tuple[Ask, ...], ...]

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt and answer."""
        return max(len(ask.ids) + ask.answer for chat in self.chats for ask in chat)


@dataclass(kw_only=True)
class Measured:
    """What came of a load."""

    seconds: float
    written: int
    """Tokens of all answers."""
    read: int
    """Tokens of all prompts."""
    processor_seconds: float
    """Of the process, all threads together: what others do to the machine leaves it nearly alone."""
    peak_megabytes: float
    """Resident memory of the process at most."""
    first: list[float] = field(default_factory=list)
    """Seconds from each question to its first token."""
    between: list[float] = field(default_factory=list)
    """Seconds between two arrivals of one answer's tokens."""


Answer = Callable[[Ask], AsyncIterator[int]]
"""Yields how many tokens came, whenever some came."""


def load_from(path: Path) -> Load:
    """Read a load that `Load` was written to as JSON."""
    raw = json.loads(path.read_text())
    chats = tuple(tuple(Ask(**{**ask, "ids": tuple(ask["ids"])}) for ask in chat) for chat in raw["chats"])
    return Load(name=raw["name"], chats=chats)


def write(value: Load | Measured, path: Path) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(asdict(value)))


async def measure(load: Load, answer: Answer) -> Measured:
    """Let every chat ask, and note when what came."""
    measured = Measured(seconds=0, written=0, read=0, processor_seconds=0, peak_megabytes=0)
    started, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_chat(chat, answer, measured, started) for chat in load.chats))
    measured.seconds = time.perf_counter() - started
    measured.processor_seconds = time.process_time() - spent
    measured.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return measured


async def _chat(chat: Sequence[Ask], answer: Answer, measured: Measured, started: float) -> None:
    waiting: list[asyncio.Task[None]] = []
    for ask in chat:
        if ask.at is None:
            await _one(ask, answer, measured)
        else:
            await asyncio.sleep(max(0.0, started + ask.at - time.perf_counter()))
            waiting.append(asyncio.create_task(_one(ask, answer, measured)))
    await asyncio.gather(*waiting)


async def _one(ask: Ask, answer: Answer, measured: Measured) -> None:
    before, came = time.perf_counter(), 0
    first = True
    async for tokens in answer(ask):
        now = time.perf_counter()
        (measured.first if first else measured.between).append(now - before)
        before, first, came = now, False, came + tokens
    if came != ask.answer:
        raise RuntimeError(f"{came} tokens came instead of {ask.answer}")
    measured.written += came
    measured.read += len(ask.ids)
