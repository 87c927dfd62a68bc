"""An answer at a worker: written from where the last worker left off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from core.engine.fleet.holding import Claiming
from core.engine.fleet.wire import Job
from core.engine.types import Delta, Engine, Finish, Usage
from core.errors import PromptTooLong

T = TypeVar("T")


async def written(engine: Engine, job: Job, claim: Claiming, *, early: bool) -> AsyncGenerator[Delta, None]:
    """What is still to be written.

    Args:
        engine: writes.
        job: what to write.
        claim: asks the core whether it wants that, and what is there already.
        early: nothing is there yet in all likelihood: the model begins while the core is asked.

    Raises:
        BrokerError: the core does not answer, or does not want it.
        ModelError: the engine failed.
    """
    if early:
        async with (
            aclosing(engine.stream(job.prompt, job.options)) as deltas,
            _meanwhile(anext(deltas, None)) as first,
        ):
            begun = (await claim()).begun
            if not begun:
                if delta := await first:
                    yield delta
                async for delta in deltas:
                    yield delta
                return
    else:
        begun = (await claim()).begun
    async with aclosing(_resumed(engine, job, begun)) as rest:
        async for delta in rest:
            yield delta


@asynccontextmanager
async def _meanwhile(work: Awaitable[T]) -> AsyncIterator[asyncio.Future[T]]:
    """Let it go on while the block runs; at its end it is over."""
    going_on = asyncio.ensure_future(work)
    try:
        yield going_on
    finally:
        going_on.cancel()
        await asyncio.gather(going_on, return_exceptions=True)


async def _resumed(engine: Engine, job: Job, begun: str) -> AsyncGenerator[Delta, None]:
    prompt, options = job.prompt, job.options
    before = 0
    if begun:
        try:
            extended = await engine.extend(prompt, begun)
        except PromptTooLong:
            yield Delta(text="", finish=Finish.LENGTH)
            return
        before = extended.tokens - prompt.tokens
        if before >= options.max_tokens:
            yield Delta(text="", finish=Finish.LENGTH)
            return
        prompt, options = extended, replace(options, max_tokens=options.max_tokens - before)
    async with aclosing(engine.stream(prompt, options)) as deltas:
        async for delta in deltas:
            yield replace(delta, usage=delta.usage and _whole(delta.usage, before))


async def refused(error: Exception, claim: Claiming) -> AsyncGenerator[Delta, None]:
    """What comes of a job that cannot be read.

    Args:
        error: why.
        claim: asks the core whether it is there to hear it.

    Raises:
        Exception: that error.
    """
    await claim()
    raise error
    yield  # type: ignore[unreachable]  # which makes it a generator


def _whole(usage: Usage, before: int) -> Usage:
    """Of the whole answer, where its beginning was written elsewhere."""
    return replace(
        usage,
        prompt_tokens=usage.prompt_tokens - before,
        generated_tokens=usage.generated_tokens + before,
    )
