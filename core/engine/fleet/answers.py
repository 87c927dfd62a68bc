"""The answers that a core waits for."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace

from core.engine.fleet.awaiting import Awaited, Awaiting
from core.engine.fleet.wire import Job
from core.engine.types import Delta, Options, Prompt
from core.ports import Clock


class Answers:
    """Fills `core.engine.types.Engine.stream`.

    Args:
        awaiting: gives them to workers.
        clock: measures.
    """

    def __init__(self, awaiting: Awaiting, clock: Clock) -> None:
        self._awaiting = awaiting
        self._clock = clock

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        """What a worker writes; see `core.engine.types.Engine.stream`.

        Raises:
            ModelLeft: nothing was written, and no worker has the model any more.
            ModelError: it failed, or no worker was there in time.
        """
        started = self._clock.monotonic()
        first: float | None = None
        job = Job(id=uuid.uuid4().hex, core=self._awaiting.core, prompt=prompt, options=options)
        awaited = Awaited(job=job, queue=prompt.model, fits=lambda worker: prompt.model in worker.models)
        async with self._awaiting.given(awaited):
            while not awaited.done:
                piece = await self._awaiting.next(awaited)
                seconds = self._clock.monotonic() - started
                if piece.text:
                    first = first or seconds
                usage = piece.usage and replace(piece.usage, first_token_seconds=first, seconds=seconds)
                yield Delta(text=piece.text, finish=piece.finish, usage=usage)
