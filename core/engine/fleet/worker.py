"""A worker: lets the models of its machine write what cores ask for."""

import asyncio
import logging
import socket
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

from core.engine.asking import asking
from core.engine.fleet import wire
from core.engine.fleet.broker import Broker, Delivered, Incoming
from core.engine.fleet.file_jobs import Handle, done
from core.engine.fleet.holding import Ending, Holding
from core.engine.fleet.roster import TELL_SECONDS
from core.engine.fleet.wire import (
    Advertisement,
    AnyJob,
    Choosing,
    EncoderCard,
    Extension,
    Failure,
    FileJob,
    Job,
    Preparation,
    Stop,
    Texts,
    packed,
    unpacked,
)
from core.engine.fleet.writing import refused, written
from core.engine.scheduling.runner import MovingMean
from core.engine.types import Encoder, Engine, Prompt
from core.errors import ModelError
from core.failpoint import reach

KEPT_SECONDS = 30.0
"""A prompt is kept so long after it was prepared: until its job comes, its model must not leave."""
_log = logging.getLogger(__name__)


class Models(Engine, Protocol):
    """An engine with several models, as `core.engine.registry.Registry` is."""

    def loaded(self) -> list[str]:
        """References of the models in memory."""

    @property
    def refused(self) -> str:
        """Why a model could not take over; empty where the last one could."""


class Worker:
    """Serves models until it is told to leave.

    It pulls a job only when it has a place free, so that jobs wait in the queue, where any worker can take
    them. With several models in memory, as many jobs more may come as there are further models. Of what it
    does with files, it does one at a time of each kind.

    Args:
        broker: where jobs come from.
        engine: writes.
        encoder: makes vectors, where there is one.
        handles: what it does with files, by its kind.
    """

    def __init__(
        self,
        broker: Broker,
        engine: Models,
        encoder: Encoder | None = None,
        handles: Mapping[str, Handle] | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self._broker = broker
        self._engine = engine
        self._encoder = encoder
        self._handles = handles or {}
        self._pulling: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, Holding] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._speed = MovingMean(0.0)
        self._verbs: dict[str, Callable[[bytes], Awaitable[bytes]]] = {
            "prepare": self._prepare,
            "extend": self._extend,
            "count": self._count,
            "choose": self._choose,
            "encode": self._encode,
            "tokens": self._tokens,
        }

    @property
    def writing(self) -> int:
        """Answers that it writes."""
        return sum(isinstance(each.job, Job) for each in self._held.values())

    @property
    def tokens_per_second(self) -> float:
        """Of one answer, measured over recent ones; 0 before there were any."""
        return self._speed.value

    @property
    def handling(self) -> Mapping[str, int]:
        """Files that it has in hand now, by what it does with them."""
        jobs = [each.job for each in self._held.values()]
        return {
            kind: sum(isinstance(job, FileJob) and job.kind == kind for job in jobs) for kind in self._handles
        }

    async def run(self, leave: asyncio.Event, grace: float) -> None:
        """Work until told to leave; then finish what is being written, and hand on what takes longer.

        Args:
            leave: set when it is to leave.
            grace: seconds that answers get to finish.
        """
        await self._broker.listen(wire.worker_subject(self.id), self._hear)
        await self._broker.listen(wire.WHO, lambda _: self._broker.tell(wire.HERE, self._told()))
        try:
            while not leave.is_set():
                self._keep_pulling([*self._engine.loaded(), *self._handles])
                await self._tell_until(leave)
            _log.info("leaving: %d jobs get %.0f s", len(self._held), grace)
        finally:
            await self._leave(grace)

    async def _tell_until(self, leave: asyncio.Event) -> None:
        await self._broker.publish(wire.HERE, self._told())
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await leave.wait()
        except TimeoutError:
            return

    async def _leave(self, grace: float) -> None:
        for pulling in self._pulling.values():
            pulling.cancel()
        await asyncio.gather(*self._pulling.values(), return_exceptions=True)
        await self._broker.publish(wire.HERE, self._told(leaving=True))
        until = asyncio.get_running_loop().time() + grace
        while self._held and (left := until - asyncio.get_running_loop().time()) > 0:
            tasks = [each.task for each in self._held.values()]
            await asyncio.wait(tasks, timeout=min(left, TELL_SECONDS))
            await self._broker.publish(wire.HERE, self._told(leaving=True))
        held = list(self._held.values())
        for each in held:
            each.stop(Ending.AGAIN)
        await asyncio.gather(*(each.task for each in held), *self._tasks, return_exceptions=True)

    def _told(self, *, leaving: bool = False) -> bytes:
        encoder = self._encoder
        return packed(
            Advertisement(
                worker=self.id,
                machine=socket.gethostname(),
                card=self._engine.card(),
                models=tuple(self._engine.loaded()),
                load=self._engine.load(),
                tokens_per_second=self.tokens_per_second,
                encoder=EncoderCard(card=encoder.card(), dimensions=encoder.dimensions) if encoder else None,
                does=tuple(self._handles),
                writing=Counter(each.job.core for each in self._held.values() if isinstance(each.job, Job)),
                leaving=leaving,
                refused=self._engine.refused,
            )
        )

    def _keep_pulling(self, queues: Sequence[str]) -> None:
        """One pull for each queue, and none for models that left."""
        for gone in self._pulling.keys() - set(queues):
            self._pulling.pop(gone).cancel()
        for queue in queues:
            if queue not in self._pulling or self._pulling[queue].done():
                self._pulling[queue] = asyncio.create_task(self._pull(queue), name=f"pull for {queue}")

    async def _pull(self, queue: str) -> None:
        handle = self._handles.get(queue)
        place = partial(self._idle, queue) if handle else self._free
        async with aclosing(self._broker.jobs(queue, place)) as jobs:
            async for delivered in jobs:
                if not handle and queue not in self._engine.loaded():
                    await delivered.give_back()  # another worker may still have the model
                    return
                try:
                    if handle:
                        self._handle(unpacked(FileJob, delivered.data), handle, delivered)
                    else:
                        self._write(unpacked(Job, delivered.data), delivered)
                except ModelError as error:
                    await self._refuse(delivered, error)

    async def _refuse(self, delivered: Delivered, error: ModelError) -> None:
        """Let the core hear why a job cannot be read, as it would give it again and again."""
        _log.warning("a job is refused: %s", error)
        try:
            job = unpacked(AnyJob, delivered.data)
        except ModelError:  # then nobody can be told
            await delivered.done()
            return
        if job.id not in self._held:
            self._hold(Holding(self._broker, self.id, job, delivered, partial(refused, error)))

    def _write(self, job: Job, delivered: Delivered) -> None:
        reach("pulled")
        if job.id not in self._held:  # else the queue took us for dead, and we are not
            work = partial(written, self._engine, job, early=delivered.is_first)
            self._hold(Holding(self._broker, self.id, job, delivered, work))

    def _handle(self, job: FileJob, handle: Handle, delivered: Delivered) -> None:
        if job.id not in self._held:
            work = partial(done, self._broker, job, handle)
            self._hold(Holding(self._broker, self.id, job, delivered, work))

    def _hold(self, holding: Holding) -> None:
        self._held[holding.job.id] = holding
        holding.task.add_done_callback(lambda _: self._let_go(holding))

    async def _free(self) -> None:
        while self.writing >= self._engine.load().capacity:
            self._freed.clear()
            await self._freed.wait()

    async def _idle(self, kind: str) -> None:
        while self.handling[kind]:
            self._freed.clear()
            await self._freed.wait()

    def _let_go(self, holding: Holding) -> None:
        del self._held[holding.job.id]
        self._freed.set()
        if holding.usage and holding.usage.seconds > 0:
            self._speed.add(holding.usage.generated_tokens / holding.usage.seconds)

    def _hear(self, message: Incoming) -> None:
        verb = message.subject.rpartition(".")[2]
        if verb == "stop":
            stop = unpacked(Stop, message.data)
            if (held := self._held.get(stop.job)) and held.claim == stop.claim:
                held.stop(Ending.AGAIN if stop.again else Ending.DONE)
        else:
            self._start(self._answer(verb, message))

    async def _answer(self, verb: str, message: Incoming) -> None:
        try:
            answer = wire.DONE + await self._verbs.get(verb, _unknown)(message.data)
        except Exception as error:  # noqa: BLE001 - whatever broke, the core hears of it
            _log.info("%s: %s", verb, Failure.of(error).message)
            answer = wire.FAILED + packed(Failure.of(error))
        await self._broker.publish(message.reply, answer)

    async def _prepare(self, data: bytes) -> bytes:
        asked = unpacked(Preparation, data)
        with asking(asked.conversation):
            return self._keep(await self._engine.prepare(asked.messages, asked.begun))

    async def _extend(self, data: bytes) -> bytes:
        asked = unpacked(Extension, data)
        return self._keep(await self._engine.extend(asked.prompt, asked.begun))

    def _keep(self, prompt: Prompt) -> bytes:
        asyncio.get_running_loop().call_later(KEPT_SECONDS, _keep_until_now, prompt)
        return packed(prompt)

    async def _count(self, data: bytes) -> bytes:
        return packed(await self._engine.count(unpacked(Texts, data).texts))

    async def _choose(self, data: bytes) -> bytes:
        asked = unpacked(Choosing, data)
        return packed(await self._engine.choose(asked.prompt, asked.options))

    async def _encode(self, data: bytes) -> bytes:
        asked = unpacked(Texts, data)
        return (await self._encoding().encode(asked.texts, background=asked.background)).tobytes()

    async def _tokens(self, data: bytes) -> bytes:
        return packed(await self._encoding().count(unpacked(Texts, data).texts))

    def _encoding(self) -> Encoder:
        if self._encoder is None:
            raise ModelError("This worker has no sentence encoder")
        return self._encoder

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _unknown(_: bytes) -> bytes:
    raise ModelError("The worker is of an older version, and cannot do that")


def _keep_until_now(prompt: Prompt) -> None:
    """Whoever is to call this later keeps the prompt until then."""
