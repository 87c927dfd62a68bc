"""Machines of their own for processes: network namespaces on bridges, whose links can be cut."""

import asyncio
import ctypes
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from typing import IO

HERE = ""
"""The machine that we are on ourselves."""
_CLONE_NEWNET = 0x40000000
_PIECE = 65_536
_LOCAL = "127.0.0.1"


class NoNetworkError(Exception):
    """This system lets us make no network namespaces."""

    def __init__(self) -> None:
        super().__init__("no link can be cut: network namespaces take root and `ip`")


class Hub(IntEnum):
    """A bridge, on which one service of ours is reached."""

    DATABASE = 0
    BROKER = 1


class Network:
    """Bridges with machines on them. Make one with `open_network`."""

    def __init__(self, number: int) -> None:
        self._name = f"fd{number}"
        self._subnet = f"10.{64 + number // 256 % 64}.{number % 256}"
        self._machines: dict[str, dict[Hub, str]] = {}
        """The links of each machine."""
        self._doors: dict[str, list[Door]] = defaultdict(list)

    def address(self, hub: Hub) -> str:
        """Ours on a bridge."""
        return self._address(hub, 1)

    def begin(self) -> None:
        for hub in Hub:
            bridge = self._bridge(hub)
            # else it takes the lowest of its links' addresses, and who knew another one reaches it no more
            _ip(f"link add {bridge} address 02:00:00:00:00:01 type bridge")
            _ip(f"addr add {self.address(hub)}/25 dev {bridge}")
            _ip(f"link set {bridge} up")

    def add_machine(self, *hubs: Hub) -> str:
        """A machine on these bridges, with an address on each; returns the name of its namespace."""
        number = len(self._machines) + 1
        machine = f"{self._name}m{number}"
        links = self._machines[machine] = {hub: f"{machine}l{hub}" for hub in hubs}
        _ip(f"netns add {machine}")
        _ip(f"-n {machine} link set lo up")
        for hub, link in links.items():
            _ip(f"link add {link} type veth peer name eth{hub} netns {machine}")
            _ip(f"link set {link} master {self._bridge(hub)} up")
            _ip(f"-n {machine} addr add {self._address(hub, number + 1)}/25 dev eth{hub}")
            _ip(f"-n {machine} link set eth{hub} up")
        return machine

    @asynccontextmanager
    async def door(self, machine: str, port: int, *, outwards: bool) -> AsyncIterator[None]:
        """Let one port be the same on a machine as here.

        Args:
            outwards: whether what is there is here, rather than on the machine.
        """
        door = Door(port, *((machine, HERE) if outwards else (HERE, machine)))
        self._doors[machine].append(door)
        async with door.standing():
            yield

    def cut(self, machine: str, *hubs: Hub) -> None:
        """Nothing passes, and nobody is told: to these bridges, or at all."""
        for hub in hubs or Hub:
            if link := self._machines[machine].get(hub):
                _ip(f"link set {link} down")
        if not hubs:
            for door in self._doors[machine]:
                door.is_open.clear()

    def mend(self, machine: str) -> None:
        """Everything passes again."""
        for link in self._machines[machine].values():
            _ip(f"link set {link} up")
        for door in self._doors[machine]:
            door.is_open.set()

    def end(self) -> None:
        links = [link for each in self._machines.values() for link in each.values()]
        for command in (
            *(f"link del {each}" for each in (*links, *map(self._bridge, Hub))),
            *(f"netns del {each}" for each in self._machines),
        ):
            with suppress(subprocess.CalledProcessError):
                _ip(command)

    def _bridge(self, hub: Hub) -> str:
        return f"{self._name}b{hub}"

    def _address(self, hub: Hub, number: int) -> str:
        return f"{self._subnet}.{128 * hub + number}"


class Door:
    """A port of one machine that leads to the same port of another.

    Both have it on their loopback: so emulators, which serve their own machine alone, and the service need
    not know that they are apart. While it is closed, what comes waits, and nobody is told.
    """

    def __init__(self, port: int, outside: str, inside: str) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._port = port
        self._outside = outside
        self._inside = inside
        self._carrying: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[None]:
        """There, for as long as the block runs."""
        listening = _socket_on(self._outside)
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listening.bind((_LOCAL, self._port))
        server = await asyncio.start_server(self._enter, sock=listening)
        try:
            yield
        finally:
            server.close()
            for task in self._carrying:
                task.cancel()
            await asyncio.gather(*self._carrying, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = _socket_on(self._inside)
        way.setblocking(False)
        try:
            await self.is_open.wait()
            await asyncio.get_running_loop().sock_connect(way, (_LOCAL, self._port))
        except OSError:
            way.close()
            writer.close()
            return
        there, back = await asyncio.open_connection(sock=way)
        try:
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        finally:
            back.close()
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self.is_open.wait()
                writer.write(piece)
                await writer.drain()
        await self.is_open.wait()
        writer.close()


@contextmanager
def open_network() -> Iterator[Network | None]:
    """A network for as long as the block runs; None where this system lets us make none."""
    network = Network(os.getpid() % 16_384)
    try:
        try:
            network.begin()
        except (FileNotFoundError, subprocess.CalledProcessError):
            yield None
            return
        yield network
    finally:
        if shutil.which("ip"):
            network.end()


def enter(machine: str) -> None:
    """Let this process, and every thread that it starts from now on, be on that machine.

    Raises:
        OSError: there is none of this name.
    """
    with Path("/run/netns", machine).open() as namespace:
        _be_in(namespace)


def _socket_on(machine: str) -> socket:
    """A socket belongs to the machine on which it was made, whoever uses it."""
    if not machine:
        return socket()
    with Path("/proc/thread-self/ns/net").open() as ours:
        enter(machine)
        try:
            return socket()
        finally:
            _be_in(ours)


def _be_in(namespace: IO[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@asynccontextmanager
async def slow_line(host: str, port: int, seconds: float) -> AsyncIterator[int]:
    """A port of the same host that leads to another one, everything so many seconds later each way."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, back, seconds), _pass_on(there, writer, seconds))

    server = await asyncio.start_server(relay, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            loop.call_later(seconds, writer.write, piece)
    loop.call_later(seconds, writer.close)


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)
