"""The platforms on which a scenario can be played."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bots.playground.scenario.company import Company
from bots.playground.scenario.scene import Scene
from bots.playground.scenario.script import Script
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene
from bots.playground.widget.scene import WidgetScene

PLATFORMS = ("slack", "telegram", "web")
TOGETHER = "all platforms together"
"""What a scenario is played on whose cast says where everybody is."""
_NOT_IN_THE_WIDGET = ("edits", "deletes", "hours_pass")


def platforms_of(script: Script) -> Sequence[str]:
    """The platforms that have every place and every verb of a scenario."""
    if script.cast:
        return (TOGETHER,)
    in_widget = all(step.at == "direct" and step.verb not in _NOT_IN_THE_WIDGET for step in script.steps)
    return PLATFORMS if in_widget else PLATFORMS[:-1]


@asynccontextmanager
async def stage_of(script: Script, platform: str, emulator: Callable[[str], str]) -> AsyncIterator[Scene]:
    """What a scenario is played on: one platform, or those of its cast together.

    Args:
        platform: its name; of no account where there is a cast.
        emulator: the URL at which the emulator of a platform listens.
    """
    async with AsyncExitStack() as opened:
        names: set[str] = {*script.cast.values()} or {platform}
        scenes = {name: await opened.enter_async_context(scene_of(name, emulator(name))) for name in names}
        yield Company(script, scenes) if script.cast else scenes[platform]


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
