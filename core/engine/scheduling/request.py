"""What a scheduler takes, and how tokens travel from the model's threads to the event loop."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.engine.types import Load, Options

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One answer to generate."""

    ids: tuple[int, ...]
    """Of the prompt's tokens."""
    end_ids: tuple[int, ...]
    max_tokens: int
    """Tokens of the answer at most, within what the context still holds."""
    options: Options
    fill_at: int | None = None
    """Before which token blanks change least; None where there is no such place."""
    shared: int = 0
    """Tokens at the beginning that many requests have in common."""


class Scheduler(Protocol):
    """Shares the model among requests."""

    def generate(self, request: Request) -> AsyncGenerator[Sequence[int], None]:
        """Token ids as they come, an end token among them; ends early when the scheduler is closed, and for a
        background request when somebody waits.

        Closing the generator gives the place back at the next token.

        Raises:
            ModelError: the model failed.
        """

    async def run(self, work: Callable[[], T]) -> T:
        """Do a short piece of work with the model in a thread, in its turn among the requests.

        Cancelled while it waits, it is never done; once it runs, it runs to its end.

        Raises:
            ModelError: the scheduler was closed before its turn came.
        """

    def load(self) -> Load:
        """How busy it is now."""

    async def close(self) -> None:
        """End what runs at its next token, forget what waits, and return when nothing runs any more."""


Put = Callable[[int, int, int], bool]
"""Takes the step (from 0), the request's place in the batch and a token; True ends that request."""


class Generate(Protocol):
    """The model: writes a batch on the calling thread until `put` has ended every request of it."""

    def __call__(self, requests: Sequence[Request], length: int, put: Put) -> None:
        """Args:
        requests: of one kind (`policy.kind`).
        length: tokens every prompt is brought to with blanks.
        put: called for every token, on any thread.
        """


class Tokens:
    """Carries one request's tokens from the model's thread to the event loop, several at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: list[int] = []
        self._arrived = asyncio.Event()
        self._over = False
        self.stopped = False
        """The reader wants no more."""

    def put(self, token_id: int, *, last: bool) -> bool:
        """Hand a token over, from any thread; True where the reader is to be woken for it."""
        with self._lock:
            is_first = not self._ids
            self._ids.append(token_id)
            self._over = self._over or last
        return is_first

    def wake(self) -> None:
        """Let the reader take what came. On the event loop only."""
        self._arrived.set()

    def end(self) -> None:
        """No more tokens come. On the event loop only."""
        with self._lock:
            self._over = True
        self._arrived.set()

    async def take(self) -> Sequence[int]:
        """Everything that came since; nothing once it is over."""
        await self._arrived.wait()
        with self._lock:
            ids, self._ids = self._ids, []
            if not self._over:
                self._arrived.clear()
        return ids
