"""The whole service on two processes: `frontdesk run` without a model, and `frontdesk worker`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from bots.doctor.diagnosis import CHECKS, diagnose
from bots.egress import allowances
from bots.playground.process import started
from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import MINA
from core import settings as core_settings
from core.engine.shelf import Shelf
from core.policy import Policies
from tests.bots.test_bad_input import free_port
from tests.bots.test_run import PATIENCE, QUESTION, models, running
from tests.engine.fleet.conftest import nats
from tests.engine.fleet.server import Server

__all__ = ["models", "nats"]


@asynccontextmanager
async def working(environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`frontdesk worker`, for as long as the block runs; afterwards it stops when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bots.cli import main; main()",
        "worker",
        env=os.environ | dict(environment),
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
@pytest.mark.timeout(300)
async def test_a_worker_without_models_gets_the_one_of_the_core_and_answers(
    nats: Server, models: Path, bare_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = bare_environment / "home", bare_environment / "worker"
    home.mkdir()
    (home / "models").symlink_to(models)
    port = free_port()
    monkeypatch.setenv("FRONTDESK_NATS_URL", nats.url)
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    async with (
        started("bots.playground.telegram") as telegram,
        TelegramDriver(telegram["url"]) as people,
        working({"FRONTDESK_HOME": str(elsewhere)}),
    ):
        environment = {
            "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
            "TELEGRAM_API_URL": telegram["url"],
            "FRONTDESK_PORT": str(port),
        }
        async with running(environment, port):
            await people.send(MINA, MINA, QUESTION)
            await people.wait_for_text(MINA, "Paris", PATIENCE)
            said = await diagnose([check for check in CHECKS if check.name == "model"])
        assert len(texts(await people.state(), MINA)) == 1
    assert Shelf(elsewhere).active() == Shelf(home).active()
    assert "1 worker: " in said[0].finding.sentence


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
