"""One core at a time: what several would do twice, where they start together or share a shelf."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from core.engine.fleet.broker import Broker, BrokerError
from core.ports import Clock

BEAT_SECONDS = 2.0
"""Between two signs of life."""
GONE_SECONDS = 10.0
"""Without one, after which a core is taken for dead: looked at so often by those that wait."""


@asynccontextmanager
async def alone(broker: Broker, clock: Clock) -> AsyncIterator[None]:
    """Keep the other cores from whatever is done in such a block; before that, wait until none is in one.

    That no two are ever in one is not guaranteed: one that NATS did not hear of for `GONE_SECONDS` goes on.

    Raises:
        BrokerError: JetStream does not answer.
    """
    mark = await _entered(broker, clock)

    async def beat() -> None:
        nonlocal mark
        while mark:
            await clock.sleep(BEAT_SECONDS)
            with suppress(BrokerError):
                mark = await broker.enter(mark)

    beating = asyncio.create_task(beat(), name="keep other cores waiting")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait({beating})
        if mark:
            with suppress(BrokerError):  # it is found out by our silence
                await broker.leave(mark)


async def _entered(broker: Broker, clock: Clock) -> int:
    seen = 0
    while True:
        inside = await broker.inside()
        if inside in (0, seen) and (mark := await broker.enter(inside)):
            return mark
        seen = inside
        await clock.sleep(GONE_SECONDS)
