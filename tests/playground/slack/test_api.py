"""The Web API's manners: rate limits, scopes, encodings, files, installation, faults."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler

from bots.playground.slack.driver import SlackDriver, channel_of, replies
from bots.playground.slack.seed import (
    ANA,
    BEN,
    BOT_TOKEN,
    BOT_USER,
    CHIARA,
    DAVID,
    GENERAL,
    HELP,
    NORA,
    PARTNER,
    TEAM,
)
from tests.playground.slack.conftest import Slack


async def test_a_second_post_within_a_second_is_put_off(slack: Slack) -> None:
    client = slack.client()
    await client.chat_postMessage(channel=GENERAL, text="one")
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=GENERAL, text="two")
    assert refusal.value.response.status_code == 429
    assert refusal.value.response["error"] == "ratelimited"
    assert refusal.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel=HELP, text="another channel")


async def test_the_clients_own_retry_gets_through(slack: Slack, driver: SlackDriver) -> None:
    client = slack.client()
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    for text in ("one", "two"):
        await client.chat_postMessage(channel=GENERAL, text=text)
    assert [each["text"] for each in replies(await driver.state(), GENERAL)] == ["one", "two"]


async def test_a_tier_is_counted_for_each_method(slack: Slack) -> None:
    statuses = [(await slack.call("conversations.list")).get("error", "ok") for _ in range(21)]
    assert statuses == ["ok"] * 20 + ["ratelimited"]
    assert (await slack.call("auth.test"))["ok"]


async def test_limits_can_be_scaled_and_switched_off(slack: Slack, driver: SlackDriver) -> None:
    await driver.set_limits(0.5)
    statuses = [(await slack.call("conversations.list"))["ok"] for _ in range(11)]
    assert statuses == [True] * 10 + [False]
    await driver.set_limits(0)
    assert all([(await slack.call("conversations.list"))["ok"] for _ in range(21)])


async def test_a_missing_scope_is_named(slack: Slack) -> None:
    answer = await slack.call("team.info")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "team:read")
    assert "chat:write" in answer["provided"].split(",")


@pytest.mark.parametrize("encoding", ["json", "data", "params"])
async def test_arguments_come_in_any_encoding(slack: Slack, encoding: str) -> None:
    arguments = {encoding: {"channel": GENERAL, "include_num_members": "true"}}
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.url}/api/conversations.info", **arguments) as answer,  # type: ignore[arg-type]  # every kind of argument in turn
    ):
        body = await answer.json()
    assert body["channel"]["num_members"] == 5


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_a_broken_body_is_refused(slack: Slack, body: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.url}/api/chat.postMessage", data=body) as answer,
    ):
        assert (answer.status, (await answer.json())["error"]) == (200, error)


async def test_long_text_is_cut_with_a_warning(slack: Slack, driver: SlackDriver) -> None:
    posted = await slack.client().chat_postMessage(channel=GENERAL, text="x" * 40_001)
    assert posted["response_metadata"]["warnings"] == ["message_truncated"]
    assert len(replies(await driver.state(), GENERAL)[0]["text"]) == 40_000


async def test_a_stream_dies_of_old_age(slack: Slack, driver: SlackDriver) -> None:
    ts = await driver.send(ANA, HELP, "a question")
    client = slack.client()
    stream = await client.chat_stream(
        channel=HELP, thread_ts=ts, recipient_team_id=TEAM, recipient_user_id=ANA, buffer_size=1
    )
    await stream.append(markdown_text="an")
    await driver.advance(307)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await stream.append(markdown_text=" answer")
    await client.chat_update(channel=HELP, ts=str(stream.ts), markdown_text="an answer")
    assert (await driver.wait_for_text(HELP, "an answer"))["streaming"] is False


async def test_fault_stream_expiry(slack: Slack, driver: SlackDriver) -> None:
    ts = await driver.send(ANA, HELP, "a question")
    stream = await slack.client().chat_stream(
        channel=HELP, thread_ts=ts, recipient_team_id=TEAM, recipient_user_id=ANA, buffer_size=1
    )
    await stream.append(markdown_text="an")
    await driver.add_fault("stream_expiry", method="chat.appendStream", remaining=1)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await stream.append(markdown_text=" answer")


async def test_fault_drop_after_commit(slack: Slack, driver: SlackDriver) -> None:
    await driver.add_fault("drop_after_commit", method="chat.*", remaining=1)
    with pytest.raises(aiohttp.ClientError):
        await slack.client().chat_postMessage(channel=GENERAL, text="lost and found")
    assert [each["text"] for each in replies(await driver.state(), GENERAL)] == ["lost and found"]
    records = await driver.journal(method="chat.postMessage", outcome="drop_after_commit")
    assert records[0]["body"]["text"] == "lost and found"


async def test_fault_server_error(slack: Slack, driver: SlackDriver) -> None:
    await driver.add_fault("server_error", method="chat.*", status=503, remaining=1)
    with pytest.raises(SlackApiError) as refusal:
        await slack.client().chat_postMessage(channel=GENERAL, text="hello")
    assert refusal.value.response.status_code == 503
    assert replies(await driver.state(), GENERAL) == []


async def test_fault_too_many_requests(slack: Slack, driver: SlackDriver) -> None:
    await driver.add_fault("too_many_requests", method="auth.*", retry_after=7, remaining=1)
    with pytest.raises(SlackApiError) as refusal:
        await slack.client().auth_test()
    assert refusal.value.response.headers["Retry-After"] == "7"


async def test_fault_delay(slack: Slack, driver: SlackDriver) -> None:
    await driver.add_fault("delay", method="auth.test", seconds=3_000, remaining=1)
    call = asyncio.create_task(slack.call("auth.test"))
    await driver.wait_for(lambda state: state["faults"] == [])
    assert not call.done()
    await driver.advance(3_000)
    assert (await call)["ok"]


async def test_a_file_goes_up_and_comes_back(slack: Slack, driver: SlackDriver) -> None:
    slack.scopes.append("files:write")
    uploaded = await slack.client().files_upload_v2(channel=GENERAL, content="brioche", filename="menu.txt")
    url = uploaded["file"]["url_private"]
    assert channel_of(await driver.state(), GENERAL)["messages"][-1]["files"][0]["name"] == "menu.txt"
    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as answer:
            assert (answer.content_type, await answer.text()) == ("text/plain", "brioche")
        async with session.get(url) as answer:
            assert answer.content_type == "text/html"


async def test_a_persons_file_can_be_read(slack: Slack, driver: SlackDriver) -> None:
    await driver.send(ANA, GENERAL, files=[{"name": "order.csv", "text": "bread,2"}])
    delivered = (await driver.wait_for_journal(method="message", direction="delivery"))[0]
    event = delivered["body"]["payload"]["event"]
    assert event["subtype"] == "file_share"
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(event["files"][0]["url_private_download"]) as answer,
    ):
        assert await answer.text() == "bread,2"


async def install(slack: Slack, **more: str) -> dict[str, Any]:
    """Allow the app in the next workspace, as its administrator; returns what the code is exchanged for."""
    query = {
        "client_id": "1000000000.2000000000",
        "scope": "chat:write,channels:read,im:history",
        "redirect_uri": "http://127.0.0.1:1/back",
        "state": "s",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{slack.url}/oauth/v2/authorize", params=query | more, allow_redirects=False) as answer,
    ):
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["s"]
    if "error" in back:
        return {"error": back["error"][0]}
    redeem = {"client_id": query["client_id"], "client_secret": "playground-client-secret"}
    return await slack.call("oauth.v2.access", None, **redeem, code=back["code"][0]) | {"code": back["code"]}


async def test_the_app_is_installed_in_a_second_workspace(slack: Slack) -> None:
    installed = await install(slack)
    assert installed["team"]["id"] == PARTNER
    who = await slack.client(str(installed["access_token"])).auth_test()
    assert (who["team_id"], who["user_id"]) == (PARTNER, installed["bot_user_id"])


async def test_a_second_workspace_is_a_world_of_its_own(slack: Slack, driver: SlackDriver) -> None:
    """Its events name it, and each token opens its own workspace alone."""
    with pytest.raises(ValueError, match="not installed"):
        await driver.open_dm(NORA)
    token = (await install(slack))["access_token"]
    direct = await driver.open_dm(NORA)
    await driver.send(NORA, direct, "hello from Northwind")
    delivered = (await driver.wait_for_journal(method="message", place=direct))[0]["body"]["payload"]
    assert (delivered["team_id"], delivered["authorizations"][0]["team_id"]) == (PARTNER, PARTNER)
    assert (await slack.call("chat.postMessage", token, channel=direct, text="Hello"))["ok"]
    other = await slack.call("chat.postMessage", channel=direct, text="Hello")
    assert other["error"] == "channel_not_found"
    home = await slack.call("chat.postMessage", token, channel=GENERAL, text="Hello")
    assert home["error"] == "channel_not_found"


async def test_somebody_who_declines_sends_the_app_away(slack: Slack) -> None:
    assert await install(slack, decline="1") == {"error": "access_denied"}


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_a_code_is_good_for_one_exchange(slack: Slack) -> None:
    (code,) = (await install(slack))["code"]
    with pytest.raises(SlackApiError, match="code_already_used"):
        await slack.client(None).oauth_v2_access(
            client_id="1000000000.2000000000", client_secret="playground-client-secret", code=code
        )


async def test_a_revoked_token_is_refused(slack: Slack, driver: SlackDriver) -> None:
    await driver.revoke()
    assert (await slack.call("auth.test"))["error"] == "token_revoked"
    await driver.wait_for_journal(method="tokens_revoked", direction="delivery")
    with pytest.raises(ValueError, match="not installed"):
        await driver.open_dm(ANA)


async def test_the_newcomers_world(slack: Slack, driver: SlackDriver) -> None:
    state = await driver.state()
    people = {each["id"] for each in state["users"] if not each["is_bot"]}
    assert people >= {ANA, BEN, CHIARA, DAVID, NORA}
    with_bot = {each["name"] for each in state["channels"] if BOT_USER in each["members"]}
    assert with_bot == {"general", "help", "acme-northwind"}
    await driver.send(ANA, GENERAL, "soon forgotten")
    await driver.add_fault("delay", seconds=1)
    await driver.reset()
    state = await driver.state()
    assert (channel_of(state, GENERAL)["messages"], state["faults"]) == ([], [])


async def test_the_journal_can_be_filtered_and_holds_no_secret(slack: Slack, driver: SlackDriver) -> None:
    await slack.client().chat_postMessage(channel=GENERAL, text="one")
    await slack.call("chat.postMessage", channel="C0NOWHERE", text="two")
    records = await driver.journal(method="chat.*", direction="request")
    assert [(each["place"], each["outcome"]) for each in records] == [
        (GENERAL, "ok"),
        ("C0NOWHERE", "channel_not_found"),
    ]
    assert BOT_TOKEN not in str(await driver.journal())


async def test_what_is_no_method_stands_in_the_journal_too(slack: Slack, driver: SlackDriver) -> None:
    slack.scopes.append("files:write")
    await slack.client().files_upload_v2(channel=GENERAL, content="brioche", filename="menu.txt")
    (file,) = channel_of(await driver.state(), GENERAL)["messages"][-1]["files"]
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with aiohttp.ClientSession() as session:
        for given in (headers, {}):
            async with session.get(file["url_private"], headers=given, allow_redirects=False):
                pass
        async with session.post(f"{slack.url}/response/unknown", json={"text": "hi"}):
            pass
        async with session.get(f"{slack.url}/oauth/v2/authorize?client_id=1"):
            pass
    await driver.wait_for_journal(method="authorize")
    beside = [each for each in await driver.journal(direction="request") if "." not in each["method"]]
    assert [(each["method"], each["outcome"]) for each in beside] == [
        ("upload", "ok"),
        ("download", "ok"),
        ("download", "302"),
        ("response_url", "404"),
        ("authorize", "400"),
    ]
    assert [each["body"] for each in beside[:3]] == [
        {"file": file["id"], "length": 7},
        {"file": file["id"]},
        {"file": file["id"]},
    ]
    assert beside[3]["body"] == {"text": "hi"}


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
async def test_pages_from_elsewhere_are_kept_out(headers: dict[str, str], slack: Slack) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{slack.url}/_control/state", headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_a_mistaken_action_is_refused_with_a_sentence(driver: SlackDriver) -> None:
    with pytest.raises(ValueError, match="there is no channel C0NOWHERE"):
        await driver.send(ANA, "C0NOWHERE", "hello")
    with pytest.raises(ValueError, match="U0DAVID is not in C0LEADS"):
        await driver.send(DAVID, "C0LEADS", "hello")
    with pytest.raises(ValueError, match="did not write"):
        await driver.delete(BEN, GENERAL, await driver.send(ANA, GENERAL, "mine"))
    with pytest.raises(ValueError, match="nothing is at work"):
        await driver.stop(ANA, GENERAL)
    with pytest.raises(ValueError, match="action"):
        await driver.act("dance")


async def test_newcomers_found_channels(slack: Slack, driver: SlackDriver) -> None:
    slack.scopes.append("users:read")
    slack.emulator.platform.world.app.events.append("team_join")
    emil = await driver.create_person("Emil Berg")
    joined = (await driver.wait_for_journal(method="team_join"))[0]["body"]["payload"]["event"]
    assert (joined["user"]["id"], joined["user"]["real_name"]) == (emil, "Emil Berg")
    channel = await driver.create_channel(emil, "ovens", members=[ANA, BOT_USER])
    await driver.send(ANA, channel, "hello")
    assert channel_of(await driver.state(), channel)["members"] == [emil, ANA, BOT_USER]
    assert (await slack.call("conversations.info", channel=channel))["channel"]["name"] == "ovens"
    hidden = await driver.create_channel(emil, "secrets", private=True)
    assert (await slack.call("conversations.info", channel=hidden))["error"] == "channel_not_found"
    with pytest.raises(ValueError, match="taken"):
        await driver.create_channel(emil, "ovens")
    with pytest.raises(ValueError, match="there is no team"):
        await driver.act("create_person", name="Emil", team="T0NOWHERE")


async def test_people_edit_react_come_and_go(driver: SlackDriver) -> None:
    ts = await driver.send(ANA, GENERAL, "teh menu")
    await driver.edit(ANA, GENERAL, ts, "the menu")
    await driver.react(BEN, GENERAL, ts, "eyes")
    message = channel_of(await driver.state(), GENERAL)["messages"][0]
    assert (message["text"], message["edited"]) == ("the menu", True)
    assert message["reactions"] == [{"name": "eyes", "users": [BEN]}]
    await driver.unreact(BEN, GENERAL, ts, "eyes")
    await driver.delete(ANA, GENERAL, ts)
    await driver.kick(GENERAL, BOT_USER)
    await driver.wait_for_journal(method="channel_left")
    await driver.invite(GENERAL, BOT_USER)
    assert BOT_USER in channel_of(await driver.state(), GENERAL)["members"]
    assert channel_of(await driver.state(), GENERAL)["messages"] == []
