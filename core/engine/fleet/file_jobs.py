"""What workers do with files for a core: the file stays with the core, and is gone when the job is done.

NATS never keeps it: the queue holds who asks, and the worker that has the job fetches the file in parts, over
core NATS, into its memory.
"""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable

from core.engine.fleet import wire
from core.engine.fleet.awaiting import Awaited, Awaiting
from core.engine.fleet.broker import Broker, BrokerError
from core.engine.fleet.holding import Claiming
from core.engine.fleet.roster import Roster
from core.engine.fleet.wire import FileJob, Part, Progress, packed
from core.engine.types import Delta, Finish
from core.errors import ModelError

PART_SECONDS = 10.0
"""Within which a core hands out a part."""
LARGEST = 50_000_000
"""Bytes of a file that a worker takes."""

Handle = Callable[[str, bytes, Callable[[str], None]], Awaitable[str]]
"""What a worker does with a file: given what is asked, the file, and where to tell how far it is."""


class FileJobs:
    """Lets workers do something with files.

    Args:
        awaiting: gives the jobs to them.
        roster: knows what they can do.
    """

    def __init__(self, awaiting: Awaiting, roster: Roster) -> None:
        self._awaiting = awaiting
        self._roster = roster

    def are_done(self, kind: str) -> bool:
        """Whether a worker that does this was heard of since this core started: it may come back."""
        return self._roster.knows(kind)

    def can_be_done_now(self, kind: str) -> bool:
        """Whether a worker that does this is there now."""
        return any(kind in worker.does for worker in self._roster.taking())

    async def do(self, kind: str, asked: str, content: bytes, tell: Callable[[str], None]) -> str:
        """What a worker makes of a file.

        Args:
            kind: what is to be done.
            asked: how, as the worker's `Handle` reads it.
            content: of the file.
            tell: given what the worker says of how far it is; from the beginning where another takes over.

        Raises:
            ModelError: it failed, or no worker was there in time.
        """
        job = FileJob(
            id=uuid.uuid4().hex, core=self._awaiting.core, kind=kind, asked=asked, size=len(content)
        )
        awaited = Awaited(
            job=job, queue=kind, fits=lambda worker: kind in worker.does, content=content, told=tell
        )
        async with self._awaiting.given(awaited):
            return (await self._awaiting.next(awaited)).text


async def done(broker: Broker, job: FileJob, handle: Handle, claim: Claiming) -> AsyncGenerator[Delta, None]:
    """A job at a worker, from the file to the result.

    Args:
        broker: reaches the core that has the file.
        job: what to do.
        handle: does it.
        claim: asks the core whether it wants that.

    Raises:
        BrokerError: the core does not give the file.
        ModelError: the file, or the result, is too large.
    """
    granted = await claim()

    def tell(told: str) -> None:
        progress = Progress(claim=granted.claim, told=told)
        broker.tell(wire.core_subject(job.core, f"{job.id}.told"), packed(progress))

    result = await handle(job.asked, await _fetched(broker, job), tell)
    broker.check(packed(result))
    yield Delta(text=result, finish=Finish.STOP)


async def _fetched(broker: Broker, job: FileJob) -> bytes:
    if job.size > LARGEST:
        raise ModelError(f"The file has {job.size} bytes, and a worker takes {LARGEST}")
    content = bytearray()
    while len(content) < job.size:
        where = wire.core_subject(job.core, f"{job.id}.part")
        part = await broker.ask(where, packed(Part(offset=len(content))), PART_SECONDS)
        if not part:
            raise BrokerError("The core does not have the file any more")
        content += part
    return bytes(content)
