"""One job at a worker: claimed, done, and given back where it cannot be finished here."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from enum import Enum, auto

from core.engine.fleet import wire
from core.engine.fleet.broker import Broker, BrokerError, Delivered, NobodyListens
from core.engine.fleet.wire import AnyJob, Claim, Failure, Granted, Held, Piece, packed, unpacked
from core.engine.types import Delta, Usage
from core.errors import ModelLeft
from core.failpoint import reach

BEAT_SECONDS = 1.0
"""Between two signs of life."""
CORE_SECONDS = 10.0
"""Within which a core answers, however busy it is; one that is gone is noticed at once."""

Claiming = Callable[[], Awaitable[Granted]]
"""Asks the core whether it wants the job done here; where it does not, this raises."""
Work = Callable[[Claiming], AsyncGenerator[Delta, None]]
"""What is to be done. It claims the job before it yields anything; the last of that has a finish."""

_log = logging.getLogger(__name__)


class Ending(Enum):
    """What is to become of a job that is not worked on any more."""

    DONE = auto()
    """Nobody waits for more of it."""
    AGAIN = auto()
    """Somebody else is to go on with it, at once."""
    ELSEWHERE = auto()
    """Somebody else goes on with it already."""


class NotWanted(NobodyListens):
    """The core does not wait for the job any more."""


class Holding:
    """Works on a job, from now on.

    Args:
        broker: reaches the core that asked.
        worker: who we are.
        job: what to do.
        delivered: the same, as the queue has it.
        work: does it.
    """

    def __init__(self, broker: Broker, worker: str, job: AnyJob, delivered: Delivered, work: Work) -> None:
        self.job = job
        self.claim = 0
        """0 before it was granted."""
        self.usage: Usage | None = None
        """Once an answer is written."""
        self._broker = broker
        self._worker = worker
        self._delivered = delivered
        self._do = work
        self._number = 0
        self._stopped: Ending | None = None
        self._work = asyncio.create_task(self._work_on(), name=f"work on {self.job.id}")
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
            reach("end_sent")
            await self._delivered.done()

    async def _work_on(self) -> Ending:
        try:
            # Only when the core has the end of it may the queue forget the job.
            await self._ask("piece", packed(await self._all_but_the_last()))
        except NobodyListens:
            return Ending.DONE
        except (BrokerError, ModelLeft) as error:
            _log.info("a job is given back: %s", error)
            return Ending.AGAIN
        return Ending.DONE

    async def _claimed(self) -> Granted:
        granted = unpacked(Granted, await self._ask("claim", packed(Claim(worker=self._worker))))
        if not granted.claim:
            raise NotWanted
        self.claim = granted.claim
        reach("claimed")
        return granted

    async def _all_but_the_last(self) -> Piece:
        """Send every piece, and return the last one."""
        try:
            async with aclosing(self._do(self._claimed)) as deltas:
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
                    reach("piece_sent")
        except (BrokerError, ModelLeft):
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the core hears of it
            failure = Failure.of(error)
            _log.info("a job failed: %s", failure.message)
            return Piece(claim=self.claim, number=self._number, failure=failure)
        broke_off = Failure(kind="ModelError", message="The model broke off without finishing.")
        return Piece(claim=self.claim, number=self._number, failure=broke_off)

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
