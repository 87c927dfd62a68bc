"""The example configuration of NATS: encrypted, and everybody allowed what they do and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import nats as library
import pytest

from core.clock import SystemClock
from core.engine.fleet import broker, desired, wire
from core.engine.fleet.broker import connected
from core.engine.fleet.client import open_fleet
from core.engine.fleet.worker import Worker
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ConfigurationError
from tests.certificate import make_certificate
from tests.docs.pages import ROOT
from tests.engine.fleet.counting import CountingEngine, counted
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import count, until

EXAMPLE = ROOT / "examples" / "deploy" / "nats-server.conf"
PASSWORDS = {"core": "the-password-of-cores", "worker": "the-password-of-workers"}


@pytest.fixture
async def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server with the example's configuration, and a certificate that this process trusts."""
    certificate, key = make_certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for name, value in {
        "CORE_PASSWORD": PASSWORDS["core"],
        "WORKER_PASSWORD": PASSWORDS["worker"],
        "NATS_CERT": str(certificate),
        "NATS_KEY": str(key),
    }.items():
        monkeypatch.setenv(name, value)
    server = Server(tmp_path / "nats", EXAMPLE)
    await server.start()
    yield server
    await server.kill()


def url(server: Server, user: str) -> str:
    return f"tls://{user}:{PASSWORDS[user]}@127.0.0.1:{server.port}"


async def test_cores_and_workers_may_do_what_they_do(
    guarded: Server, tiny_model: ShelvedModel, tmp_path: Path
) -> None:
    own, leave = Shelf(tmp_path / "own"), asyncio.Event()
    async with (
        connected([url(guarded, "core")], role="core") as core,
        connected([url(guarded, "worker")], role="worker") as worker,
    ):
        engine = await open_fleet(core, SystemClock())
        working = asyncio.create_task(
            Worker(worker, CountingEngine(), handles={"measure": _measure}).run(leave, 5.0)
        )
        assert (await count(engine, 20))[0] == counted(20)
        told: list[str] = []
        assert await engine.files.do("measure", "bytes", bytes(2_000_000), told.append) == "2000000 bytes"
        assert told == ["on it"]
        shelf = Shelf(tiny_model.folder.parents[2])
        telling = [
            asyncio.create_task(desired.announce(shelf, core, SystemClock())),
            asyncio.create_task(desired.follow(own, worker, SystemClock())),
        ]
        await until(lambda: own.active() == tiny_model.reference)
        leave.set()
        await working
        for each in telling:
            each.cancel()
        await asyncio.gather(*telling, return_exceptions=True)


@pytest.mark.parametrize(
    "subject",
    [
        *("frontdesk.jobs.tiny@1.x", "frontdesk.worker.x.prepare", "frontdesk.fleet.who"),
        *("$KV.frontdesk.models", "$O.frontdesk.C.x", "$JS.API.STREAM.DELETE.FRONTDESK_JOBS", "elsewhere"),
    ],
)
async def test_a_worker_can_publish_nothing_else(guarded: Server, subject: str) -> None:
    assert "permissions violation for publish" in await complaint(guarded, "worker", publish=subject)


@pytest.mark.parametrize("subject", ["frontdesk.core.>", "_INBOX_core.>", ">"])
async def test_a_worker_can_listen_to_no_core(guarded: Server, subject: str) -> None:
    assert "permissions violation for subscription" in await complaint(guarded, "worker", listen=subject)


@pytest.mark.parametrize("subject", ["frontdesk.core.x.y.piece", "frontdesk.fleet.here", "elsewhere"])
async def test_a_core_can_play_no_worker(guarded: Server, subject: str) -> None:
    assert "permissions violation for publish" in await complaint(guarded, "core", publish=subject)


async def test_what_must_last_lasts_and_what_people_write_is_on_no_disk(guarded: Server) -> None:
    async with (
        connected([url(guarded, "core")], role="core") as core,
        aiohttp.ClientSession() as session,
        session.get(f"{guarded.monitor}/jsz?streams=1&config=1") as before,
    ):
        assert (await before.json())["config"]["sync_always"] is True
        await open_fleet(core, SystemClock())
        async with session.get(f"{guarded.monitor}/jsz?streams=1&config=1") as after:
            (account,) = (await after.json())["account_details"]
    kept = {each["name"]: each["config"]["storage"] for each in account["stream_detail"]}
    assert kept == {wire.JOBS: "memory", "KV_frontdesk": "file", "OBJ_frontdesk": "file"}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not let us in is given up soon."""
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 3.0)


@pytest.mark.usefixtures("hurried")
async def test_nobody_comes_in_without_the_password(guarded: Server) -> None:
    with pytest.raises(ConfigurationError, match=r"FRONTDESK_NATS_URL.*Authorization Violation") as refused:
        async with connected([url(guarded, "core").replace("of-cores", "guessed")], role="core"):
            pass
    assert "guessed" not in str(refused.value)


@pytest.mark.usefixtures("hurried")
async def test_nobody_trusts_a_stranger(guarded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")  # then the certificate is one of a stranger
    with pytest.raises(ConfigurationError, match="FRONTDESK_NATS_URL"):
        async with connected([url(guarded, "core")], role="core"):
            pass


async def _measure(asked: str, content: bytes, tell: Callable[[str], None]) -> str:
    tell("on it")
    return f"{len(content)} {asked}"


async def complaint(server: Server, user: str, *, publish: str = "", listen: str = "") -> str:
    """What the server says to somebody who tries that."""
    said: asyncio.Queue[str] = asyncio.Queue()

    async def note(error: Exception) -> None:
        said.put_nowait(str(error).lower())

    client = await library.connect(url(server, user), error_cb=note)
    if publish:
        await client.publish(publish, b"")
    else:
        await client.subscribe(listen)
    async with asyncio.timeout(60):
        try:
            return await said.get()
        finally:
            await client.close()
