"""The platforms on which a scenario can be played."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bots.playground.scenario.scene import Scene
from bots.playground.scenario.script import Script
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene
from bots.playground.widget.scene import WidgetScene

PLATFORMS = ("slack", "telegram", "web")
_NOT_IN_THE_WIDGET = ("edits", "deletes")


def platforms_of(script: Script) -> Sequence[str]:
    """The platforms that have every place and every verb of a scenario."""
    in_widget = all(step.at == "direct" and step.verb not in _NOT_IN_THE_WIDGET for step in script.steps)
    return PLATFORMS if in_widget else PLATFORMS[:-1]


@asynccontextmanager
async def scene_of(platform: str, url: str) -> AsyncIterator[Scene]:
    """The platform of this name, whose emulator listens at `url`, ready to be played on."""
    if platform == "web":
        async with WidgetScene(url) as web:
            yield web
    elif platform == "slack":
        async with SlackDriver(url) as slack:
            yield SlackScene(slack)
    else:
        async with TelegramDriver(url) as telegram:
            yield TelegramScene(telegram)
