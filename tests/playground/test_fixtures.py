"""The fixtures, as another project uses them: in a folder of its own, with nothing but the plug-in."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = """
import aiohttp
import pytest

pytest_plugins = ["bots.playground.fixtures"]


@pytest.mark.asyncio
async def test_slack(slack_emulator, slack_people):
    await slack_people.add_fault("drop_after_commit", method="chat.postMessage", remaining=1)
    headers = {"Authorization": f"Bearer {slack_emulator['bot_token']}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await session.post(
                f"{slack_emulator['api_url']}chat.postMessage", json={"channel": "C0GENERAL", "text": "hello"}
            )
    await slack_people.wait_for_text("C0GENERAL", "hello")
    (request,) = await slack_people.journal(direction="request")
    assert request["outcome"] == "drop_after_commit"
    await slack_people.advance(86_400)


@pytest.mark.asyncio
async def test_the_next_test_finds_a_newcomers_world(slack_people):
    state = await slack_people.state()
    assert all(not channel["messages"] for channel in state["channels"])
    assert await slack_people.journal() == []


@pytest.mark.asyncio
async def test_telegram(telegram_emulator, telegram_people):
    person = (await telegram_people.state())["people"][0]["id"]
    await telegram_people.start(person)
    bot = f"{telegram_emulator['url']}/bot{telegram_emulator['bot_token']}"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{bot}/getUpdates") as answer:
            (update,) = (await answer.json())["result"]
    assert update["message"]["text"] == "/start"
"""


def test_another_project_takes_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_bot.py").write_text(PROJECT)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
