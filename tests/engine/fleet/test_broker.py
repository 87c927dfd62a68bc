"""The connection to NATS comes back whatever ended it."""

import asyncio

from core.clock import SystemClock
from core.engine.fleet.broker import connected
from core.engine.fleet.client import open_fleet
from core.engine.fleet.worker import Worker
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


async def test_whoever_leaves_while_the_server_is_away_leaves_what_was_to_be_sent(nats: Server) -> None:
    async with connected([nats.url], role="worker") as broker:
        await nats.kill()
        await until(lambda: not broker.connected)
        await broker.publish("frontdesk.fleet.here", b"I am here")
