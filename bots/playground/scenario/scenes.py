"""The platforms on which a scenario can be played."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.playground.scenario.scene import Scene
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene

PLATFORMS = ("slack", "telegram")


@asynccontextmanager
async def scene_of(platform: str, url: str) -> AsyncIterator[Scene]:
    """The platform of this name, whose emulator listens at `url`, ready to be played on."""
    if platform == "slack":
        async with SlackDriver(url) as slack:
            yield SlackScene(slack)
    else:
        async with TelegramDriver(url) as telegram:
            yield TelegramScene(telegram)
