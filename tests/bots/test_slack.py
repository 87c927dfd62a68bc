"""The whole service as people in a Slack workspace meet it: real clients, both platforms in one process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver, State, channel_of, replies, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, GENERAL, HELP
from core.testing import ScriptedEngine
from tests.bots.conftest import Start
from tests.playground.slack.conftest import Slack

MENTION = f"<@{BOT_USER}>"


@pytest.fixture
async def driver(slack: Slack, start: Start) -> AsyncIterator[SlackDriver]:
    async with start():
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        yield slack.driver


async def test_a_mention_opens_a_thread_that_goes_on_without_one(driver: SlackDriver) -> None:
    root = await driver.send(ANA, HELP, f"{MENTION} where is the flour?")
    assert (await driver.wait_for_text(HELP, "echo: where is the flour?"))["thread_ts"] == root
    await driver.send(BEN, HELP, "and the sugar?", thread_ts=root)
    assert (await driver.wait_for_text(HELP, "echo: and the sugar?"))["thread_ts"] == root
    await driver.send(BEN, HELP, "not for the assistant")
    await driver.send(ANA, HELP, f"{MENTION} thank you")
    await driver.wait_for_text(HELP, "echo: thank you")
    assert not said(await driver.state(), HELP, "not for the assistant")


async def test_an_edited_question_gets_a_new_answer_in_the_same_post(driver: SlackDriver) -> None:
    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "how is the bred?")
    before = await driver.wait_for_text(channel, "echo: how is the bred?")
    await driver.edit(ANA, channel, ts, "how is the bread?")
    after = await driver.wait_for_text(channel, "echo: how is the bread?")
    assert after["ts"] == before["ts"]
    assert len(said(await driver.state(), channel, "echo")) == 1


async def test_a_deleted_question_takes_its_growing_answer_along(
    engine: ScriptedEngine, driver: SlackDriver
) -> None:
    engine.hold.clear()
    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "a secret I should not have written")
    await driver.wait_for(lambda state: any(shown(each) for each in replies(state, channel)))
    await driver.delete(ANA, channel, ts)
    await driver.wait_for(lambda state: not replies(state, channel))


async def test_stop_in_the_middle_keeps_what_was_written_and_the_next_question_is_answered(
    engine: ScriptedEngine, driver: SlackDriver
) -> None:
    engine.hold.clear()
    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "one two three four five six")
    await driver.wait_for(lambda state: any(shown(each) for each in replies(state, channel)))
    await driver.stop(ANA, channel, ts)
    stopped = await driver.wait_for_text(channel, "Stopped")
    assert "six" not in shown(stopped)
    engine.hold.set()
    await driver.send(ANA, channel, "seven")
    await driver.wait_for_text(channel, "echo: seven")


async def test_a_judgement_is_kept_and_can_be_asked_for(driver: SlackDriver) -> None:
    channel = await driver.open_dm(BEN)
    await driver.send(BEN, channel, "good morning")
    answer = await driver.wait_for_text(channel, "echo: good morning")
    button = feedback(answer)
    await driver.click(BEN, channel, answer["ts"], button["action_id"], button["positive_button"]["value"])
    await driver.react(BEN, channel, answer["ts"], "-1")
    await driver.wait_for_journal(method="reaction_added", outcome="ok")
    await driver.send(BEN, channel, "!me")
    await driver.wait_for_text(channel, "1 rating of my answers")


async def test_two_conversations_are_answered_side_by_side(
    engine: ScriptedEngine, driver: SlackDriver
) -> None:
    engine.hold.clear()
    ana, ben = await driver.open_dm(ANA), await driver.open_dm(BEN)
    await driver.send(ANA, ana, "what is bread made of")
    await driver.send(BEN, ben, "what is butter made of")
    await driver.wait_for(lambda state: all(said(state, channel, "echo") for channel in (ana, ben)))
    engine.hold.set()
    await driver.wait_for_text(ana, "echo: what is bread made of")
    await driver.wait_for_text(ben, "echo: what is butter made of")
    state = await driver.state()
    assert [len(replies(state, channel)) for channel in (ana, ben)] == [1, 1]


async def test_a_demand_to_slow_down_delays_an_answer_and_loses_none(driver: SlackDriver) -> None:
    for method in ("chat.startStream", "chat.postMessage", "chat.stopStream"):
        await driver.add_fault("too_many_requests", method=method, remaining=1, retry_after=1)
    channel = await driver.open_dm(ANA)
    await driver.send(ANA, channel, "are you busy?")
    await driver.wait_for_text(channel, "echo: are you busy?")
    assert len(replies(await driver.state(), channel)) == 1


async def test_a_repeated_event_is_answered_once(engine: ScriptedEngine, driver: SlackDriver) -> None:
    await driver.add_fault("duplicate_delivery", method="*")
    await driver.send(ANA, GENERAL, f"{MENTION} once, please")
    await driver.wait_for_text(GENERAL, "echo: once, please")
    await driver.clear_faults()
    await driver.send(ANA, GENERAL, f"{MENTION} and now?")
    await driver.wait_for_text(GENERAL, "echo: and now?")
    assert len(engine.prompts) == 2
    assert len(channel_of(await driver.state(), GENERAL)["messages"]) == 4


async def test_a_slash_command_is_answered_in_a_direct_message(driver: SlackDriver) -> None:
    channel = await driver.open_dm(ANA)
    async with asyncio.timeout(60):
        await driver.slash(ANA, HELP, "/frontdesk", "how much is a loaf?")
    await driver.wait_for_text(channel, "echo: how much is a loaf?")


def said(state: State, channel: str, text: str) -> list[dict[str, Any]]:
    """The assistant's messages that say so."""
    return [each for each in replies(state, channel) if text in shown(each)]


def feedback(message: dict[str, Any]) -> dict[str, Any]:
    """The feedback buttons under an answer."""
    found: dict[str, Any] = next(
        element
        for block in message["blocks"]
        for element in block.get("elements", [])
        if element["type"] == "feedback_buttons"
    )
    return found
