"""Deliveries over HTTP: signed, retried, and answered through response URLs."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_USER, GENERAL, SIGNING_SECRET
from tests.playground.slack.conftest import Slack


class Receiver:
    """An app's request URL: answers as it is told, and keeps what came, signature checked."""

    def __init__(self) -> None:
        self.came: deque[web.Request] = deque()
        self.bodies: list[str] = []
        self.answers: deque[web.Response] = deque()
        self.refused = 0
        self.url = ""
        self.arrived, self.hold = asyncio.Event(), asyncio.Event()
        self.hold.set()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        headers = dict(request.headers.items())
        if not SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers):
            self.refused += 1
            return web.Response(status=401)
        if request.content_type == "application/json":
            decoded = json.loads(body)
            if decoded["type"] == "url_verification":
                return web.json_response({"challenge": decoded["challenge"]})
        self.came.append(request)
        self.bodies.append(body)
        self.arrived.set()
        await self.hold.wait()
        return self.answers.popleft() if self.answers else web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/slack/events", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield receiver
    receiver.hold.set()
    await runner.cleanup()


def counted(number: int) -> Callable[[list[Any]], bool]:
    """Whether so many records are there."""
    return lambda records: len(records) == number


async def test_an_event_is_posted_with_a_good_signature(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    ts = await driver.send(ANA, GENERAL, f"<@{BOT_USER}> hello")
    await driver.wait_for_journal(method="message", outcome="ok")
    await driver.wait_for_journal(method="app_mention", outcome="ok")
    bodies = [json.loads(body) for body in receiver.bodies]
    assert {body["event"]["ts"] for body in bodies} == {ts}
    assert {body["event"]["type"] for body in bodies} == {"message", "app_mention"}
    assert "X-Slack-Retry-Num" not in receiver.came[0].headers


async def test_a_refused_event_is_posted_again(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    receiver.answers.append(web.Response(status=503))
    await driver.send(ANA, GENERAL, "hello")
    await driver.wait_for_journal(method="message", outcome="ok")
    first, second = receiver.came
    assert receiver.bodies[0] == receiver.bodies[1]
    assert "X-Slack-Retry-Num" not in first.headers
    assert second.headers["X-Slack-Retry-Num"] == "1"
    assert second.headers["X-Slack-Retry-Reason"] == "http_error"


async def test_no_retry_when_the_app_asks_for_none(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    receiver.answers.append(web.Response(status=500, headers={"X-Slack-No-Retry": "1"}))
    await driver.send(ANA, GENERAL, "one")
    await driver.wait_for_journal(method="message", outcome="http_error")
    await driver.advance(400)
    await driver.send(ANA, GENERAL, "two")
    await driver.wait_for_journal(method="message", outcome="ok")
    assert [json.loads(body)["event"]["text"] for body in receiver.bodies] == ["one", "two"]


async def test_an_event_that_is_not_taken_within_three_seconds_is_posted_again(
    receiver: Receiver, driver: SlackDriver
) -> None:
    await driver.set_request_url(receiver.url)
    receiver.hold.clear()
    await driver.send(ANA, GENERAL, "hello")
    await receiver.arrived.wait()
    await driver.advance(3)
    await driver.wait_for_journal(method="message", outcome="http_timeout")
    receiver.hold.set()
    await driver.wait_for_journal(method="message", outcome="ok")
    assert receiver.came[-1].headers["X-Slack-Retry-Reason"] == "http_timeout"


async def test_there_are_three_retries_and_no_more(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    receiver.answers.extend(web.Response(status=500) for _ in range(5))
    await driver.send(ANA, GENERAL, "hello")
    for count, pause in ((2, 60), (3, 300), (4, 4_000)):
        await driver.wait_until(counted(count), outcome="http_error")
        await driver.advance(pause)
    receiver.answers.clear()
    await driver.send(ANA, GENERAL, "another")
    await driver.wait_for_journal(method="message", outcome="ok")
    numbers = [request.headers.get("X-Slack-Retry-Num") for request in receiver.came]
    assert numbers == [None, "1", "2", "3", None]


async def test_a_wrong_signature_is_for_the_app_to_refuse(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    await driver.add_fault("wrong_signature", method="message", remaining=1)
    await driver.send(ANA, GENERAL, "hello")
    await driver.wait_for_journal(method="message", outcome="ok")
    assert receiver.refused == 1
    assert len(receiver.came) == 1


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_stale_signature_is_for_the_app_to_refuse(
    seconds: int, receiver: Receiver, driver: SlackDriver
) -> None:
    await driver.set_request_url(receiver.url)
    await driver.add_fault("clock_skew", method="message", remaining=1, seconds=seconds)
    await driver.send(ANA, GENERAL, "hello")
    refused, taken = await driver.wait_until(counted(2), method="message")
    times = [each["body"]["payload"]["event_time"] for each in (refused, taken)]
    assert times[0] - times[1] == seconds
    assert (receiver.refused, len(receiver.came)) == (1, 1)


async def test_a_lost_connection_is_tried_again(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    await driver.add_fault("socket_loss", method="message", remaining=1)
    await driver.send(ANA, GENERAL, "hello")
    await driver.wait_for_journal(method="message", outcome="ok")
    assert receiver.came[0].headers["X-Slack-Retry-Reason"] == "connection_failed"


async def test_a_url_that_answers_no_challenge_is_refused(slack: Slack, driver: SlackDriver) -> None:
    with pytest.raises(ValueError, match="challenge"):
        await driver.set_request_url(f"{slack.url}/nowhere")
    assert (await driver.state())["request_url"] is None


async def test_with_a_request_url_there_is_no_socket_mode(
    slack: Slack, receiver: Receiver, driver: SlackDriver
) -> None:
    await driver.set_request_url(receiver.url)
    answer = await slack.call("apps.connections.open", APP_TOKEN)
    assert answer == {"ok": False, "error": "socket_mode_not_enabled"}


async def test_a_slash_command_comes_as_a_form(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    receiver.answers.append(web.json_response({"text": "Looking it up", "response_type": "in_channel"}))
    await driver.slash(ANA, GENERAL, "/frontdesk", "tea & toast")
    form = parse_qs(receiver.bodies[-1])
    assert form["text"] == ["tea & toast"]
    assert form["user_id"] == [ANA]
    await driver.wait_for_text(GENERAL, "Looking it up")


async def test_a_response_url_serves_five_times(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    await driver.slash(ANA, GENERAL, "/frontdesk", "tea")
    url = parse_qs(receiver.bodies[-1])["response_url"][0]
    async with aiohttp.ClientSession() as session:
        statuses = [(await session.post(url, json={"text": f"{number}"})).status for number in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_a_response_url_serves_half_an_hour(receiver: Receiver, driver: SlackDriver) -> None:
    await driver.set_request_url(receiver.url)
    await driver.slash(ANA, GENERAL, "/frontdesk", "tea")
    url = parse_qs(receiver.bodies[-1])["response_url"][0]
    await driver.advance(1_801)
    async with aiohttp.ClientSession() as session, session.post(url, json={"text": "too late"}) as answer:
        assert (answer.status, await answer.json()) == (404, {"ok": False, "error": "expired_url"})


async def test_a_button_comes_as_a_form_and_its_message_can_be_replaced(
    slack: Slack, receiver: Receiver, driver: SlackDriver
) -> None:
    await driver.set_request_url(receiver.url)
    button = {"type": "button", "action_id": "again", "text": {"type": "plain_text", "text": "Again"}}
    posted = await slack.client().chat_postMessage(
        channel=GENERAL, text="An answer", blocks=[{"type": "actions", "elements": [button | {"value": "7"}]}]
    )
    await driver.click(ANA, GENERAL, posted["ts"], "again", "7")
    body = json.loads(parse_qs(receiver.bodies[-1])["payload"][0])
    assert body["container"]["message_ts"] == posted["ts"]
    assert body["actions"][0]["value"] == "7"
    async with (
        aiohttp.ClientSession() as session,
        session.post(body["response_url"], json={"text": "New", "replace_original": True}) as answer,
    ):
        assert answer.status == 200
    replaced = await driver.wait_for_text(GENERAL, "New")
    assert replaced["ts"] == posted["ts"]
