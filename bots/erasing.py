"""Erasing people in this installation: all places where something of them may be, put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from adapters.web.files import WebFiles
from bots.knowledge import open_knowledge
from bots.store import opened_store
from core.errors import FrontdeskError
from core.failpoint import reach
from core.knowledge.contributions import forget_channels
from core.knowledge.ports import Library
from core.learning import leaving
from core.ports import Clock
from core.privacy.erasure import PATIENCE, Eraser, Trace
from core.settings import Settings
from core.store.ports import Store
from core.store.records import Holdings

LOOK_SECONDS = 2.0
"""Between two looks whether somebody wants to be erased."""
PAUSE_SECONDS = 3600.0
"""Between two tries of what fails again and again, at most."""

_log = logging.getLogger(__name__)


async def erase_asked(
    settings: Settings, clock: Clock, patience: float = PATIENCE
) -> Sequence[Mapping[str, object]]:
    """Erase everybody who is to be erased; a running service goes on meanwhile.

    Args:
        settings: name the installation.
        clock: this machine's, unless a test brings its own.
        patience: seconds that a conversation may go on before it is erased; 0 where nobody serves any.

    Returns:
        What was affected, for each.

    Raises:
        FrontdeskError: it did not work; it is taken up again the next time.
    """
    async with opened_store(settings, clock) as store, open_knowledge(settings) as knowledge:
        traces, models = _traces(settings, store, knowledge.library), _models(settings, store, clock)
        return await Eraser(store, traces, [models], clock, patience).erase_all()


@asynccontextmanager
async def erasing(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[None]:
    """People who want it are erased for as long as the block runs."""
    watching = asyncio.create_task(_watch(settings, store, clock), name="erase people")
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(settings: Settings, store: Store, clock: Clock) -> None:
    pause = LOOK_SECONDS
    while True:
        try:
            if await store.subjects.asked():
                await erase_asked(settings, clock)
            pause = LOOK_SECONDS
        except FrontdeskError as error:
            pause = min(2 * pause, PAUSE_SECONDS)
            _log.warning("an erasure is taken up again in %.0f s: %s", pause, error)
        except Exception as error:  # noqa: BLE001 - or nobody would be erased any more
            pause = min(2 * pause, PAUSE_SECONDS)
            _log.error("an erasure is taken up again in %.0f s: %s", pause, type(error).__name__)
        await clock.sleep(pause)


def _models(settings: Settings, store: Store, clock: Clock) -> Trace:
    """Where the person alone tells what there is."""
    home = settings.home

    async def learnt(holdings: Holdings) -> Mapping[str, object]:
        found = await leaving.erase(home, store, holdings.person, clock.now())
        return {"datasets": list(found.datasets), "models": list(found.models)}

    return learnt


def _traces(settings: Settings, store: Store, library: Library) -> Sequence[Trace]:
    """Where their conversations tell what there is."""
    files = WebFiles(settings.home / "widget", store.sealer)

    async def sent(holdings: Holdings) -> Mapping[str, object]:
        count = sum([await files.forget(place) for place in holdings.conversations])
        reach("files_gone")
        return {"files": count}

    async def brought(holdings: Holdings) -> Mapping[str, object]:
        channels = {place.rpartition(":")[0] for place in holdings.conversations}
        count = await forget_channels(library, channels)
        reach("documents_gone")
        await library.clear_log()  # in any case: whoever was killed here before had removed them, and no more
        return {"documents": count}

    return (sent, brought)
