"""The connection to NATS comes back whatever ended it."""

import asyncio
from typing import Any, cast

import pytest

from core.clock import SystemClock
from core.engine.fleet.broker import Broker, Incoming, connected
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


class ClientOfPython311:
    """Answers at the very moment at which whoever asked is told to end, and waits as `asyncio.wait_for` does
    in Python 3.11: there an answer that has come weighs more than the end."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Incoming] = asyncio.get_running_loop().create_future()

    def jetstream(self, timeout: float) -> "ClientOfPython311":
        return self

    async def request(self, subject: str, data: bytes, timeout: float) -> Incoming:
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            if self.answer.done():
                return self.answer.result()
            raise


async def test_whoever_is_told_to_end_together_with_an_answer_ends() -> None:
    client = ClientOfPython311()

    async def open_client(ended: object) -> Any:
        return client

    broker = Broker(cast("Any", open_client))
    await broker.open()
    asking = asyncio.create_task(broker.ask("frontdesk.fleet.who", b"", 5))
    await asyncio.sleep(0)
    client.answer.set_result(Incoming(subject="", data=b"here", reply=""))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
