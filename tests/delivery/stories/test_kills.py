"""Real processes that die; the crash suite does it between any two steps, thousands of times."""

import signal
from collections.abc import AsyncIterator

import pytest

from bots.playground.slack.seed import APP_TOKEN, BOT_TOKEN
from bots.playground.telegram.seed import TOKEN
from core.testing import ScriptedEngine
from tests.delivery.stories.bot import Bot, Side, told_on, working
from tests.process import running

pytestmark = told_on("sqlite", "postgres")


@pytest.fixture(autouse=True)
async def worker(nats: str) -> AsyncIterator[None]:
    """Outlives the services, where they have one."""
    if not nats:
        yield
        return
    async with working(nats, ScriptedEngine()):
        yield


def environment(bot: Bot, side: Side, dies_at: str = "") -> dict[str, str]:
    """The settings of a service that serves one platform."""
    platform = (
        {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": f"{bot.urls['slack']}/api/",
        }
        if side.name == "slack"
        else {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": bot.urls["telegram"]}
    )
    return {
        **platform,
        "FRONTDESK_HOME": str(bot.home),
        **bot.place.environment,
        **({"FRONTDESK_NATS_URL": bot.nats} if bot.nats else {}),
        "FRONTDESK_PORT": "0",
        "FRONTDESK_FAILPOINT": dies_at,
    }


@pytest.mark.parametrize("point", ["committed_not_acked", "sent"])
async def test_a_killed_process_loses_nothing_and_its_heir_repeats_nothing(
    bot: Bot, side: Side, point: str
) -> None:
    async with running(environment(bot, side, dies_at=f"{point}:1")) as service:
        if side.name == "slack":
            await bot.slack.wait_for(lambda state: state["sockets"])
        await side.say("hello")
        assert await service.process.wait() == -signal.SIGKILL
    async with running(environment(bot, side)):
        await side.sees("echo: hello")
    assert len([post for post in await side.posts() if post.text != "…"]) == 1


async def test_when_the_process_that_receives_is_killed_another_takes_over(bot: Bot, side: Side) -> None:
    async with running(environment(bot, side)) as first:
        await _receives(bot, side)
        async with running(environment(bot, side)):
            first.process.kill()
            await first.process.wait()
            await side.say("who is left?")
            await side.sees("echo: who is left?")


async def _receives(bot: Bot, side: Side) -> None:
    if side.name == "slack":
        await bot.slack.wait_for(lambda state: state["sockets"])
    else:
        await bot.telegram.wait_for(lambda state: state["polled"])
