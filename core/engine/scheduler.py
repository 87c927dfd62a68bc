"""Who gets the model when: all generation goes through a scheduler.

The plain policy here gives every request a batch and a replica of its own, first come, first served.
Batching by length, admission and calibrated shapes are another implementation of `Scheduler`.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.engine.types import Load, Options
from core.errors import ModelError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One answer to generate."""

    tokens: Sequence[str]
    """The prompt."""
    end_ids: Sequence[int]
    max_tokens: int
    """Tokens of the answer at most, within what the context still holds."""
    options: Options


class Scheduler(Protocol):
    """Shares the model among requests."""

    def generate(self, request: Request) -> AsyncGenerator[Sequence[int], None]:
        """Token ids as they come, an end token among them; ends early when the scheduler is closed.

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


class Generate(Protocol):
    """The model: generates on the calling thread until `Tokens.put` says stop."""

    def __call__(self, request: Request, tokens: "Tokens") -> None: ...


class Tokens:
    """Carries one request's tokens from the model's thread to the event loop, several at a time.

    Args:
        loop: where they are read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._ids: list[int] = []
        self._arrived = asyncio.Event()
        self._over = False
        self.stopped = False
        """The reader wants no more."""

    def put(self, token_id: int) -> bool:
        """Hand a token over, from any thread; True asks the model to end this request."""
        with self._lock:
            wake = not self._ids
            self._ids.append(token_id)
        if wake and not self.stopped:
            self._loop.call_soon_threadsafe(self._arrived.set)
        return self.stopped

    def end(self) -> None:
        """No more tokens come. On the event loop only."""
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


FIRST_GUESS = 5.0
"""Seconds an answer is taken to need before one was timed."""
WEIGHT = 0.1
"""Share of the newest answer in the average: about the last twenty count."""


class MovingMean:
    """An exponentially weighted mean."""

    def __init__(self, guess: float) -> None:
        self.value = guess
        self._weight = 1.0

    def add(self, value: float) -> None:
        """Count one more value; the first one replaces the guess."""
        self.value += self._weight * (value - self.value)
        self._weight = WEIGHT


class OneByOne:
    """One request per batch, as many at once as there are replicas.

    Args:
        generate: the model.
        replicas: requests it can work on at once.
    """

    def __init__(self, generate: Generate, replicas: int) -> None:
        self._generate = generate
        self._replicas = replicas
        self._seconds = MovingMean(FIRST_GUESS)
        self._pool = ThreadPoolExecutor(replicas, thread_name_prefix="generate")
        self._open: dict[Tokens, Future[None]] = {}
        self._works: set[Future[Any]] = set()
        self._closed = False

    async def generate(self, request: Request) -> AsyncGenerator[Sequence[int], None]:
        self._check_open()
        loop = asyncio.get_running_loop()
        tokens = Tokens(loop)
        job = self._pool.submit(self._run, request, tokens)
        self._open[tokens] = job
        job.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ended, tokens))
        try:
            while ids := await tokens.take():
                yield ids
            if not job.cancelled():
                job.result()
        finally:
            tokens.stopped = True
            job.cancel()

    async def run(self, work: Callable[[], T]) -> T:
        self._check_open()
        job = self._pool.submit(work)
        self._works.add(job)
        done = asyncio.wrap_future(job)
        try:
            await asyncio.wait([done])
        finally:
            job.cancel()
            self._works.discard(job)
        if done.cancelled():
            raise ModelError("The engine is closed")
        return done.result()

    def load(self) -> Load:
        jobs = [*self._open.values(), *self._works]
        active = sum(job.running() for job in jobs)
        return Load(
            queued=len(jobs) - active,
            active=active,
            capacity=self._replicas,
            seconds_per_answer=self._seconds.value,
        )

    async def close(self) -> None:
        self._closed = True
        for tokens in self._open:
            tokens.stopped = True
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The engine is closed")

    def _run(self, request: Request, tokens: Tokens) -> None:
        started = time.monotonic()
        try:
            self._generate(request, tokens)
        finally:
            self._seconds.add(time.monotonic() - started)

    def _ended(self, tokens: Tokens) -> None:
        del self._open[tokens]
        tokens.end()
