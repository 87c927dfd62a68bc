"""A Slack emulator on a free port, people to play in it, and real clients."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bots.playground.slack.app import Emulator, build
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_TOKEN, TEAM
from bots.playground.slack.state import Channel


@dataclass(frozen=True, kw_only=True)
class Slack:
    """A running emulator."""

    url: str
    emulator: Emulator = field(repr=False)
    driver: SlackDriver

    def client(self, token: str | None = BOT_TOKEN) -> AsyncWebClient:
        """A client of slack_sdk that repeats nothing."""
        return AsyncWebClient(token, base_url=f"{self.url}/api/", retry_handlers=[])

    def app_client(self) -> AsyncWebClient:
        """The same with the app-level token."""
        return self.client(APP_TOKEN)

    @property
    def scopes(self) -> list[str]:
        """What the bot token may do."""
        return next(iter(self.emulator.platform.world.installations.values())).scopes

    def add_channel(self, channel_id: str, name: str, members: list[str]) -> Channel:
        """A public channel."""
        channel = Channel(
            id=channel_id, team_id=TEAM, name=name, kind="channel", created=0, creator=ANA, members=members
        )
        self.emulator.platform.world.channels[channel_id] = channel
        return channel

    async def messages(self) -> list[dict[str, Any]]:
        """All messages of all channels."""
        state = await self.driver.state()
        return [message for channel in state["channels"] for message in channel["messages"]]

    async def call(self, method: str, token: str | None = BOT_TOKEN, **arguments: Any) -> dict[str, Any]:
        """Call a method without the client's own checks; returns the answer as it came."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.url}/api/{method}", json=arguments) as answer,
        ):
            body: dict[str, Any] = await answer.json()
            return body


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    emulator = build()
    runner = web.AppRunner(emulator.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with SlackDriver(url) as driver:
        yield Slack(url=url, emulator=emulator, driver=driver)
    await runner.cleanup()


@pytest.fixture
def driver(slack: Slack) -> SlackDriver:
    return slack.driver
