"""A process that holds a conversation and has written something down in it, to be killed."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from core.clock import SystemClock
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.samples import arrival, message
from tests.store.test_store import LEASE


async def start_holder(place: SqlitePlace | PostgresPlace) -> Process:
    """Start it; returns when it holds the conversation and its message is committed."""
    where = place.url if isinstance(place, PostgresPlace) else str(place.path)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.holder", type(place).__name__, where, stdout=PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"committed\n"
    return child


async def hold(place: Place) -> None:
    """Until killed."""
    async with place.open(SystemClock()) as store:
        await store.leases.take(LEASE)
        await store.inbox.accept(arrival(message("hello")))
        sys.stdout.write("committed\n")
        sys.stdout.flush()
        await asyncio.sleep(60)


if __name__ == "__main__":
    KIND, WHERE = sys.argv[1:]
    asyncio.run(hold(PostgresPlace(WHERE) if KIND == "PostgresPlace" else SqlitePlace(Path(WHERE))))
