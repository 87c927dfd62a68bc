"""One job at a worker: claimed, written, and given back where it cannot be finished here."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from enum import Enum, auto

from core.engine.fleet import wire
from core.engine.fleet.broker import Broker, BrokerError, Delivered, NobodyListens
from core.engine.fleet.wire import Claim, Failure, Granted, Held, Job, Piece, packed, unpacked
from core.engine.types import Delta, Engine, Finish, Usage
from core.errors import PromptTooLong

BEAT_SECONDS = 1.0
"""Between two signs of life."""
CORE_SECONDS = 10.0
"""Within which a core answers, however busy it is; one that is gone is noticed at once."""

_log = logging.getLogger(__name__)


class Ending(Enum):
    """What is to become of a job that is not written any more."""

    DONE = auto()
    """Nobody waits for more of it."""
    AGAIN = auto()
    """Somebody else is to go on with it, at once."""
    ELSEWHERE = auto()
    """Somebody else goes on with it already."""


class Writing:
    """Writes an answer, from now on.

    Args:
        broker: reaches the core that asked.
        engine: writes.
        worker: who we are.
        job: what to write.
        delivered: the same, as the queue has it.
    """

    def __init__(self, broker: Broker, engine: Engine, worker: str, job: Job, delivered: Delivered) -> None:
        self.job = job
        self.claim = 0
        """0 before it was granted."""
        self.usage: Usage | None = None
        """Once it is written."""
        self._broker = broker
        self._engine = engine
        self._worker = worker
        self._delivered = delivered
        self._number = 0
        self._stopped: Ending | None = None
        self._work = asyncio.create_task(self._write(), name=f"write {self.job.id}")
        self.task = asyncio.create_task(self._run(), name=f"job {self.job.id}")

    def stop(self, ending: Ending) -> None:
        """Leave it alone from the next token on."""
        self._stopped = self._stopped or ending
        self._work.cancel()

    async def _run(self) -> None:
        beating = asyncio.create_task(self._beat())
        try:
            await asyncio.wait({self._work})
        finally:
            beating.cancel()
            self._work.cancel()
        ending = self._stopped or self._work.result()
        if ending is Ending.AGAIN:
            await self._delivered.give_back()
        elif ending is Ending.DONE:
            await self._delivered.done()

    async def _write(self) -> Ending:
        try:
            granted = unpacked(Granted, await self._ask("claim", packed(Claim(worker=self._worker))))
            if not granted.claim:
                return Ending.DONE
            self.claim = granted.claim
            # Only when the core has the end of it may the queue forget the job.
            await self._ask("piece", packed(await self._all_but_the_last(granted.begun)))
        except NobodyListens:
            return Ending.DONE
        except BrokerError as error:
            _log.info("a job is given back: %s", error)
            return Ending.AGAIN
        return Ending.DONE

    async def _all_but_the_last(self, begun: str) -> Piece:
        """Send every piece, and return the last one."""
        try:
            async with aclosing(self._deltas(begun)) as deltas:
                async for delta in deltas:
                    piece = Piece(
                        claim=self.claim,
                        number=self._number,
                        text=delta.text,
                        finish=delta.finish,
                        usage=delta.usage,
                    )
                    if piece.last:
                        self.usage = delta.usage
                        return piece
                    self._number += 1
                    await self._broker.publish(self._subject("piece"), packed(piece))
        except Exception as error:  # noqa: BLE001 - whatever broke, the core hears of it
            failure = Failure.of(error)
            _log.info("a job failed: %s", failure.message)
            return Piece(claim=self.claim, number=self._number, failure=failure)
        broke_off = Failure(kind="ModelError", message="The model broke off without finishing.")
        return Piece(claim=self.claim, number=self._number, failure=broke_off)

    async def _deltas(self, begun: str) -> AsyncGenerator[Delta, None]:
        """What is still to be written."""
        prompt, options = self.job.prompt, self.job.options
        written = 0
        if begun:
            try:
                extended = await self._engine.extend(prompt, begun)
            except PromptTooLong:
                yield Delta(text="", finish=Finish.LENGTH)
                return
            written = extended.tokens - prompt.tokens
            if written >= options.max_tokens:
                yield Delta(text="", finish=Finish.LENGTH)
                return
            prompt, options = extended, replace(options, max_tokens=options.max_tokens - written)
        async with aclosing(self._engine.stream(prompt, options)) as deltas:
            async for delta in deltas:
                yield replace(delta, usage=delta.usage and _whole(delta.usage, written))

    async def _beat(self) -> None:
        """Tell the queue that it is being worked on, and find out when nobody wants it from us any more."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._delivered.working()
            if not self.claim:
                continue
            try:
                held = unpacked(Held, await self._ask("held", packed(Held(claim=self.claim)), BEAT_SECONDS))
            except NobodyListens:
                self.stop(Ending.DONE)
            except BrokerError as error:
                _log.info("the core of a job does not answer: %s", error)
            else:
                if held.claim != self.claim:
                    self.stop(Ending.ELSEWHERE if held.claim else Ending.DONE)

    async def _ask(self, what: str, data: bytes, seconds: float = CORE_SECONDS) -> bytes:
        return await self._broker.ask(self._subject(what), data, seconds)

    def _subject(self, what: str) -> str:
        return wire.core_subject(self.job.core, f"{self.job.id}.{what}")


def _whole(usage: Usage, written: int) -> Usage:
    """Of the whole answer, where its beginning was written elsewhere."""
    return replace(
        usage,
        prompt_tokens=usage.prompt_tokens - written,
        generated_tokens=usage.generated_tokens + written,
    )
