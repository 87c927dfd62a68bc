"""Socket Mode as it stands on the wire: tickets, envelopes, acknowledgements, retries, lost connections."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import ANA, APP_TOKEN, GENERAL, HELP
from tests.playground.slack.conftest import Slack


class Wire:
    """One WebSocket, read by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = await self.socket.receive_json()
        return frame

    async def acknowledge(self, frame: dict[str, Any]) -> None:
        """Say that an envelope has arrived."""
        await self.socket.send_json({"envelope_id": frame["envelope_id"]})

    async def take(self) -> dict[str, Any]:
        """The next event, acknowledged."""
        frame = await self.receive()
        await self.acknowledge(frame)
        event: dict[str, Any] = frame["payload"]["event"]
        return event


Connect = Callable[[], Coroutine[Any, Any, Wire]]


@pytest.fixture
async def connect(slack: Slack) -> AsyncIterator[Connect]:
    """Opens connections, past the hello."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def open_one() -> Wire:
            opened = await slack.app_client().apps_connections_open(app_token=APP_TOKEN)
            wire = Wire(await stack.enter_async_context(session.ws_connect(str(opened["url"]))))
            assert (await wire.receive())["type"] == "hello"
            return wire

        yield open_one


async def test_a_ticket_opens_one_connection(slack: Slack) -> None:
    opened = await slack.app_client().apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(str(opened["url"])) as socket:
            hello = await socket.receive_json()
            assert hello["type"] == "hello"
            assert hello["num_connections"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(str(opened["url"]))
        assert refusal.value.status == 403


async def test_an_envelope_nobody_acknowledges_is_sent_four_times(
    connect: Connect, driver: SlackDriver
) -> None:
    wire = await connect()
    await driver.send(ANA, GENERAL, "hello")
    frames, seen = [await wire.receive()], 0
    for pause in (0, 60, 300):
        await driver.advance(3)
        seen = (await driver.wait_for_journal(method="message", outcome="timeout", after=seen))[-1]["number"]
        await driver.advance(pause)
        frames.append(await wire.receive())
    assert [frame["retry_attempt"] for frame in frames] == [0, 1, 2, 3]
    assert [frame["retry_reason"] for frame in frames] == ["", "timeout", "timeout", "timeout"]
    assert len({frame["envelope_id"] for frame in frames}) == 4
    assert len({frame["payload"]["event_id"] for frame in frames}) == 1


async def test_an_acknowledged_envelope_is_not_sent_again(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    await driver.send(ANA, GENERAL, "one")
    await wire.take()
    await driver.wait_for_journal(method="message", outcome="ok")
    await driver.advance(400)
    await driver.send(ANA, GENERAL, "two")
    assert (await wire.take())["text"] == "two"


async def test_several_connections_take_turns(connect: Connect, driver: SlackDriver) -> None:
    wires = [await connect(), await connect()]
    for number in range(4):
        await driver.send(ANA, GENERAL, str(number))
    texts = [{(await wire.take())["text"] for _ in range(2)} for wire in wires]
    assert sorted(texts, key=min) == [{"0", "2"}, {"1", "3"}]


async def test_there_are_ten_connections_at_most(slack: Slack, connect: Connect) -> None:
    for _ in range(10):
        await connect()
    opened = await slack.app_client().apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(str(opened["url"])) as socket:
        frame = await socket.receive_json()
    assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")


async def test_a_connection_is_refreshed_after_an_hour(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    await driver.advance(3_590)
    assert (await wire.receive())["reason"] == "warning"
    await driver.advance(10)
    assert (await wire.receive())["reason"] == "refresh_requested"
    assert (await wire.socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_a_broken_frame_is_passed_over(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    for text in ("{", "[]", "null", '{"envelope_id": 7}', '{"envelope_id": "unknown"}'):
        await wire.socket.send_str(text)
    await driver.send(ANA, GENERAL, "hello")
    assert (await wire.take())["text"] == "hello"


async def test_fault_duplicate_delivery(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    await driver.add_fault("duplicate_delivery", method="message", remaining=1)
    await driver.send(ANA, GENERAL, "twice")
    first, second = await wire.receive(), await wire.receive()
    assert first["payload"] == second["payload"]
    assert first["envelope_id"] != second["envelope_id"]


async def test_fault_reorder_delivery(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    await driver.add_fault("reorder_delivery", method="message", remaining=1)
    await driver.send(ANA, GENERAL, "first")
    await driver.send(ANA, GENERAL, "second")
    assert [(await wire.take())["text"] for _ in range(2)] == ["second", "first"]


async def test_fault_delay_delivery(connect: Connect, driver: SlackDriver) -> None:
    wire = await connect()
    await driver.add_fault("delay_delivery", method="message", remaining=1, seconds=600)
    await driver.send(ANA, GENERAL, "late")
    await driver.send(ANA, HELP, "in time")
    assert (await wire.take())["text"] == "in time"
    await driver.advance(600)
    assert (await wire.take())["text"] == "late"


async def test_fault_socket_loss(connect: Connect, driver: SlackDriver) -> None:
    lost = await connect()
    await driver.add_fault("socket_loss", method="message", remaining=1)
    await driver.send(ANA, GENERAL, "into the void")
    assert (await lost.socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    await driver.wait_for_journal(method="message", outcome="connection_failed")
    found = await connect()
    await driver.advance(60)
    assert (await found.take())["text"] == "into the void"


async def test_an_interaction_is_sent_once_and_failure_is_shown(
    slack: Slack, connect: Connect, driver: SlackDriver
) -> None:
    wire = await connect()
    typed = asyncio.create_task(driver.slash(ANA, GENERAL, "/frontdesk", "tea"))
    frame = await wire.receive()
    assert frame["type"] == "slash_commands"
    assert frame["accepts_response_payload"] is True
    await driver.advance(3)
    with pytest.raises(ValueError, match="dispatch_failed"):
        await typed
    with pytest.raises(ValueError, match="not a valid command"):
        await driver.slash(ANA, GENERAL, "/nothing")
