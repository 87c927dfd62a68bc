"""The whole Slack bot, with a scripted model, as people in the emulated workspace meet it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots import workspace
from bots.playground.slack.driver import SlackDriver, channel_of, replies, shown
from bots.playground.slack.seed import ANA, APP_TOKEN, BEN, BOT_TOKEN, BOT_USER, GENERAL
from bots.service import open_core
from core.policy import Policies
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.playground.slack.conftest import Slack


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture(autouse=True)
async def assistant(slack: Slack, engine: ScriptedEngine, tmp_path: Path) -> AsyncIterator[None]:
    """The bot over Socket Mode."""
    settings = Settings.model_validate(
        {
            "slack_bot_token": BOT_TOKEN,
            "slack_app_token": APP_TOKEN,
            "slack_api_url": f"{slack.url}/api/",
            "FRONTDESK_HOME": tmp_path,
        }
    )
    async with open_core(settings, Policies(), engine) as core:
        adapter = workspace.build(core)
        core.dispatcher.connect(adapter.platform, adapter.channel)
        await adapter.start()
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        yield
        await adapter.stop()


async def test_a_mention_is_answered_once_in_a_thread(driver: SlackDriver) -> None:
    ts = await driver.send(ANA, GENERAL, f"<@{BOT_USER}> how are you?")
    answer = await driver.wait_for_text(GENERAL, "echo: how are you?")
    assert answer["thread_ts"] == ts
    await driver.wait_for_journal(method="message", outcome="ok")
    assert len(replies(await driver.state(), GENERAL)) == 1


async def test_a_direct_message_is_answered_and_rated(driver: SlackDriver) -> None:
    channel = await driver.open_home(BEN)
    await driver.send(BEN, channel, "good morning")
    answer = await driver.wait_for_text(channel, "echo: good morning")
    feedback = next(
        element
        for block in answer["blocks"]
        for element in block.get("elements", [])
        if element["type"] == "feedback_buttons"
    )
    value = feedback["positive_button"]["value"]
    await driver.click(BEN, channel, answer["ts"], feedback["action_id"], value)
    await driver.wait_for_journal(method="block_actions", outcome="ok")


async def test_stop_ends_an_answer(engine: ScriptedEngine, driver: SlackDriver) -> None:
    engine.hold.clear()
    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "tell me all about bread and butter")
    await driver.wait_for(lambda state: any(each["stoppable"] for each in state["statuses"]))
    await driver.wait_for(lambda state: any(shown(each) for each in replies(state, channel)))
    await driver.stop(ANA, channel, ts)
    await driver.wait_for(lambda state: not any(each["stoppable"] for each in state["statuses"]))
    engine.hold.set()


async def test_a_lost_answer_leads_to_no_second_post(driver: SlackDriver) -> None:
    await driver.add_fault("drop_after_commit", method="chat.startStream", remaining=1)
    await driver.add_fault("duplicate_delivery", method="*", remaining=2)
    await driver.send(ANA, GENERAL, f"<@{BOT_USER}> are you there?")
    await driver.wait_for_text(GENERAL, "echo: are you there?")
    state = await driver.state()
    assert len([each for each in replies(state, GENERAL) if shown(each)]) == 1
    assert len(channel_of(state, GENERAL)["messages"]) == 2
