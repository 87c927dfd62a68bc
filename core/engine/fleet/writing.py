"""An answer at a worker: written from where the last worker left off."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from core.engine.fleet.wire import Granted, Job
from core.engine.types import Delta, Engine, Finish, Usage
from core.errors import PromptTooLong


async def written(engine: Engine, job: Job, granted: Granted) -> AsyncGenerator[Delta, None]:
    """What is still to be written.

    Args:
        engine: writes.
        job: what to write.
        granted: says what is there already.

    Raises:
        ModelError: the engine failed.
    """
    prompt, options = job.prompt, job.options
    before = 0
    if granted.begun:
        try:
            extended = await engine.extend(prompt, granted.begun)
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


def _whole(usage: Usage, before: int) -> Usage:
    """Of the whole answer, where its beginning was written elsewhere."""
    return replace(
        usage,
        prompt_tokens=usage.prompt_tokens - before,
        generated_tokens=usage.generated_tokens + before,
    )
