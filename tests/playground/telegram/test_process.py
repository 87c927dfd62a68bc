"""The emulator as a process of its own."""

import asyncio
import json
import sys

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from tests.playground.telegram.client import Client


async def test_it_says_where_it_listens_and_stops_when_told() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots.playground.telegram", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        greeting = json.loads(await process.stdout.readline())
        async with (
            Client(greeting["url"], greeting["bot_token"]) as client,
            TelegramDriver(greeting["url"]) as people,
        ):
            poll = asyncio.create_task(client.updates(timeout=30))
            await people.wait_for(lambda state: state["polled"])
            await people.send(MINA, MINA, "hello")
            assert (await poll)[0]["message"]["text"] == "hello"
        process.terminate()
        assert await process.wait() == 0
