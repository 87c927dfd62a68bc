"""The network of the crash runs: a link that is cut carries nothing, and what is on its way arrives later."""

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from tests.crash.network import Hub, Network, NoNetworkError, enter, open_network
from tests.ports import free_port

_CONTEXT = multiprocessing.get_context("forkserver")
_SILENCE = 0.5
"""Seconds; what is not cut arrives within a few milliseconds."""


@pytest.fixture
def network() -> Iterator[Network]:
    with open_network() as network:
        if network is None:
            pytest.skip(str(NoNetworkError()))
        yield network


def call(machine: str, address: str, port: int, words: Connection) -> None:
    """Say on that machine to that address whatever is asked for."""
    enter(machine)
    with socket.create_connection((address, port), 10.0) as line:
        while word := words.recv():
            line.sendall(word)


@pytest.mark.parametrize("way", [Hub.BROKER, None], ids=["by a bridge", "by a door"])
async def test_what_is_sent_over_a_cut_link_arrives_once_it_is_mended(
    network: Network, way: Hub | None
) -> None:
    heard = asyncio.Queue[bytes]()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while word := await reader.read(100):
            heard.put_nowait(word)
        writer.close()
        await writer.wait_closed()
        heard.put_nowait(b"the end")

    async def hears() -> bytes:
        async with asyncio.timeout(60.0):
            return await heard.get()

    machine, port = network.add_machine(*Hub), free_port()
    address = "127.0.0.1" if way is None else network.address(way)
    ours, theirs = _CONTEXT.Pipe()
    async with await asyncio.start_server(hear, address, port), network.door(machine, port, outwards=True):
        caller = _CONTEXT.Process(target=call, args=(machine, address, port, theirs), daemon=True)
        caller.start()
        ours.send(b"before")
        assert await hears() == b"before"
        network.cut(machine, Hub.DATABASE)
        ours.send(b"by another bridge")
        assert await hears() == b"by another bridge"
        network.cut(machine)
        ours.send(b"meanwhile")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(_SILENCE):
                await heard.get()
        network.mend(machine)
        assert await hears() == b"meanwhile"
        ours.send(b"")
        assert await hears() == b"the end"
        await asyncio.to_thread(caller.join)
