"""The emulator as a process of its own."""

import asyncio
import json
import signal
import sys

from slack_sdk.web.async_client import AsyncWebClient

from bots.playground.slack.driver import SlackDriver, replies
from bots.playground.slack.seed import ANA, GENERAL


async def test_it_says_where_it_listens_and_stops_when_asked() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots.playground.slack", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    greeting = json.loads(await process.stdout.readline())
    client = AsyncWebClient(greeting["bot_token"], base_url=greeting["api_url"], retry_handlers=[])
    async with SlackDriver(greeting["url"]) as driver:
        await driver.send(ANA, GENERAL, "anybody?")
        await client.chat_postMessage(channel=GENERAL, text="all of us")
        assert [each["text"] for each in replies(await driver.state(), GENERAL)] == ["all of us"]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
