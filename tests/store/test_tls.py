"""Postgres over a network, as its page says: encrypted, and by nobody but the server that is meant.

The server of the tests is built without TLS: so a relay before it speaks it, as the protocol has it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.clock import SystemClock
from core.errors import StoreError
from core.store.postgres.store import open_store
from tests.certificate import make_certificate
from tests.postgres import Server
from tests.samples import HERE, arrival, message

_TLS, _GSS = 80_877_103, 80_877_104
"""What a client asks for first (postgresql.org/docs/current/protocol-message-formats.html)."""
_PIECE = 65_536
PATIENCE = 60.0


class Relay:
    """Lets in whoever speaks TLS, and counts them."""

    def __init__(self, postgres: Server, context: ssl.SSLContext) -> None:
        self._behind = postgres.folder / ".s.PGSQL.5432"
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self.encrypted = 0
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """When everybody has left, as clients do that are closed, or that refuse the certificate."""
        self._server.close()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._tasks)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while int.from_bytes((await reader.readexactly(8))[4:]) == _GSS:
                    writer.write(b"N")
                writer.write(b"S")
                await writer.start_tls(self._context)
                self.encrypted += 1
                there, back = await asyncio.open_unix_connection(self._behind)
                try:
                    await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
                finally:
                    back.close()
        finally:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@pytest.fixture
async def relay(postgres: Server, tmp_path: Path) -> AsyncIterator[Relay]:
    """One whose certificate is that of `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path, "localhost"))
    relay = Relay(postgres, context)
    await relay.start()
    yield relay
    await relay.stop()


def url(relay: Relay, database: str, host: str, certificate: Path) -> str:
    name = urlsplit(database).path
    return f"postgresql://frontdesk@{host}:{relay.port}{name}?sslmode=verify-full&sslrootcert={certificate}"


async def test_all_that_the_store_says_is_encrypted(relay: Relay, postgres_url: str, tmp_path: Path) -> None:
    where = url(relay, postgres_url, "localhost", tmp_path / "server.pem")
    async with open_store(where, SystemClock()) as store:
        await store.inbox.accept(arrival(message("hello"), key="1"))
        assert len(await store.inbox.waiting(HERE.key)) == 1
    assert relay.encrypted >= 3  # to write, to read and to listen: nobody else gets through


async def test_a_server_under_another_name_is_not_talked_to(
    relay: Relay, postgres_url: str, tmp_path: Path
) -> None:
    where = url(relay, postgres_url, "127.0.0.1", tmp_path / "server.pem")
    with pytest.raises(StoreError, match=r"FRONTDESK_DATABASE_URL cannot be used: .*certificate"):
        async with open_store(where, SystemClock()):
            pass


async def test_a_stranger_is_not_talked_to(relay: Relay, postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    theirs, _ = make_certificate(tmp_path / "other", "localhost")
    with pytest.raises(
        StoreError, match=r"FRONTDESK_DATABASE_URL cannot be used: .*certificate verify failed"
    ):
        async with open_store(url(relay, postgres_url, "localhost", theirs), SystemClock()):
            pass
