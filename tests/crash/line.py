"""A line to a platform that can be cut and mended."""

import asyncio
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

_CHUNK = 65_536


class Line:
    """Carries bytes between the service and one address here; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._ways: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Line":
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut()

    @property
    def url(self) -> str:
        """The address, by way of this line."""
        return self._parts._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    @property
    def port_behind(self) -> int:
        """The port of the address at the other end."""
        return self._parts.port or 80

    async def mend(self) -> None:
        """Take connections, on the same port each time."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection without a word, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for way in list(self._ways):
            way.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        self._ways |= {writer, back}
        for task in (
            asyncio.create_task(self._pump(reader, back)),
            asyncio.create_task(self._pump(there, writer)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                writer.write(chunk)
                await writer.drain()
        writer.close()
        self._ways.discard(writer)
