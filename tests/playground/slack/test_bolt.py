"""The emulator through slack_bolt and slack_sdk, as any app would use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.models.blocks import ContextActionsBlock, FeedbackButtonObject, FeedbackButtonsElement
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk

from bots.playground.slack.driver import SlackDriver, replies
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_USER, GENERAL, HELP, TEAM
from tests.playground.slack.conftest import Slack

Heard = asyncio.Queue[dict[str, Any]]


@pytest.fixture
def app(slack: Slack) -> AsyncApp:
    return AsyncApp(client=slack.client(), process_before_response=False)


@asynccontextmanager
async def connection(app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app over Socket Mode."""
    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types


@pytest.fixture
async def connected(slack: Slack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    async with connection(app) as handler:
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        yield handler


@pytest.fixture
def heard(app: AsyncApp) -> Heard:
    """Every event that reaches the app."""
    queue: Heard = asyncio.Queue()

    async def hear(body: dict[str, Any]) -> None:
        await queue.put(body)

    for kind in ("message", "app_mention", "reaction_added", "agent_session_stopped", "app_home_opened"):
        app.event(kind)(hear)
    return queue


@pytest.mark.usefixtures("connected")
async def test_a_mention_comes_twice_under_one_ts(heard: Heard, driver: SlackDriver) -> None:
    ts = await driver.send(ANA, GENERAL, f"<@{BOT_USER}> hello")
    bodies = [await heard.get(), await heard.get()]
    assert {body["event"]["type"] for body in bodies} == {"app_mention", "message"}
    assert {body["event"]["ts"] for body in bodies} == {ts}
    assert len({body["event_id"] for body in bodies}) == 2


@pytest.mark.usefixtures("connected")
async def test_a_direct_message_is_answered_in_its_thread(app: AsyncApp, driver: SlackDriver) -> None:
    @app.event("message")
    async def reply(event: dict[str, Any], say: AsyncSay) -> None:
        if event.get("bot_id") is None:
            await say(text=f"You said {event['text']}", thread_ts=event["ts"])

    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "good morning")
    posted = await driver.wait_for_text(channel, "You said good morning")
    assert posted["thread_ts"] == ts


@pytest.mark.usefixtures("connected")
async def test_an_answer_can_be_streamed(slack: Slack, driver: SlackDriver) -> None:
    ts = await driver.send(ANA, HELP, "stream, please")
    stream = await slack.client().chat_stream(
        channel=HELP, thread_ts=ts, recipient_team_id=TEAM, recipient_user_id=ANA, buffer_size=1
    )
    await stream.append(markdown_text="**Well")
    state = await driver.state()
    assert replies(state, HELP)[-1]["streaming"]
    await stream.append(
        chunks=[TaskUpdateChunk(id="1", title="Reading", status="complete"), MarkdownTextChunk(text="**")]
    )
    await stream.stop(markdown_text=", yes.")
    posted = await driver.wait_for_text(HELP, "yes.")
    assert posted["markdown"] == "**Well**, yes."
    assert posted["thread_ts"] == ts


@pytest.mark.usefixtures("connected")
async def test_feedback_reaches_the_app(slack: Slack, app: AsyncApp, driver: SlackDriver) -> None:
    clicks: Heard = asyncio.Queue()

    @app.action("feedback")
    async def rate(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        await respond(text="Thank you.", response_type="ephemeral", replace_original=False)
        await clicks.put(body)

    buttons = FeedbackButtonsElement(
        action_id="feedback",
        positive_button=FeedbackButtonObject(text="Good", value="good:7"),
        negative_button=FeedbackButtonObject(text="Bad", value="bad:7"),
    )
    posted = await slack.client().chat_postMessage(
        channel=GENERAL, text="An answer", blocks=[ContextActionsBlock(elements=[buttons])]
    )
    await driver.click(ANA, GENERAL, posted["ts"], "feedback", "bad:7")
    body = await clicks.get()
    assert body["actions"][0]["type"] == "feedback_buttons"
    assert body["actions"][0]["value"] == "bad:7"
    thanks = await driver.wait_for_text(GENERAL, "Thank you.")
    assert thanks["ephemeral_to"] == ANA


@pytest.mark.usefixtures("connected")
async def test_a_slash_command_is_answered(app: AsyncApp, driver: SlackDriver) -> None:
    @app.command("/frontdesk")
    async def run(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack(f"Looking up {command['text']}")
        await respond(text="Found it", response_type="in_channel")

    await driver.slash(ANA, GENERAL, "/frontdesk", "tea")
    first = await driver.wait_for_text(GENERAL, "Looking up tea")
    assert first["ephemeral_to"] == ANA
    second = await driver.wait_for_text(GENERAL, "Found it")
    assert second["ephemeral_to"] is None


@pytest.mark.usefixtures("connected")
async def test_stop_ends_the_stream_and_tells_the_app(
    slack: Slack, heard: Heard, driver: SlackDriver
) -> None:
    channel = await driver.open_dm(ANA)
    ts = await driver.send(ANA, channel, "tell me everything")
    client = slack.client()
    await client.agents_sessions_setStatus(channel_id=channel, thread_ts=ts, status="processing")
    stream = await client.chat_stream(channel=channel, thread_ts=ts, buffer_size=1)
    await stream.append(markdown_text="First,")
    state = await driver.state()
    assert state["statuses"] == [{"channel": channel, "thread_ts": ts, "status": "", "stoppable": True}]
    await driver.stop(ANA, channel, ts)
    while (body := await heard.get())["event"]["type"] != "agent_session_stopped":
        pass
    assert body["event"]["streaming_message_ts"] == [stream.ts]
    answer = await slack.call("chat.appendStream", channel=channel, ts=stream.ts, chunks=[])
    assert answer["error"] == "stopped_by_user"


async def test_the_app_moves_to_a_new_connection_when_asked(
    connected: AsyncSocketModeHandler, heard: Heard, driver: SlackDriver
) -> None:
    before = await connected.client.session_id()
    await driver.advance(3_600)
    await driver.wait_for_journal(method="apps.connections.open", after=1)
    await driver.wait_for(lambda state: state["sockets"] == 1)
    assert await connected.client.session_id() != before
    await driver.send(ANA, GENERAL, "still there?")
    assert (await heard.get())["event"]["text"] == "still there?"


@pytest.mark.usefixtures("connected")
async def test_what_the_bot_writes_comes_back_to_it(slack: Slack, driver: SlackDriver) -> None:
    await slack.client().chat_postMessage(channel=GENERAL, text="hello all")
    found = await driver.wait_for_journal(method="message", direction="delivery", outcome="ok")
    assert found[0]["body"]["payload"]["event"]["bot_id"]


async def test_an_event_that_finds_no_connection_is_sent_again(
    slack: Slack, app: AsyncApp, heard: Heard, driver: SlackDriver
) -> None:
    await driver.send(ANA, GENERAL, "anybody?")
    await driver.wait_for_journal(method="message", outcome="connection_failed", after=1)
    async with connection(app):
        await driver.advance(60)
        assert (await heard.get())["event"]["text"] == "anybody?"
        last = (await driver.wait_for_journal(method="message", outcome="ok"))[-1]
    assert last["body"]["retry_attempt"] == 2
    assert last["body"]["retry_reason"] == "connection_failed"
