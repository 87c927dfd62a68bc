"""The jobs that a core waits for: claimed by workers, put together from pieces, given again when lost."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from core.engine.fleet import wire
from core.engine.fleet.broker import Broker, BrokerError, Incoming
from core.engine.fleet.roster import PATIENCE, NoWorker, Roster
from core.engine.fleet.wire import (
    Advertisement,
    Claim,
    FileJob,
    Granted,
    Held,
    Job,
    Part,
    Piece,
    Progress,
    Stop,
    packed,
    unpacked,
)
from core.errors import ModelLeft
from core.failpoint import reach
from core.ports import Clock

LOOK_SECONDS = 2.0
"""After so much silence it is looked where a job has gone."""
LEFT_SECONDS = 4.0
"""Where other workers were there for so long, and none that could begin with an answer, its model left."""
CLAIMS = 4
"""Times a job may be begun: one that ended so many workers is not given to another."""
PART_BYTES = 256 * 1024
"""Of a file, that a worker gets at once; less where the server takes less."""

_log = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class Awaited:
    """A job on its way."""

    job: Job | FileJob
    queue: str
    """Which jobs of the work queue it is among: NAME@VERSION of a model, or what is done with a file."""
    fits: Callable[[Advertisement], bool]
    """Whether a worker can do it."""
    content: bytes = b""
    """The file that the job is about."""
    told: Callable[[str], None] = lambda _: None
    """Given what the worker says of how far it is."""
    claim: int = 0
    """The one that works; 0 before there was any."""
    worker: str = ""
    heard: float = 0.0
    """When its worker last said anything of it."""
    next: int = 0
    """Number of the piece that comes next."""
    text: str = ""
    """What came so far."""
    lost: bool = False
    """A piece of this claim never came: the rest of it is not wanted."""
    done: bool = False
    """The last piece was taken."""
    publications: int = 0
    """Times it was put into the queue."""
    pieces: asyncio.Queue[Piece] = field(default_factory=asyncio.Queue)

    @property
    def subject(self) -> str:
        return wire.job_subject(self.queue, self.job.id)


class Awaiting:
    """Gives jobs to workers, and takes what comes of them.

    Args:
        broker: reaches the workers.
        roster: says whether there are any.
        clock: measures.
    """

    def __init__(self, broker: Broker, roster: Roster, clock: Clock) -> None:
        self._broker = broker
        self._roster = roster
        self._clock = clock
        self.core = uuid.uuid4().hex
        """What this core is called."""
        self._awaited: dict[str, Awaited] = {}

    async def open(self) -> None:
        """Listen to workers."""
        await self._broker.listen(wire.core_subject(self.core), self._hear)

    @property
    def unclaimed(self) -> int:
        """Answers that no worker has begun."""
        return sum(isinstance(each.job, Job) and not each.claim for each in self._awaited.values())

    @asynccontextmanager
    async def given(self, awaited: Awaited) -> AsyncIterator[None]:
        """In the queue, until it is done or the block ends: then nobody is to work on it any more.

        Raises:
            PromptTooLong: the server does not take so much at once.
        """
        self._broker.check(packed(awaited.job))
        self._awaited[awaited.job.id] = awaited
        try:
            reach("asked")
            await self._enqueue(awaited)
            reach("enqueued")
            yield
        finally:
            del self._awaited[awaited.job.id]
            if not awaited.done:
                self._stop(awaited, again=False)

    async def next(self, awaited: Awaited) -> Piece:
        """The next piece; meanwhile the job is looked after.

        Raises:
            ModelLeft: it is an answer, nothing is written, and no worker has the model any more.
            ModelError: it failed, or no worker was there in time.
        """
        piece = await self._next(awaited)
        awaited.done = piece.last
        if piece.failure:
            raise piece.failure.error()
        return piece

    async def _next(self, awaited: Awaited) -> Piece:
        alone = 0.0
        while alone < PATIENCE:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    return await awaited.pieces.get()
            alone = 0.0 if any(map(awaited.fits, self._roster.workers())) else alone + LOOK_SECONDS
            if alone >= LEFT_SECONDS and self._could_be_read_anew(awaited):
                raise ModelLeft(f"No worker has {awaited.queue} any more")
            await self._find_again(awaited)
        raise NoWorker(f"For {PATIENCE:.0f} s no worker had {awaited.queue}")

    def _could_be_read_anew(self, awaited: Awaited) -> bool:
        return isinstance(awaited.job, Job) and not awaited.text and bool(self._roster.taking())

    async def _find_again(self, awaited: Awaited) -> None:
        """Put the job into the queue again where it is not there any more and nobody works on it."""
        if awaited.claim and self._clock.monotonic() - awaited.heard < LOOK_SECONDS:
            return
        try:
            if not await self._broker.is_queued(awaited.subject) and awaited.pieces.empty():
                _log.warning("a job is not in the queue any more, and is put in again")
                await self._enqueue(awaited)
        except BrokerError as error:
            _log.info("%s", error)

    async def _enqueue(self, awaited: Awaited) -> None:
        """Put the job into the queue; where the queue itself is missing, make it. Lost, it is found again."""
        awaited.publications += 1
        key, data = f"{awaited.job.id}.{awaited.publications}", packed(awaited.job)
        try:
            await self._broker.enqueue(awaited.subject, data, key)
        except BrokerError:
            try:
                await self._broker.open_queue()
                await self._broker.enqueue(awaited.subject, data, key)
            except BrokerError as error:
                _log.warning("%s", error)

    def _hear(self, message: Incoming) -> None:
        job, _, what = message.subject.rpartition(".")
        awaited = self._awaited.get(job.rpartition(".")[2])
        if awaited is not None:
            awaited.heard = self._clock.monotonic()
        if what == "claim":
            self._broker.tell(message.reply, packed(self._claimed(awaited, unpacked(Claim, message.data))))
        elif what == "held":
            self._broker.tell(message.reply, packed(Held(claim=awaited.claim if awaited else 0)))
        elif what == "part":
            self._broker.tell(message.reply, self._part(awaited, unpacked(Part, message.data)))
        elif what == "told" and awaited is not None:
            progress = unpacked(Progress, message.data)
            if progress.claim == awaited.claim:
                awaited.told(progress.told)
        elif what == "piece":
            if awaited is not None:
                self._take(awaited, unpacked(Piece, message.data))
            if message.reply:
                reach("end_taken")
                self._broker.tell(message.reply, b"")

    def _part(self, awaited: Awaited | None, part: Part) -> bytes:
        """Of the file; nothing where nobody waits for the job any more."""
        most = min(PART_BYTES, self._broker.largest)
        return awaited.content[part.offset : part.offset + most] if awaited else b""

    def _claimed(self, awaited: Awaited | None, claim: Claim) -> Granted:
        """Whoever claims last works."""
        if awaited is None:
            return Granted(claim=0)
        if awaited.claim >= CLAIMS:
            failure = wire.Failure(kind="ModelError", message=f"The answer broke off {CLAIMS} times")
            awaited.pieces.put_nowait(Piece(claim=awaited.claim, number=awaited.next, failure=failure))
            return Granted(claim=0)
        awaited.claim += 1
        awaited.worker, awaited.next, awaited.lost = claim.worker, 0, False
        return Granted(claim=awaited.claim, begun=awaited.text)

    def _take(self, awaited: Awaited, piece: Piece) -> None:
        if piece.claim != awaited.claim or awaited.lost or piece.number < awaited.next:
            return
        if piece.number > awaited.next:
            _log.warning("a piece of an answer was lost on the way: somebody goes on from there")
            awaited.lost = True
            self._stop(awaited, again=True)
            return
        awaited.next += 1
        awaited.text += piece.text
        awaited.pieces.put_nowait(piece)
        reach("piece_taken")

    def _stop(self, awaited: Awaited, *, again: bool) -> None:
        if awaited.worker:
            stop = Stop(job=awaited.job.id, claim=awaited.claim, again=again)
            self._broker.tell(wire.worker_subject(awaited.worker, "stop"), packed(stop))
