"""`frontdesk run` itself: one process, the default model, both platforms, in both ways of receiving."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bots.knowledge import open_knowledge
from bots.playground.process import started
from bots.playground.slack.driver import SlackDriver, replies, shown
from bots.playground.slack.seed import ANA
from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import MINA
from core import settings as core_settings
from core.engine.shelf import Shelf
from core.errors import ModelError
from tests.ports import free_port

PATIENCE = 120.0
QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def models() -> Path:
    """The folder of models on which the default one lies."""
    shelf = Shelf(core_settings.load().home.resolve())
    try:
        return shelf.find("active").folder.parents[1]
    except ModelError as error:
        pytest.fail(f"{error}. These tests need it: `make test` brings it.", pytrace=False)


@pytest.mark.model
@pytest.mark.parametrize("over_http", [False, True], ids=["socket and polling", "signed posts and webhook"])
async def test_one_process_serves_both_platforms(
    over_http: bool, models: Path, bare_environment: Path
) -> None:
    home = bare_environment / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    port = free_port()
    async with (
        started("bots.playground.slack") as slack,
        started("bots.playground.telegram") as telegram,
        SlackDriver(slack["url"]) as workspace,
        TelegramDriver(telegram["url"]) as people,
    ):
        ways_in = posted(slack, port) if over_http else {"SLACK_APP_TOKEN": slack["app_token"]}
        environment = {
            "SLACK_BOT_TOKEN": slack["bot_token"],
            "SLACK_API_URL": slack["api_url"],
            "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
            "TELEGRAM_API_URL": telegram["url"],
            "FRONTDESK_HOME": str(home),
            "FRONTDESK_PORT": str(port),
            **ways_in,
        }
        async with running(environment, port):
            if over_http:
                await workspace.set_request_url(f"http://127.0.0.1:{port}/slack/events")
            channel = await workspace.open_dm(ANA)
            await asyncio.gather(workspace.send(ANA, channel, QUESTION), people.send(MINA, MINA, QUESTION))
            await workspace.wait_for_text(channel, "Paris", PATIENCE)
            await people.wait_for_text(MINA, "Paris", PATIENCE)
        assert len([each for each in replies(await workspace.state(), channel) if shown(each)]) == 1
        assert len(texts(await people.state(), MINA)) == 1


def posted(slack: Mapping[str, str], port: int) -> Mapping[str, str]:
    """Both platforms post to us."""
    return {
        "SLACK_SIGNING_SECRET": slack["signing_secret"],
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram/webhook",
        "TELEGRAM_WEBHOOK_SECRET": "a-secret-made-up-for-the-test",
    }


@asynccontextmanager
async def running(environment: Mapping[str, str], port: int) -> AsyncIterator[None]:
    """`frontdesk run`, ready, for as long as the block runs; afterwards it stops when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from bots.cli import main; main()", "run", env=os.environ | dict(environment)
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await ready(f"http://127.0.0.1:{port}/readyz", process)
        yield
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the service says that it is connected."""
    async with aiohttp.ClientSession() as session:
        while True:
            assert process.returncode is None
            try:
                async with session.get(url) as answer:
                    parts = (await answer.json())["parts"].values()
                    if answer.status == 200 and all(part["ok"] for part in parts):
                        return
            except aiohttp.ClientError:
                pass  # not listening yet
            await asyncio.sleep(0.05)


@pytest.mark.model
async def test_a_running_service_keeps_up_with_its_documents(models: Path, bare_environment: Path) -> None:
    home, folder = bare_environment / "home", bare_environment / "handbook"
    home.mkdir()
    folder.mkdir()
    (home / "models").symlink_to(models)
    (folder / "leave.md").write_text("Everybody has 30 days of leave.\n")
    (bare_environment / "frontdesk.yaml").write_text(
        "knowledge:\n  sources:\n    - {name: handbook, location: handbook}\n"
    )
    port = free_port()
    environment = {
        "FRONTDESK_API_KEYS": "a-key-made-up-for-the-test",
        "FRONTDESK_HOME": str(home),
        "FRONTDESK_PORT": str(port),
    }
    async with running(environment, port):
        await _known(home, "leave.md")
        (folder / "travel.md").write_text("Trains before planes.\n")
        (folder / "leave.md").unlink()
        await _known(home, "travel.md")


async def _known(home: Path, *names: str) -> None:
    """Wait until just these documents are known, as another process sees it."""
    settings = core_settings.Settings.model_validate({"FRONTDESK_HOME": home})
    async with asyncio.timeout(PATIENCE), open_knowledge(settings) as knowledge:
        while sorted(await knowledge.library.documents("handbook")) != sorted(names):
            await asyncio.sleep(0.1)
