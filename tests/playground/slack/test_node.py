"""Slack's Node clients as second clients: @slack/bolt over both ways, and @slack/web-api."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import (
    ANA,
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    GENERAL,
    HELP,
    SIGNING_SECRET,
    TEAM,
)
from tests.playground.slack.conftest import Slack
from tests.playground.slack.test_refusals import MORE_SCOPES

FOLDER = Path(__file__).parent / "node"
START_SECONDS = 60.0


@asynccontextmanager
async def script(
    name: str, slack: Slack, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A script of the folder, connected to the emulator; it ends with the block."""
    node = shutil.which("node")
    assert node and (FOLDER / "node_modules").is_dir(), "`make test` installs Node and these clients"
    process = await asyncio.create_subprocess_exec(
        node,
        name,
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"], "SLACK_API_URL": f"{slack.url}/api/", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        async with asyncio.timeout(START_SECONDS):
            status = await process.wait()
    assert status == 0


async def said(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """The line of JSON that a script prints."""
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        line: dict[str, Any] = json.loads(await process.stdout.readline() or b"{}")
    return line


@pytest.fixture(params=["socket", "http"])
async def bolt(request: pytest.FixtureRequest, slack: Slack) -> AsyncIterator[None]:
    """The app on @slack/bolt, over Socket Mode or as a request URL."""
    socket = request.param == "socket"
    way = {"SLACK_APP_TOKEN": APP_TOKEN} if socket else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    async with script("app.mjs", slack, {"SLACK_BOT_TOKEN": BOT_TOKEN} | way) as process:
        port = (await said(process))["port"]
        if socket:
            await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        else:
            await slack.driver.set_request_url(f"http://127.0.0.1:{port}/slack/events")
        yield


@pytest.mark.usefixtures("bolt")
async def test_bolt_answers_a_message_a_mention_a_button_and_a_command(driver: SlackDriver) -> None:
    direct = await driver.open_dm(ANA)
    ts = await driver.send(ANA, direct, "hello there")
    answer = await driver.wait_for_text(direct, "You said hello there")
    assert answer["thread_ts"] == ts
    await driver.click(ANA, direct, answer["ts"], "again", "7")
    await driver.wait_for_text(direct, "Again 7")
    ts = await driver.send(ANA, GENERAL, f"<@{BOT_USER}> are you there?")
    assert (await driver.wait_for_text(GENERAL, f"Called by {ANA}"))["thread_ts"] == ts
    await driver.slash(ANA, GENERAL, "/frontdesk", "tea")
    assert (await driver.wait_for_text(GENERAL, "Looking up tea"))["ephemeral_to"] == ANA
    await driver.wait_for_text(GENERAL, "Found it")


@pytest.mark.usefixtures("bolt")
async def test_bolt_refuses_a_forged_event(driver: SlackDriver) -> None:
    """Over a socket there is no signature, and nothing to forge."""
    await driver.add_fault("wrong_signature", method="message", remaining=1)
    await driver.send(ANA, await driver.open_dm(ANA), "hello")
    delivered = await driver.wait_for_journal(method="message", outcome="ok")
    refused = await driver.journal(method="message", outcome="http_error")
    over_http = (await driver.state())["request_url"] is not None
    assert len(refused) == over_http
    assert delivered[0]["body"]["retry_attempt"] == over_http


async def test_web_api_reads_every_answer(slack: Slack, driver: SlackDriver) -> None:
    slack.scopes.extend(MORE_SCOPES)
    question = await driver.send(ANA, HELP, "a question")
    place = {"CHANNEL": HELP, "USER": ANA, "TEAM": TEAM, "QUESTION": question}
    tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
    async with script("calls.mjs", slack, place | tokens) as process:
        assert await said(process) == {"finished": True}
    shown = await driver.wait_for_text(HELP, "yes.")
    assert shown["markdown"] == "**Well**, yes."


def test_the_lock_says_what_but_not_from_where() -> None:
    """`npm install --omit-lockfile-registry-resolved` writes it so; everybody uses their own registry."""
    assert "resolved" not in (FOLDER / "package-lock.json").read_text()
