"""A running service takes up another frontdesk.yaml when told to; a broken one changes nothing."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bots.playground.telegram.seed import MINA, TOKEN
from core.engine.provision import convert
from core.engine.shelf import Shelf
from tests.bots.conftest import Telegram
from tests.bots.test_run import ready
from tests.engine.tiny import LLAMA, make_weights, write_gguf
from tests.ports import free_port

POLICY = Path("frontdesk.yaml")
PATIENCE = 120.0
"""Seconds, for machines that have much else to do."""


@pytest.fixture
def environment_of_a_service(bare_environment: Path, telegram: Telegram) -> dict[str, str]:
    home = bare_environment / "home"
    home.mkdir()
    convert(write_gguf(bare_environment / "tiny.gguf", make_weights(LLAMA)), Shelf(home), name="tiny")
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "FRONTDESK_HOME": str(home),
        "FRONTDESK_PORT": str(free_port()),
        "FRONTDESK_LOG_FORMAT": "json",
    }


async def test_another_policy_holds_without_a_restart_and_a_broken_one_changes_nothing(
    environment_of_a_service: dict[str, str], telegram: Telegram, bare_environment: Path
) -> None:
    log = bare_environment / "log"
    port = int(environment_of_a_service["FRONTDESK_PORT"])
    POLICY.write_text("assistant: {greeting: Good morning}\n")
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", "from bots.cli import main; main()", "run"),
            env=os.environ | environment_of_a_service,
            stdin=asyncio.subprocess.DEVNULL,
            stderr=file,
        )
    try:
        async with asyncio.timeout(PATIENCE):
            await ready(f"http://127.0.0.1:{port}/readyz", process)
        await telegram.driver.start(MINA)
        await telegram.driver.wait_for_text(MINA, "Good morning", PATIENCE)

        POLICY.write_text("assistant: {greeting: Good evening}\n")
        connecting = asyncio.create_task(_connect_again_and_again(port))
        process.send_signal(signal.SIGHUP)
        await _logged(log, "is read anew")
        async with asyncio.timeout(PATIENCE):
            await ready(f"http://127.0.0.1:{port}/readyz", process)
        await telegram.driver.start(MINA)
        await telegram.driver.wait_for_text(MINA, "Good evening", PATIENCE)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting

        POLICY.write_text("assistant: {greeting: [broken\n")
        process.send_signal(signal.SIGHUP)
        await _logged(log, "stays as it was: frontdesk.yaml, line 2")
        await telegram.driver.start(MINA)
        await telegram.driver.wait_for(
            lambda state: str(state).count("Good evening") > 1 or process.returncode is not None, PATIENCE
        )
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _connect_again_and_again(port: int) -> None:
    """Raises where somebody is turned away."""
    while True:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await asyncio.sleep(0.005)


async def _logged(log: Path, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while words not in log.read_text():
            await asyncio.sleep(0.05)
