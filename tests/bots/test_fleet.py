"""The whole service on two processes: `frontdesk run` without a model, and `frontdesk worker`."""

import asyncio
import json
import os
import signal
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from bots.cli import main
from bots.doctor.diagnosis import CHECKS, diagnose
from bots.egress import allowances
from bots.fleet import opened_fleet
from bots.playground.process import started
from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import MINA
from bots.service import stop_on_signals
from bots.worker import work as serve_as_worker
from bots.worker_state import WorkerState, telling
from core import api_key
from core import settings as core_settings
from core.engine.encoder import open_encoder
from core.engine.fleet import desired
from core.engine.fleet.broker import connected
from core.engine.fleet.worker import Worker
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ConfigurationError
from core.health import Health
from core.media.elsewhere import handles
from core.media.recognition import Here
from core.policy import Policies
from core.settings import Settings
from tests.bots.test_run import PATIENCE, QUESTION, models, running
from tests.engine.conftest import tiny_encoder
from tests.engine.fleet.conftest import Work, nats, work
from tests.engine.fleet.counting import CountingEngine
from tests.engine.fleet.server import Server
from tests.faults import break_off
from tests.media.hearing import Ears, Eyes
from tests.ports import free_port

__all__ = ["models", "nats", "tiny_encoder", "work"]
SPEECH = "whisper-tiny.en"
NOTE = (Path(__file__).parent.parent / "media" / "samples" / "return.ogg").read_bytes()


@asynccontextmanager
async def working(
    environment: Mapping[str, str], stderr: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`frontdesk worker`, for as long as the block runs; afterwards it stops when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bots.cli import main; main()",
        "worker",
        env=os.environ | dict(environment),
        stderr=stderr,
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.model
async def test_a_worker_without_models_gets_the_one_of_the_core_answers_and_hears(
    nats: Server, models: Path, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = bare_environment / "home", bare_environment / "worker"
    home.mkdir()
    (home / "models").symlink_to(models)
    (elsewhere / "models").mkdir(parents=True)
    (elsewhere / "models" / SPEECH).symlink_to(models / SPEECH)
    port = free_port()
    monkeypatch.setenv("FRONTDESK_NATS_URL", nats.url)
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    async with (
        started("bots.playground.telegram") as telegram,
        TelegramDriver(telegram["url"]) as people,
        working({"FRONTDESK_HOME": str(elsewhere), "FRONTDESK_SPEECH": SPEECH}),
    ):
        environment = {
            "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
            "TELEGRAM_API_URL": telegram["url"],
            "FRONTDESK_PORT": str(port),
        }
        async with running(environment, port):
            await people.send(MINA, MINA, QUESTION)
            await people.wait_for_text(MINA, "Paris", PATIENCE)
            assert len(texts(await people.state(), MINA)) == 1
            await people.send(MINA, MINA, files=[{"kind": "voice", "data": b64encode(NOTE).decode()}])
            await people.wait_for_text(MINA, "return a keyboard", PATIENCE)
            said = await diagnose([check for check in CHECKS if check.name == "model"])
    assert Shelf(elsewhere).active() == Shelf(home).active()
    assert "1 worker: " in said[0].finding.sentence


async def test_the_first_worker_with_the_encoder_may_come_after_the_core(
    nats: Server, work: Work, tiny_encoder: ShelvedModel, bare_environment: Path
) -> None:
    port, key = free_port(), "k" * api_key.LENGTH
    environment = {
        "FRONTDESK_NATS_URL": nats.url,
        "FRONTDESK_HOME": str(bare_environment / "home"),
        "FRONTDESK_PORT": str(port),
        "FRONTDESK_API_KEYS": key,
        "FRONTDESK_ENCODER": "tiny-encoder",
    }
    local = await open_encoder(tiny_encoder, "cpu")
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        work(CountingEngine()),
        running(environment, port),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as asking,
    ):
        async with asking.get("/readyz") as said:
            assert "None has had the sentence encoder tiny-encoder yet" in await said.text()
        async with work(CountingEngine(), encoder=local), asyncio.timeout(PATIENCE):
            while not (found := await _vector(asking)):
                await asyncio.sleep(0.05)
        assert found == pytest.approx((await local.encode(["one"]))[0].tolist(), abs=1e-5)
    await local.close()


async def _vector(asking: aiohttp.ClientSession) -> list[float]:
    """What the service makes of a text; nothing while it has nothing to make it with, or does not answer."""
    try:
        async with asking.post("/v1/embeddings", json={"model": "tiny-encoder", "input": "one"}) as said:
            vector: list[float] = (await said.json())["data"][0]["embedding"] if said.status == 200 else []
            return vector
    except aiohttp.ClientConnectionError:
        return []


async def test_a_worker_tells_how_it_is(nats: Server, bare_environment: Path) -> None:
    port = free_port()
    environment = {"FRONTDESK_NATS_URL": nats.url, "FRONTDESK_WORKER_PORT": str(port)}
    async with (
        working({"FRONTDESK_HOME": str(bare_environment / "worker"), **environment}),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as asking,
        asyncio.timeout(PATIENCE),
    ):
        while not (found := await _parts(asking)):
            await asyncio.sleep(0.05)
        assert found["nats"]["ok"]
        assert not found["model"]["ok"] and "no model yet" in found["model"]["detail"]
        async with asking.get("/healthz") as alive:
            assert alive.status == 200
        await nats.kill()
        while (await _parts(asking))["nats"]["ok"]:
            await asyncio.sleep(0.05)
        async with asking.get("/metrics") as figures:
            assert 'frontdesk_part_up{part="nats"} 0.0' in await figures.text()
        await nats.start()
        while not (await _parts(asking))["nats"]["ok"]:
            await asyncio.sleep(0.05)


async def _parts(asking: aiohttp.ClientSession) -> Mapping[str, Any]:
    """What a worker that is not ready says of itself; nothing while it does not answer."""
    try:
        async with asking.get("/readyz") as said:
            assert said.status == 503
            found: Mapping[str, Any] = (await said.json())["parts"]
            return found
    except aiohttp.ClientConnectionError:
        return {}


async def _told(asking: aiohttp.ClientSession) -> dict[str, Any]:
    async with asking.get("/readyz") as said:
        found: dict[str, Any] = await said.json()
        return found


async def test_a_worker_with_a_model_is_ready_and_tells_how_busy_it_is(nats: Server) -> None:
    class Models(CountingEngine):
        def health(self) -> Health:
            return Health(part="model", ok=True, detail="counting@1 answers.")

    port = free_port()
    configured = Settings.model_validate({"FRONTDESK_WORKER_PORT": port})
    async with connected([nats.url], role="worker") as broker:
        state = WorkerState(broker)
        state.models = Models()  # type: ignore[assignment]  # as much of it as is asked
        state.worker = Worker(broker, Models(), handles=handles(Here(Ears(), Eyes())))
        async with telling(configured, state), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as asking:
            async with asking.get("/readyz") as said:
                assert (said.status, (await said.json())["model"]) == (200, "counting@1")
            async with asking.get("/metrics") as figures:
                said_there = await figures.text()
                assert "frontdesk_engine_capacity 8.0" in said_there
                assert 'frontdesk_worker_files{kind="hear"} 0.0' in said_there
                assert "frontdesk_worker_tokens_per_second 0.0" in said_there
            await nats.kill()
            async with asyncio.timeout(PATIENCE):
                while (said_now := await _told(asking))["parts"]["nats"]["ok"]:
                    await asyncio.sleep(0.05)
            assert said_now["ready"], "it could write as soon as NATS is back"
            with pytest.raises(ConfigurationError, match="FRONTDESK_WORKER_PORT to another"):
                async with telling(configured, state):
                    pass


async def test_a_worker_that_cannot_follow_the_fleet_ends_rather_than_wait_for_ever(
    nats: Server, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desired, "follow", break_off)
    home = bare_environment / "worker"
    configured = Settings.model_validate({"FRONTDESK_NATS_URL": nats.url, "FRONTDESK_HOME": str(home)})
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TypeError, match="a fault of ours"):
            await serve_as_worker(configured, Policies())


async def test_a_core_whose_choice_no_worker_would_hear_of_any_more_ends(
    nats: Server, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desired, "announce", break_off)
    configured = Settings.model_validate({"FRONTDESK_NATS_URL": nats.url, "FRONTDESK_HOME": bare_environment})
    ended = asyncio.Event()
    stop_on_signals(ended)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TypeError, match="a fault of ours"):
            async with opened_fleet(configured):
                await ended.wait()


async def test_a_worker_writes_its_log_as_it_is_told(nats: Server, bare_environment: Path) -> None:
    environment = {"FRONTDESK_NATS_URL": nats.url, "FRONTDESK_LOG_FORMAT": "json"}
    async with working(environment, stderr=asyncio.subprocess.PIPE) as process, asyncio.timeout(PATIENCE):
        assert process.stderr
        line = json.loads(await process.stderr.readline())
    assert {"time", "level", "logger", "message"} <= line.keys()


def test_a_worker_needs_to_know_the_server(bare_environment: Path) -> None:
    refused = CliRunner().invoke(main, ["worker"])
    assert refused.exit_code == 1
    assert "FRONTDESK_NATS_URL is missing" in refused.output


def test_without_a_server_nothing_starts(bare_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.fleet.broker.CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("FRONTDESK_NATS_URL", f"nats://core:secret-word@127.0.0.1:{free_port()}")
    refused = CliRunner().invoke(main, ["worker"])
    assert refused.exit_code == 1
    assert "FRONTDESK_NATS_URL: no NATS server lets us in" in refused.output
    assert "secret-word" not in refused.output


async def test_the_doctor_says_that_there_is_no_worker(
    nats: Server, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_NATS_URL", nats.url)
    (reported,) = await diagnose([check for check in CHECKS if check.name == "model"])
    assert "No model worker is there" in reported.finding.sentence
    assert "frontdesk worker" in reported.finding.mend


def test_the_wall_lets_the_servers_through(bare_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_NATS_URL", "tls://core:secret@one.example.org,nats://two.example.org:4333")
    allowed = {(each.host, each.port) for each in allowances(core_settings.load(), Policies(), {})}
    assert allowed == {("one.example.org", 4222), ("two.example.org", 4333)}
