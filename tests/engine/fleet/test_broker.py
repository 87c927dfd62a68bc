"""The connection to NATS comes back whatever ended it, and no trouble beside it ends a worker's work."""

import asyncio
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.engine.fleet import desired
from core.engine.fleet.broker import connected
from core.engine.fleet.client import open_fleet
from core.engine.fleet.wire import Desired, Failure
from core.engine.fleet.worker import Worker
from core.engine.shelf import Shelf
from core.errors import ModelError
from tests.engine.fleet.counting import CountingEngine, counted
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import count, until


async def test_a_connection_that_the_client_gave_up_for_good_is_made_anew(nats: Server) -> None:
    leave = asyncio.Event()
    async with connected([nats.url], role="worker") as theirs, connected([nats.url], role="core") as ours:
        working = asyncio.create_task(Worker(theirs, CountingEngine()).run(leave, 10))
        engine = await open_fleet(ours, SystemClock())
        await engine.met()
        assert (await count(engine, 5))[0] == counted(5)
        for each in (theirs, ours):
            client = each._client
            await client._send_command(b"NONSENSE\r\n")  # then it says -ERR, as to old credentials
            await client._flush_pending()
            await until(lambda client=client, each=each: client.is_closed and each.connected)  # type: ignore[misc]
            assert (await count(engine, 7))[0] == counted(7)
        leave.set()
        await working


async def test_a_full_disk_does_not_end_the_following_of_choices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_full, tries, chosen = True, 0, asyncio.Event()

    async def choose(*_: object) -> None:
        nonlocal tries
        tries += 1
        if is_full:
            raise OSError("No space left on device")
        chosen.set()

    class Bucket:
        async def desired(self) -> Desired:
            return Desired(active="a@1", canary=None)

    monkeypatch.setattr(desired, "_choose", choose)
    monkeypatch.setattr(desired, "LOOK_SECONDS", 0.01)
    shelf, bucket = Shelf(tmp_path), Bucket()
    await desired.catch_up(shelf, bucket)  # type: ignore[arg-type]  # the bucket alone
    following = asyncio.create_task(desired.follow(shelf, bucket, SystemClock()))  # type: ignore[arg-type]
    await until(lambda: tries >= 3)
    is_full = False
    async with asyncio.timeout(20):
        await chosen.wait()
    following.cancel()
    await asyncio.wait({following})


@pytest.mark.parametrize(
    "error", [ValueError("their words"), UnicodeEncodeError("utf-8", "their words", 0, 1, "no")]
)
def test_nothing_that_may_quote_somebody_travels(error: Exception) -> None:
    assert "their words" not in Failure.of(error).message
    assert Failure.of(ModelError("ours")).message == "ours"
