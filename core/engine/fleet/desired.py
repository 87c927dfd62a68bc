"""Which models the whole fleet is to answer with: from a core's shelf into the bucket, and to every worker's.

A worker's `core.engine.registry.follow` then does what it does for a choice that was made on its own machine:
the model is loaded and tried before it takes over.
"""

import asyncio
import logging
from contextlib import suppress

from core.engine.fleet import files
from core.engine.fleet.alone import alone
from core.engine.fleet.broker import Broker, BrokerError
from core.engine.fleet.wire import Desired, Trial
from core.engine.shelf import PREVIOUS, Canary, Shelf
from core.errors import ModelError
from core.ports import Clock

LOOK_SECONDS = 1.0
"""Between two looks whether anything else is wanted."""
PAUSE_SECONDS = 30.0
"""Where the disk fails, or what came is damaged: gigabytes are not to be fetched in vain every second."""

_log = logging.getLogger(__name__)


async def announce(shelf: Shelf, broker: Broker, clock: Clock) -> None:
    """Tell the fleet what is chosen on this shelf, whenever that changes, until cancelled.

    What is chosen here already when it begins is told only where the fleet has no choice yet.
    """
    told: Desired | None = None
    complained = ""
    while True:
        try:
            chosen = await asyncio.to_thread(_chosen, shelf)
            if chosen and await _is_news(chosen, told, broker):
                await _tell(chosen, told, shelf, broker, clock)
            told, complained = chosen or told, ""
        except (ModelError, OSError) as error:
            if complained != str(error):
                _log.warning("what is to answer could not be told: %s", error)
            complained = str(error)
            with suppress(BrokerError):
                await broker.open_queue()
            await clock.sleep(PAUSE_SECONDS if isinstance(error, OSError) else 0.0)
        await clock.sleep(LOOK_SECONDS)


async def _is_news(chosen: Desired, told: Desired | None, broker: Broker) -> bool:
    there = await broker.desired()
    return there is None or (told is not None and chosen not in (told, there))


async def _tell(chosen: Desired, told: Desired | None, shelf: Shelf, broker: Broker, clock: Clock) -> None:
    """One core after the other: of gigabytes that two put there at once, one half is in vain."""
    async with alone(broker, clock):
        if await _is_news(chosen, told, broker):
            await _offer(chosen, shelf, broker)
            await broker.desire(chosen)
            _log.info("the fleet is to answer with %s", chosen.active)


async def catch_up(shelf: Shelf, broker: Broker) -> None:
    """Choose on this shelf what the fleet is to answer with, as far as that is known now."""
    try:
        there = await broker.desired()
        if there is not None:
            await _choose(there, shelf, broker)
    except (ModelError, OSError) as error:
        _log.warning("what the fleet is to answer with is not known here: %s", error)


async def follow(shelf: Shelf, broker: Broker, clock: Clock) -> None:
    """Choose on this shelf what the fleet is to answer with, whenever that changes, until cancelled."""
    done: Desired | None = None
    complained = ""
    while True:
        try:
            there = await broker.desired()
            if there is not None and there != done:
                await _choose(there, shelf, broker)
                done, complained = there, ""
        except (ModelError, OSError) as error:
            if complained != str(error):
                _log.warning("what the fleet is to answer with is not known here: %s", error)
            complained = str(error)
            await clock.sleep(0.0 if isinstance(error, BrokerError) else PAUSE_SECONDS)
        await clock.sleep(LOOK_SECONDS)


def _chosen(shelf: Shelf) -> Desired | None:
    active, canary = shelf.active(), shelf.canary()
    trial = Trial(reference=canary.reference, share=canary.share) if canary else None
    return Desired(active=active, canary=trial) if active else None


async def _offer(chosen: Desired, shelf: Shelf, broker: Broker) -> None:
    """Let workers fetch what was chosen; of others only the way back is kept."""
    references = [chosen.active, *([chosen.canary.reference] if chosen.canary else [])]
    for reference in references:
        await files.offer(await asyncio.to_thread(shelf.find, reference), shelf, broker)
    previous = await asyncio.to_thread(shelf.get, PREVIOUS)
    await broker.keep_files([*references, *([previous.reference] if previous else [])])


async def _choose(desired: Desired, shelf: Shelf, broker: Broker) -> None:
    trial = desired.canary
    await files.fetch(desired.active, shelf, broker)
    if trial:
        await files.fetch(trial.reference, shelf, broker)
    await asyncio.to_thread(_point, desired, shelf)


def _point(desired: Desired, shelf: Shelf) -> None:
    if _chosen(shelf) == desired:
        return
    shelf.use(shelf.find(desired.active))
    trial = desired.canary
    shelf.try_out(Canary(reference=trial.reference, share=trial.share) if trial else None)
