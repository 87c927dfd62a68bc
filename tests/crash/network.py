"""Machines of their own for processes: network namespaces on a bridge, whose links can be cut."""

import asyncio
import ctypes
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_PIECE = 65_536


class Network:
    """A bridge with machines on it. Make one with `open_network`."""

    def __init__(self, number: int) -> None:
        self._name = f"fd{number}"
        self._subnet = f"10.{64 + number // 256 % 64}.{number % 256}"
        self._machines = 0

    @property
    def address(self) -> str:
        """Ours on the bridge."""
        return f"{self._subnet}.1"

    def begin(self) -> None:
        _ip(f"link add {self._name} type bridge")
        _ip(f"addr add {self.address}/24 dev {self._name}")
        _ip(f"link set {self._name} up")

    def add_machine(self) -> str:
        """A machine with an address of its own; returns the name of its namespace."""
        self._machines += 1
        machine = f"{self._name}m{self._machines}"
        _ip(f"netns add {machine}")
        _ip(f"link add {machine} type veth peer name eth0 netns {machine}")
        _ip(f"link set {machine} master {self._name} up")
        _ip(f"-n {machine} addr add {self._subnet}.{self._machines + 1}/24 dev eth0")
        _ip(f"-n {machine} link set eth0 up")
        _ip(f"-n {machine} link set lo up")
        return machine

    def cut(self, machine: str) -> None:
        """Nothing passes, and nobody is told."""
        _ip(f"link set {machine} down")

    def mend(self, machine: str) -> None:
        _ip(f"link set {machine} up")

    def end(self) -> None:
        machines = [f"{self._name}m{number}" for number in range(1, self._machines + 1)]
        for command in (
            *(f"link del {each}" for each in (*machines, self._name)),
            *(f"netns del {each}" for each in machines),
        ):
            with suppress(subprocess.CalledProcessError):
                _ip(command)


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
