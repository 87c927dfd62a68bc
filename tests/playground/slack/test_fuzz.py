"""Whatever an app sends, it gets an answer in Slack's form, never a broken server."""

from typing import Any

import aiohttp
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.methods import METHODS
from bots.playground.slack.seed import ANA, BOT_TOKEN, GENERAL, TEAM
from tests.playground.slack.conftest import Slack
from tests.playground.slack.test_refusals import MORE_SCOPES

# fmt: off
NAMES = [
    "attachments", "blocks", "channel", "icon_emoji", "markdown_text", "metadata", "reply_broadcast",
    "team", "text", "thread_ts", "unfurl_links", "username",
    "bot", "channel_id", "chunks", "client_msg_id", "cursor", "exclude_archived", "file", "filename",
    "files", "inclusive", "initial_comment", "latest", "length", "limit", "loading_messages", "message_ts",
    "name", "oldest", "prompts", "recipient_team_id", "recipient_user_id", "return_im", "session_status",
    "status", "task_display_mode", "timestamp", "title", "ts", "types", "user", "users", "user_id", "view",
]
# fmt: on
KEYS = st.sampled_from(
    ["type", "text", "elements", "blocks", "title", "id", "status", "value", "event_type", "event_payload"]
)
# fmt: off
KINDS = st.sampled_from([
    "section", "context", "actions", "context_actions", "button", "feedback_buttons", "markdown", "home",
    "task_update", "markdown_text", "plan_update", "mrkdwn", "plain_text", "rich_text", "table", "modal",
])
# fmt: on
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | KINDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from([GENERAL, ANA, TEAM, "$ts", "1.0"])
FUZZ = settings(max_examples=150)


@FUZZ
@given(
    method=st.sampled_from(sorted(set(METHODS) - {"auth.revoke", "apps.uninstall"})),
    arguments=st.dictionaries(st.sampled_from(NAMES), PLACES | JSON, max_size=6),
)
async def test_any_arguments_get_an_answer(
    slack: Slack, driver: SlackDriver, method: str, arguments: dict[str, Any]
) -> None:
    slack.scopes[:] = [*slack.emulator.platform.world.app.scopes, *MORE_SCOPES]
    await driver.set_limits(0)
    ts = await driver.send(ANA, GENERAL, "a question")
    given = {key: ts if value == "$ts" else value for key, value in arguments.items()}
    answer = await slack.call(method, **{"channel": GENERAL, "ts": ts, "thread_ts": ts} | given)
    assert answer["ok"] is True or isinstance(answer["error"], str)


@FUZZ
@given(
    body=st.binary(max_size=40),
    kind=st.sampled_from(
        ["application/json", "multipart/form-data", "multipart/form-data; boundary=b", "text/x"]
    ),
)
async def test_any_body_gets_an_answer(slack: Slack, body: bytes, kind: str) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": kind}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.url}/api/chat.getPermalink", data=body) as answer,
    ):
        assert answer.status == 200
        assert (await answer.json())["ok"] is False
