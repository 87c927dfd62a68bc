"""The adapter as a whole: start, Socket Mode, further workspaces, the agent view."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.slack.adapter import SlackAdapter
from adapters.slack.manifest import manifest
from core.errors import ConfigurationError, Gone, StoreError, Unreachable
from core.message import Conversation, Departure, Message, Platform, Post, Reply
from core.testing import FakeClock
from tests.adapters.leases import SharedLeases
from tests.adapters.slack.conftest import SECRET, Door, MakeAdapter, MemoryCabinet, MemoryIntake
from tests.adapters.slack.payloads import raw, sample
from tests.adapters.slack.scripted import HANG_UP, ScriptedSlack
from tests.ports import free_port


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slack_bot_token": "xoxp-1"}, "SLACK_BOT_TOKEN"),
        ({"slack_app_token": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"slack_signing_secret": ""}, "SLACK_SIGNING_SECRET"),
    ],
)
async def test_tokens_of_the_wrong_kind_are_named(
    make_adapter: MakeAdapter, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        await make_adapter(**changes).start()


@pytest.mark.parametrize(
    ("method", "named"), [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "SLACK_APP_TOKEN")]
)
async def test_tokens_that_slack_does_not_accept_are_named(
    make_adapter: MakeAdapter, slack: ScriptedSlack, method: str, named: str
) -> None:
    slack.refuse(method, "invalid_auth")
    with pytest.raises(ConfigurationError, match=f"{named}.*invalid_auth"):
        await make_adapter(slack_app_token="xapp-1").start()


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_slack_out_of_reach_at_the_start_is_waited_for(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock, method: str
) -> None:
    slack.script(method, HANG_UP, HANG_UP)
    adapter = make_adapter(slack_app_token="xapp-1")
    await adapter.start()
    assert not adapter.health().ok
    async with asyncio.timeout(60):
        while not adapter.health().ok:
            await clock.advance(1)
            await asyncio.sleep(0.005)
    await adapter.stop()


async def test_a_start_that_is_broken_off_leaves_no_connection_and_no_place(
    make_adapter: MakeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting, leases = asyncio.Event(), SharedLeases()

    async def hang(_: object) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("adapters.slack.socketmode._Handler.connect_async", hang)
    adapter = make_adapter(leases, slack_app_token="xapp-1")
    starting = asyncio.create_task(adapter.start())
    async with asyncio.timeout(20):
        await connecting.wait()
        starting.cancel()
        await asyncio.wait({starting})
        await adapter.stop()
    assert "connect slack's socket" not in {task.get_name() for task in asyncio.all_tasks()}
    assert leases.holders == {}


async def test_answers_wait_for_a_slack_that_is_not_connected_yet(
    make_adapter: MakeAdapter, slack: ScriptedSlack
) -> None:
    slack.script("auth.test", HANG_UP)
    adapter = make_adapter()
    await adapter.start()
    place = Conversation(platform=Platform.SLACK, tenant="T061EG9R6", channel="C1", thread="1.0")
    with pytest.raises(Unreachable):
        await adapter.channel.place(Post(id="p", turn_id="t", conversation=place))
    await adapter.stop()


async def test_proxies_are_left_out_on_this_machine(
    make_adapter: MakeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    adapter = make_adapter(slack_app_token="xapp-1")
    await adapter.start()
    assert adapter.health().ok
    await adapter.stop()


async def test_tokens_in_the_environment_confuse_nobody(
    make_adapter: MakeAdapter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    adapter = make_adapter()
    await adapter.start()
    await adapter.stop()
    assert caplog.records == []


async def test_answers_under_way_are_still_posted_after_the_stop(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock
) -> None:
    adapter = make_adapter()
    await adapter.start()
    post = post_next_door(clock)
    post = replace(post, platform_id=await adapter.channel.place(post))
    await adapter.channel.working(post)
    await adapter.stop()
    await adapter.channel.rest(post)
    await adapter.channel.settle(post, Reply(text="Here it is."))
    assert len(slack.made("chat.stopStream")) == 1


@pytest.fixture
async def connected(make_adapter: MakeAdapter, slack: ScriptedSlack) -> AsyncIterator[SlackAdapter]:
    """An adapter in Socket Mode."""
    adapter = make_adapter(slack_app_token="xapp-1", slack_signing_secret=None)
    await adapter.start()
    yield adapter
    await adapter.stop()


async def test_socket_mode_acknowledges_after_the_commit(
    connected: SlackAdapter, slack: ScriptedSlack, intake: MemoryIntake
) -> None:
    assert connected.health().ok
    assert connected.routes() == []
    await slack.deliver("events_api", raw("message_im"))
    await slack.until(lambda: bool(slack.acknowledged))
    assert slack.acknowledged == [{"envelope_id": "e1"}]
    assert len(intake.arrivals) == 1


async def test_socket_mode_leaves_unstored_events_to_be_sent_again(
    connected: SlackAdapter, slack: ScriptedSlack, intake: MemoryIntake
) -> None:
    intake.failures.append(StoreError())
    await slack.deliver("events_api", raw("message_im"), "e1")
    await slack.deliver("events_api", raw("message_im") | {"event": {"type": "emoji_changed"}}, "e2")
    await slack.deliver("events_api", raw("message_im"), "e3")
    await slack.until(lambda: len(slack.acknowledged) == 2)
    assert {frame["envelope_id"] for frame in slack.acknowledged} == {"e2", "e3"}
    assert len(intake.arrivals) == 1


async def test_socket_mode_carries_buttons_and_slash_commands(
    connected: SlackAdapter, slack: ScriptedSlack, intake: MemoryIntake
) -> None:
    await slack.deliver("interactive", raw("feedback"), "e1")
    await slack.until(lambda: len(slack.acknowledged) == 1)
    await slack.deliver("slash_commands", raw("slash"), "e2")
    await slack.until(lambda: len(slack.acknowledged) == 2)
    assert slack.acknowledged[1]["payload"]["response_type"] == "ephemeral"
    assert len(intake.arrivals) == 2


async def test_socket_mode_connects_anew_when_slack_asks(
    connected: SlackAdapter, slack: ScriptedSlack, intake: MemoryIntake
) -> None:
    assert slack.socket is not None
    await slack.socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
    await slack.until(lambda: slack.connections == 2)
    await slack.deliver("events_api", raw("message_im"))
    await slack.until(lambda: bool(slack.acknowledged))
    assert connected.health().ok


async def test_health_tells_of_a_lost_connection(connected: SlackAdapter, slack: ScriptedSlack) -> None:
    slack.refuse("apps.connections.open", *["internal_error"] * 50)
    assert slack.socket is not None
    await slack.socket.close()
    while connected.health().ok:
        await asyncio.sleep(0)
    assert "down" in connected.health().detail


async def test_of_three_processes_two_connect_and_the_third_takes_over(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock, intake: MemoryIntake
) -> None:
    holders: dict[str, object] = {}
    three = [
        make_adapter(SharedLeases(holders), slack_app_token="xapp-1", slack_signing_secret=None)
        for _ in range(3)
    ]
    for adapter in three:
        await adapter.start()
    assert slack.connections == 2
    assert "standing by" in three[2].health().detail
    await three[0].stop()
    async with asyncio.timeout(60):
        while slack.connections < 3:
            await clock.advance(1)
            await asyncio.sleep(0.005)
    await slack.deliver("events_api", raw("message_im"))
    await slack.until(lambda: bool(slack.acknowledged))
    assert "Receiving" in three[2].health().detail
    for adapter in three[1:]:
        await adapter.stop()
    assert holders == {}


@pytest.fixture
async def open_to_all(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock
) -> AsyncIterator[tuple[SlackAdapter, Door]]:
    """An adapter that other workspaces may install."""
    adapter = make_adapter(slack_client_id="1.2", slack_client_secret="hush")
    await adapter.start()
    app = web.Application()
    app.add_routes(adapter.routes())
    async with TestClient(TestServer(app)) as client:
        yield adapter, Door(client, clock)
    await adapter.stop()


async def begin_installation(door: Door) -> str:
    """Open the install page; the state it carries."""
    page = await door.client.get("/slack/install")
    assert page.status == 200
    text = await page.text()
    assert "/oauth/v2/authorize?" in text
    return text.partition("state=")[2].partition("&")[0].partition('"')[0]


async def come_back(door: Door, state: str, **query: str) -> int:
    cookie = {"Cookie": f"slack-app-oauth-state={state}"}
    params = {"code": "c1", "state": state} | query
    answer = await door.client.get("/slack/oauth_redirect", params=params, headers=cookie)
    return answer.status


def answer_to_installation(slack: ScriptedSlack, **changes: Any) -> None:
    installed: dict[str, Any] = {
        "access_token": "xoxb-next-door",
        "token_type": "bot",
        "scope": "chat:write",
        "bot_user_id": "U0OURS2",
        "app_id": "A1",
        "team": {"id": "T0NEXTDOOR", "name": "Next Door"},
        "enterprise": None,
        "authed_user": {"id": "U1"},
    }
    slack.script("oauth.v2.access", installed | changes)
    slack.script("auth.test", {"bot_id": "B0OURS2", "team_id": "T0NEXTDOOR", "user_id": "U0OURS2"})


def next_door(**changes: Any) -> dict[str, Any]:
    body = raw("message_im") | {"team_id": "T0NEXTDOOR"}
    body["authorizations"] = [{"team_id": "T0NEXTDOOR", "is_enterprise_install": False}]
    return body | changes


def post_next_door(clock: FakeClock) -> Post:
    place = Conversation(
        platform=Platform.SLACK, tenant="T0NEXTDOOR", channel="D2", thread="1.2", direct=True
    )
    return Post(id="p1", turn_id="t1", conversation=place, created_at=clock.now())


SDK_LAGS_BEHIND = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
"""slack_sdk calls oauth.v2.access in a way that aiohttp means to give up."""


@SDK_LAGS_BEHIND
async def test_a_second_workspace_installs_the_app(
    open_to_all: tuple[SlackAdapter, Door],
    slack: ScriptedSlack,
    intake: MemoryIntake,
    cabinet: MemoryCabinet,
    clock: FakeClock,
) -> None:
    adapter, door = open_to_all
    answer_to_installation(slack)
    state = await begin_installation(door)
    assert await come_back(door, state) == 200
    assert not any(name.startswith("slack:state:") for name in cabinet.kept)

    assert (await door.send_event(next_door())).status == 200
    assert intake.arrivals[0].event.conversation.tenant == "T0NEXTDOOR"
    await adapter.channel.place(post_next_door(clock))
    assert slack.tokens["chat.startStream"] == ["xoxb-next-door"]

    left = raw("app_uninstalled") | {"team_id": "T0NEXTDOOR"}
    left["authorizations"] = next_door()["authorizations"]
    assert (await door.send_event(left)).status == 200
    assert isinstance(intake.arrivals[1].event, Departure)
    with pytest.raises(Gone):
        await adapter.channel.place(post_next_door(clock))


@SDK_LAGS_BEHIND
async def test_an_installation_for_a_whole_organisation_serves_each_of_its_workspaces(
    open_to_all: tuple[SlackAdapter, Door], slack: ScriptedSlack, intake: MemoryIntake, clock: FakeClock
) -> None:
    adapter, door = open_to_all
    answer_to_installation(
        slack, team=None, enterprise={"id": "E1", "name": "Org"}, is_enterprise_install=True
    )
    assert await come_back(door, await begin_installation(door)) == 200
    grid = {"team_id": None, "enterprise_id": "E1", "is_enterprise_install": True}
    assert (await door.send_event(next_door(authorizations=[grid], enterprise_id="E1"))).status == 200
    assert len(intake.arrivals) == 1
    await adapter.channel.place(post_next_door(clock))
    assert slack.tokens["chat.startStream"] == ["xoxb-next-door"]


@SDK_LAGS_BEHIND
async def test_a_state_is_good_once_in_one_browser_and_for_ten_minutes(
    open_to_all: tuple[SlackAdapter, Door], slack: ScriptedSlack, clock: FakeClock
) -> None:
    _, door = open_to_all
    answer_to_installation(slack)
    state = await begin_installation(door)
    foreign = await door.client.get("/slack/oauth_redirect", params={"code": "c", "state": state})
    assert foreign.status == 400
    assert await come_back(door, state) == 200
    assert await come_back(door, state) == 401
    late = await begin_installation(door)
    await clock.advance(601)
    assert await come_back(door, late) == 401
    assert len(slack.made("oauth.v2.access")) == 1


@SDK_LAGS_BEHIND
async def test_an_installation_that_breaks_asks_to_try_again(
    open_to_all: tuple[SlackAdapter, Door], slack: ScriptedSlack
) -> None:
    _, door = open_to_all
    slack.script("oauth.v2.access", HANG_UP)
    assert await come_back(door, await begin_installation(door)) == 503


async def test_an_event_from_a_workspace_without_the_app_is_left_alone(
    open_to_all: tuple[SlackAdapter, Door], intake: MemoryIntake
) -> None:
    _, door = open_to_all
    assert (await door.send_event(next_door())).status == 200
    assert intake.arrivals == []


async def test_one_token_alone_serves_whatever_arrives(door: Door, intake: MemoryIntake) -> None:
    assert (await door.send_event(next_door())).status == 200
    assert len(intake.arrivals) == 1


async def test_opening_the_chat_offers_prompts(door: Door, slack: ScriptedSlack) -> None:
    await door.send_event(raw("app_home_opened"))
    await slack.until(lambda: bool(slack.made("assistant.threads.setSuggestedPrompts")))
    call = slack.made("assistant.threads.setSuggestedPrompts")[0]
    assert "thread_ts" not in call
    assert 1 <= len(call["prompts"]) <= 4


async def test_opening_the_home_tab_shows_what_happens_to_words(door: Door, slack: ScriptedSlack) -> None:
    body = dict(sample("app_home_opened", tab="home").values)
    await door.send_event(body)
    await slack.until(lambda: bool(slack.made("views.publish")))
    call = slack.made("views.publish")[0]
    assert call["user_id"] == "U2147483697"
    assert "our own machines" in str(call["view"])


async def test_an_older_assistant_view_gets_its_prompts_in_the_thread(
    door: Door, slack: ScriptedSlack
) -> None:
    thread = {"user_id": "U1", "channel_id": "D1", "thread_ts": "1763971200.000100", "context": {}}
    await door.send_event(
        raw("message_im") | {"event": {"type": "assistant_thread_started", "assistant_thread": thread}}
    )
    await slack.until(lambda: bool(slack.made("assistant.threads.setSuggestedPrompts")))
    assert slack.made("assistant.threads.setSuggestedPrompts")[0]["thread_ts"] == "1763971200.000100"


async def test_a_chat_is_named_after_its_first_question(door: Door, slack: ScriptedSlack) -> None:
    slack.refuse("agents.sessions.rename", "session_not_found")
    await door.send_event(raw("message_im"))
    await slack.until(lambda: bool(slack.made("assistant.threads.setTitle")))
    assert slack.made("assistant.threads.setTitle")[0]["title"] == "What is an espresso?"
    await door.send_event(raw("message_im_thread"))
    assert len(slack.made("assistant.threads.setTitle")) == 1


async def test_no_word_and_no_secret_is_logged(
    door: Door, intake: MemoryIntake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = dict(sample("message_im", text="canary in the mine").values)
    intake.failures.append(StoreError())
    await door.send_event(body)
    await door.send_event(body)
    await door.send_event(dict(sample("message_im", text="canary", ts=5).values))
    await door.client.post("/slack/events", json=body, headers={"X-Slack-Signature": "v0=0"})
    assert "canary" not in caplog.text
    assert "xoxb-1" not in caplog.text
    assert SECRET not in caplog.text
    assert isinstance(intake.arrivals[0].event, Message)


def test_manifest_for_each_way_in() -> None:
    socket, http = yaml.safe_load(manifest()), yaml.safe_load(manifest("https://bot.example.org/"))
    assert socket["settings"]["socket_mode_enabled"] is True
    assert "agent_session_stopped" in socket["settings"]["event_subscriptions"]["bot_events"]
    assert http["settings"]["socket_mode_enabled"] is False
    assert http["settings"]["interactivity"]["request_url"] == "https://bot.example.org/slack/events"
    assert http["oauth_config"]["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]
