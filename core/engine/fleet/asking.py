"""What workers are asked at once, beside the queue: all that takes little time."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from core.engine.fleet import wire
from core.engine.fleet.broker import Broker, BrokerError
from core.engine.fleet.roster import PATIENCE, NoWorker, Roster
from core.engine.fleet.wire import Advertisement, Failure, unpacked

ASK_SECONDS = 60.0
"""Within which a worker answers; a crowd may come first."""
LOOK_SECONDS = 0.5
"""Between two looks whether the worker that is asked still lives, or whether one has come."""
TEXTS = 32
CHARACTERS = 200_000
"""That are sent at once: NATS takes a megabyte."""

_log = logging.getLogger(__name__)


class Workers:
    """Asks whichever worker is least busy, and another where that one is lost.

    Args:
        broker: reaches them.
        roster: of those that are there.
    """

    def __init__(self, broker: Broker, roster: Roster) -> None:
        self._broker = broker
        self._roster = roster

    async def ask(
        self,
        verb: str,
        data: bytes,
        fits: Callable[[Advertisement], bool],
        patience: float | None = None,
    ) -> bytes:
        """What a worker answers; asking twice does no harm.

        Args:
            verb: what it is to do.
            data: with what.
            fits: whether a worker can.
            patience: seconds to wait for one that can, in the place of `PATIENCE`.

        Raises:
            ModelError: it failed, or no worker was there in time.
        """
        self._broker.check(data)
        waited = 0.0
        while waited < (PATIENCE if patience is None else patience):
            worker = self._roster.least_busy(fits)
            if worker is not None:
                try:
                    return _result(await self._ask(worker.worker, verb, data))
                except BrokerError as error:
                    _log.info("worker %s is passed over: %s", worker.worker, error)
                    self._roster.forget(worker.worker)
            else:
                await self._roster.wait(LOOK_SECONDS)
                waited += LOOK_SECONDS
        raise NoWorker

    async def _ask(self, worker: str, verb: str, data: bytes) -> bytes:
        """Ask one, for as long as it is heard of."""
        asked = asyncio.create_task(self._broker.ask(wire.worker_subject(worker, verb), data, ASK_SECONDS))
        try:
            while not asked.done():
                await asyncio.wait({asked}, timeout=LOOK_SECONDS)
                if not asked.done() and not self._roster.has(worker):
                    raise BrokerError("It fell silent")
            return asked.result()
        finally:
            asked.cancel()


def anybody(_: Advertisement) -> bool:
    """Any worker fits."""
    return True


def portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many texts as are sent at once, in their order."""
    portion: list[str] = []
    for text in texts:
        if portion and (len(portion) == TEXTS or sum(map(len, portion)) + len(text) > CHARACTERS):
            yield portion
            portion = []
        portion.append(text)
    if portion:
        yield portion


def _result(answer: bytes) -> bytes:
    if answer.startswith(wire.FAILED):
        raise unpacked(Failure, answer.removeprefix(wire.FAILED)).error()
    return answer.removeprefix(wire.DONE)
