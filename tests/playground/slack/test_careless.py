"""A deliberately careless app is refused as Slack would refuse it."""

from typing import Any

import aiohttp
import pytest

from bots.playground.slack.driver import SlackDriver, replies
from bots.playground.slack.methods import METHODS
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_USER, GENERAL, HELP, TEAM
from tests.playground.slack.conftest import Slack

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute (docs.slack.dev/apis/web-api/rate-limits)."""


async def test_it_posts_too_long(slack: Slack, driver: SlackDriver) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    long: list[tuple[str, dict[str, Any]]] = [
        ("msg_too_long", {"markdown_text": "x" * 12_001}),
        ("invalid_blocks", {"text": "hi", "blocks": [section]}),
        ("msg_blocks_too_long", {"blocks": [{"type": "markdown", "text": "x" * 11_000}] * 2}),
    ]
    for error, content in long:
        await driver.advance(1)
        answer = await slack.call("chat.postMessage", channel=GENERAL, **content)
        assert answer["error"] == error
    assert replies(await driver.state(), GENERAL) == []


async def test_it_ignores_429(slack: Slack, driver: SlackDriver) -> None:
    answers = [await slack.call("chat.postMessage", channel=GENERAL, text=f"{n}") for n in range(10)]
    assert answers[0]["ok"]
    refused = await driver.journal(method="chat.postMessage", outcome="ratelimited")
    posted = replies(await driver.state(), GENERAL)
    assert len(refused) + len(posted) == 10
    assert refused


async def test_it_edits_too_fast(slack: Slack, driver: SlackDriver) -> None:
    posted = await slack.call("chat.postMessage", channel=GENERAL, text="...")
    place = {"channel": GENERAL, "ts": posted["ts"]}
    answers = [await slack.call("chat.update", **place, text=f"{number}") for number in range(60)]
    assert [each.get("error", "ok") for each in answers] == ["ok"] * 50 + ["ratelimited"] * 10
    assert replies(await driver.state(), GENERAL)[0]["text"] == "49"


@pytest.mark.parametrize("tier", TIERS)
async def test_it_calls_a_method_of_any_tier_too_often(tier: int, slack: Slack) -> None:
    """Refused calls of other kinds count, too; the waiting time is told in whole seconds."""
    slack.scopes.extend(("users:read", "files:read"))
    method = next(each.name for each in METHODS.values() if each.tier == tier and each.token == "bot")
    answers = [await slack.call(method) for _ in range(TIERS[tier] + 1)]
    assert [each.get("error") == "ratelimited" for each in answers] == [False] * TIERS[tier] + [True]
    headers = {"Authorization": f"Bearer {slack.client().token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.url}/api/{method}", headers=headers) as answer,
    ):
        assert (answer.status, 1 <= int(answer.headers["Retry-After"]) <= 60) == (429, True)


async def test_it_opens_an_eleventh_socket(slack: Slack, driver: SlackDriver) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await slack.call("apps.connections.open", APP_TOKEN)
            sockets.append(await session.ws_connect(opened["url"]))
        assert [(await each.receive_json())["type"] for each in sockets] == ["hello"] * 10 + ["disconnect"]
        for each in sockets:
            await each.close()


async def test_it_touches_a_finished_stream(slack: Slack, driver: SlackDriver) -> None:
    question = await driver.send(ANA, HELP, "a question")
    place = {"channel": HELP, "thread_ts": question, "recipient_user_id": ANA, "recipient_team_id": TEAM}
    stream = await slack.call("chat.startStream", **place, markdown_text="Well")
    finished = {"channel": HELP, "ts": stream["ts"]}
    await slack.call("chat.stopStream", **finished)
    for method in ("chat.appendStream", "chat.stopStream"):
        answer = await slack.call(method, **finished, markdown_text="more")
        assert answer["error"] == "message_not_in_streaming_state"


async def test_it_streams_to_nobody(slack: Slack, driver: SlackDriver) -> None:
    question = await driver.send(ANA, HELP, "a question")
    answer = await slack.call("chat.startStream", channel=HELP, thread_ts=question)
    assert answer["error"] == "missing_recipient_team_id"


async def test_it_uses_scopes_it_does_not_have(slack: Slack) -> None:
    for method, scope in (("reactions.add", "reactions:write"), ("conversations.join", "channels:join")):
        answer = await slack.call(method)
        assert (answer["error"], answer["needed"]) == ("missing_scope", scope)


async def test_it_never_acknowledges(slack: Slack, driver: SlackDriver) -> None:
    """Three seconds for each try, then three more tries, and no fifth."""
    opened = await slack.call("apps.connections.open", APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        await driver.send(ANA, GENERAL, "hello")
        attempts = []
        for pause in (0, 60, 300, 3_600):
            attempts.append((await socket.receive_json())["retry_attempt"])
            await driver.advance(3)
            await driver.wait_until(lambda records: len(records) == len(attempts), method="message")
            if len(attempts) < 4:
                await driver.advance(pause)
        await driver.send(ANA, GENERAL, "another")
        assert (await socket.receive_json())["payload"]["event"]["text"] == "another"
    assert attempts == [0, 1, 2, 3]


async def test_it_answers_its_own_messages_and_both_twins(slack: Slack, driver: SlackDriver) -> None:
    """What it posts comes back to it, and a mention comes twice under one ts: it must tell them apart."""
    opened = await slack.call("apps.connections.open", APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        ts = await driver.send(ANA, GENERAL, f"<@{BOT_USER}> hello")
        twins = [(await socket.receive_json())["payload"] for _ in range(2)]
        assert {each["event"]["ts"] for each in twins} == {ts}
        assert len({each["event_id"] for each in twins}) == 2
        await slack.call("chat.postMessage", channel=GENERAL, text="Hi")
        assert (await socket.receive_json())["payload"]["event"]["bot_id"]
