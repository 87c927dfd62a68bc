"""What Slack refuses, and with which words: one row per rule."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_TOKEN, BOT_USER, GENERAL, HELP, NORA, PRIVATE, TEAM
from tests.playground.slack.conftest import Slack

MORE_SCOPES = ["reactions:write", "files:write", "users:read", "team:read", "channels:join"]
ARCHIVED = "C0ARCHIVED"
STRANGE = "C0NEXTDOOR"
TEXT = {"type": "markdown_text", "text": "more"}
RULERS: dict[str, Any] = {"type": "blocks", "blocks": [{"type": "divider"}] * 17}
BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Press"}}
ACTIONS = {"type": "actions"}
HOME = {"type": "home", "blocks": []}


@dataclass(frozen=True)
class Refusal:
    """One call that must fail; arguments beginning with $ stand for the ts of a prepared message."""

    method: str
    error: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    token: str | None = BOT_TOKEN


def feedback(**more: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"text": {"type": "plain_text", "text": "Good"}, "value": "good"} | more
    bad = {"text": {"type": "plain_text", "text": "Bad"}, "value": "bad"}
    buttons = {"type": "feedback_buttons", "positive_button": good, "negative_button": bad}
    return {"type": "context_actions", "elements": [buttons]}


def post(error: str, name: str, **arguments: Any) -> Refusal:
    return Refusal("chat.postMessage", error, name, {"channel": GENERAL} | arguments)


def update(error: str, name: str, **arguments: Any) -> Refusal:
    return Refusal("chat.update", error, name, {"channel": GENERAL, "ts": "$bot"} | arguments)


def start(error: str, name: str, **arguments: Any) -> Refusal:
    known = {
        "channel": HELP,
        "thread_ts": "$question",
        "recipient_user_id": ANA,
        "recipient_team_id": TEAM,
    }
    return Refusal("chat.startStream", error, name, known | arguments)


def append(error: str, name: str, **arguments: Any) -> Refusal:
    return Refusal("chat.appendStream", error, name, {"channel": HELP, "ts": "$stream"} | arguments)


def stop(error: str, name: str, **arguments: Any) -> Refusal:
    return Refusal("chat.stopStream", error, name, {"channel": HELP, "ts": "$stream"} | arguments)


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


AUTH = [
    Refusal("auth.test", "not_authed", "no token", token=None),
    Refusal("auth.test", "invalid_auth", "an unknown token", token="xoxb-unknown"),
    Refusal("chat.postMessage", "not_allowed_token_type", "the app-level token", token=APP_TOKEN),
    Refusal("apps.connections.open", "not_allowed_token_type", "a bot token opens no socket"),
    Refusal("apps.connections.open", "invalid_auth", "an unknown token", token="xapp-unknown"),
    Refusal("chat.postMassage", "unknown_method", "a misspelt method"),
    Refusal("files.upload", "method_deprecated", "uploading in one call"),
    Refusal("apps.uninstall", "invalid_client_id", "a wrong client"),
    Refusal("api.test", "nonsense", "an error asked for", {"error": "nonsense"}, token=None),
]
POSTING = [
    post("invalid_arguments", "no channel", channel="", text="hi"),
    post("channel_not_found", "an unknown channel", channel="C0NOWHERE", text="hi"),
    post("channel_not_found", "a private channel without the bot", channel=PRIVATE, text="hi"),
    post("not_in_channel", "a public channel without the bot", channel=STRANGE, text="hi"),
    post("is_archived", "an archived channel", channel=ARCHIVED, text="hi"),
    post("channel_not_found", "a stranger", channel="U0STRANGER", text="hi"),
    post("no_text", "nothing at all"),
    post("no_text", "blank text", text="  \n"),
    post("markdown_text_conflict", "Markdown and text", text="a", markdown_text="b"),
    post("markdown_text_conflict", "Markdown and blocks", blocks=[section(1)], markdown_text="b"),
    post("msg_too_long", "Markdown of 12,001 characters", markdown_text="x" * 12_001),
    post("thread_not_found", "an unknown thread", text="a", thread_ts="1.000001"),
    post("cannot_reply_to_message", "a deleted thread head", text="a", thread_ts="$tombstone"),
    post("too_many_attachments", "101 attachments", attachments=[{"text": "a"}] * 101),
    post("invalid_blocks_format", "blocks that are no list", blocks="{}"),
    post("invalid_blocks_format", "blocks that are no JSON", blocks="["),
    post("invalid_blocks", "51 blocks", blocks=[{"type": "divider"}] * 51),
    post("invalid_blocks", "an unknown type of block", blocks=[{"type": "poem"}]),
    post("invalid_blocks", "a section of 3,001 characters", blocks=[section(3_001)]),
    post("invalid_blocks", "the same block_id twice", blocks=[section(1) | {"block_id": "b"}] * 2),
    post(
        "invalid_blocks", "the same action_id twice", blocks=[{"type": "actions", "elements": [BUTTON] * 2}]
    ),
    post(
        "invalid_blocks",
        "a header of 151 characters",
        blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    ),
    post(
        "invalid_blocks",
        "a button value of 2,001 characters",
        blocks=[{"type": "actions", "elements": [BUTTON | {"value": "x" * 2_001}]}],
    ),
    post("invalid_blocks", "a feedback value of 2,001 characters", blocks=[feedback(value="x" * 2_001)]),
    post(
        "invalid_blocks",
        "a feedback text of 76 characters",
        blocks=[feedback(text={"type": "plain_text", "text": "x" * 76})],
    ),
    post("msg_blocks_too_long", "13,201 characters in all blocks", blocks=[section(2_700)] * 5),
    post("invalid_metadata_format", "metadata without a payload", text="a", metadata={"event_type": "x"}),
    post("invalid_metadata_format", "metadata that is no object", text="a", metadata="[]"),
    post(
        "metadata_too_large",
        "metadata of over 16 kB",
        text="a",
        metadata={"event_type": "x", "event_payload": {"y": "z" * 16_384}},
    ),
    post("missing_scope", "another name without the scope", text="a", username="Santa"),
    Refusal(
        "chat.postEphemeral",
        "user_not_in_channel",
        "a stranger",
        {"channel": GENERAL, "user": NORA, "text": "a"},
    ),
    Refusal("chat.postEphemeral", "user_not_found", "nobody", {"channel": GENERAL, "text": "a"}),
    Refusal("chat.getPermalink", "message_not_found", "nothing", {"channel": GENERAL, "message_ts": "1.0"}),
]
EDITING = [
    update("message_not_found", "an unknown message", ts="1.000001", text="a"),
    update("cant_update_message", "a person's message", ts="$question", text="a", channel=HELP),
    update("msg_too_long", "text of 4,001 characters", text="x" * 4_001),
    update("msg_too_long", "Markdown of 12,001 characters", markdown_text="x" * 12_001),
    update("no_text", "nothing"),
    update("markdown_text_conflict", "Markdown and text", text="a", markdown_text="b"),
    update("streaming_state_conflict", "a stream that is open", channel=HELP, ts="$stream", text="a"),
    update("channel_not_found", "an unknown channel", channel="C0NOWHERE", text="a"),
    Refusal("chat.delete", "message_not_found", "an unknown message", {"channel": GENERAL, "ts": "1.0"}),
    Refusal("chat.delete", "cant_delete_message", "a person's", {"channel": HELP, "ts": "$question"}),
    Refusal("chat.delete", "invalid_arguments", "no ts", {"channel": GENERAL}),
]
STREAMING = [
    start("invalid_arguments", "no thread", thread_ts=None),
    start("thread_not_found", "an unknown thread", thread_ts="1.000001"),
    start("missing_recipient_team_id", "no team in a channel", recipient_team_id=None),
    start("missing_recipient_user_id", "no person in a channel", recipient_user_id=None),
    start("user_not_found", "an unknown person", recipient_user_id="U0STRANGER"),
    start("user_not_found", "a person of another team", recipient_team_id="T0NORTHWIND"),
    start("invalid_arguments", "an unknown display", task_display_mode="poem"),
    start("invalid_arguments", "chunks and Markdown", chunks=[TEXT], markdown_text="a"),
    start("invalid_chunks", "chunks that are no list", chunks="{}"),
    start("not_in_channel", "a channel without the bot", channel=STRANGE),
    append("no_text", "nothing"),
    append("no_text", "an empty list", chunks=[]),
    append("message_not_found", "an unknown message", ts="1.000001", chunks=[TEXT]),
    append("message_not_owned_by_app", "a person's message", ts="$question", chunks=[TEXT]),
    append("message_not_in_streaming_state", "no stream", ts="$bot", channel=GENERAL, chunks=[TEXT]),
    append("message_not_in_streaming_state", "a finished stream", ts="$finished", chunks=[TEXT]),
    append("streaming_mode_mismatch", "Markdown where chunks began", markdown_text="a"),
    append("streaming_mode_mismatch", "chunks where Markdown began", ts="$markdown", chunks=[TEXT]),
    append("invalid_chunks", "an unknown chunk", chunks=[{"type": "poem"}]),
    append("invalid_chunks", "a chunk without text", chunks=[{"type": "markdown_text"}]),
    append("invalid_chunks", "a task without an id", chunks=[{"type": "task_update", "title": "a"}]),
    append(
        "invalid_chunks",
        "a task of unknown status",
        chunks=[{"type": "task_update", "id": "1", "title": "a", "status": "sleeping"}],
    ),
    append("invalid_chunks", "a plan without a title", chunks=[{"type": "plan_update"}]),
    append(
        "invalid_chunks", "a title of 257 characters", chunks=[{"type": "plan_update", "title": "x" * 257}]
    ),
    append("msg_too_long", "a chunk of 12,001 characters", chunks=[TEXT | {"text": "x" * 12_001}]),
    append("msg_too_long", "Markdown of 12,001 characters", ts="$markdown", markdown_text="x" * 12_001),
    append("invalid_blocks", "a bad block", chunks=[{"type": "blocks", "blocks": [{"type": "poem"}]}]),
    append(
        "msg_blocks_too_many",
        "51 blocks in two chunks",
        chunks=[RULERS, RULERS | {"blocks": RULERS["blocks"] * 2}],
    ),
    stop("message_not_in_streaming_state", "a finished stream", ts="$finished"),
    stop("message_not_found", "an unknown message", ts="1.000001"),
    stop("invalid_blocks", "51 blocks", blocks=[{"type": "divider"}] * 51),
    stop("invalid_metadata_format", "bad metadata", metadata={"event_type": 1}),
    stop("invalid_status", "an unknown status", session_status="sleeping"),
]
AGENTS = [
    Refusal(
        "assistant.threads.setStatus",
        "invalid_thread_ts",
        "an unknown thread",
        {"channel_id": HELP, "thread_ts": "1.0", "status": "is thinking"},
    ),
    Refusal(
        "assistant.threads.setStatus",
        "invalid_arguments",
        "eleven loading messages",
        {"channel_id": HELP, "thread_ts": "$question", "status": "a", "loading_messages": ["a"] * 11},
    ),
    Refusal(
        "assistant.threads.setStatus",
        "not_in_channel",
        "a channel without the bot",
        {"channel_id": STRANGE, "thread_ts": "1.0", "status": "a"},
    ),
    Refusal(
        "assistant.threads.setSuggestedPrompts",
        "invalid_arguments",
        "five prompts",
        {"channel_id": HELP, "prompts": [{"title": "a", "message": "b"}] * 5},
    ),
    Refusal(
        "assistant.threads.setSuggestedPrompts",
        "invalid_arguments",
        "a prompt without a message",
        {"channel_id": HELP, "prompts": [{"title": "a"}]},
    ),
    Refusal(
        "assistant.threads.setTitle",
        "invalid_arguments",
        "no title",
        {"channel_id": HELP, "thread_ts": "$question"},
    ),
    Refusal(
        "agents.sessions.setStatus",
        "invalid_status",
        "an unknown status",
        {"channel_id": HELP, "status": "x"},
    ),
    Refusal("agents.sessions.rename", "session_not_found", "no session", {"channel_id": HELP, "title": "x"}),
]
READING = [
    Refusal("conversations.info", "channel_not_found", "an unknown channel", {"channel": "C0NOWHERE"}),
    Refusal("conversations.info", "channel_not_found", "a private one without the bot", {"channel": PRIVATE}),
    Refusal("conversations.list", "invalid_types", "an unknown type", {"types": "secret_channel"}),
    Refusal("conversations.list", "invalid_limit", "1,001 a page", {"limit": 1_001}),
    Refusal("conversations.list", "invalid_cursor", "a cursor of ours", {"cursor": "page two"}),
    Refusal("conversations.history", "not_in_channel", "a channel without the bot", {"channel": STRANGE}),
    Refusal("conversations.history", "invalid_limit", "1,000 a page", {"channel": HELP, "limit": 1_000}),
    Refusal("conversations.history", "invalid_ts_oldest", "no time", {"channel": HELP, "oldest": "noon"}),
    Refusal("conversations.history", "invalid_ts_latest", "no time", {"channel": HELP, "latest": "noon"}),
    Refusal("conversations.replies", "thread_not_found", "an unknown thread", {"channel": HELP, "ts": "1.0"}),
    Refusal("conversations.open", "users_list_not_supplied", "nobody"),
    Refusal("conversations.open", "user_not_found", "a stranger", {"users": "U0STRANGER"}),
    Refusal("conversations.open", "too_many_users", "nine people", {"users": ",".join([ANA] * 9)}),
    Refusal("conversations.open", "cannot_dm_bot", "a bot", {"users": "U0DEPLOYBOT"}),
    Refusal("conversations.join", "is_archived", "an archived channel", {"channel": ARCHIVED}),
    Refusal("conversations.leave", "cant_leave_general", "#general", {"channel": GENERAL}),
    Refusal("users.info", "user_not_found", "a stranger", {"user": "U0STRANGER"}),
    Refusal("bots.info", "bot_not_found", "an unknown bot", {"bot": "B0NOBODY"}),
    Refusal("team.info", "team_not_found", "an unknown team", {"team": "T0NOWHERE"}),
]
REACTING = [
    Refusal("reactions.add", "invalid_name", "no name", {"channel": HELP, "timestamp": "$question"}),
    Refusal(
        "reactions.add",
        "invalid_name",
        "an emoji instead of its name",
        {"channel": HELP, "timestamp": "$question", "name": "👍"},
    ),
    Refusal("reactions.add", "no_item_specified", "no message", {"name": "eyes", "channel": HELP}),
    Refusal(
        "reactions.add",
        "message_not_found",
        "an unknown message",
        {"channel": HELP, "timestamp": "1.0", "name": "eyes"},
    ),
    Refusal(
        "reactions.add",
        "already_reacted",
        "the same twice",
        {"channel": GENERAL, "timestamp": "$bot", "name": "tea"},
    ),
    Refusal(
        "reactions.remove",
        "no_reaction",
        "what is not there",
        {"channel": GENERAL, "timestamp": "$bot", "name": "eyes"},
    ),
]
FILES_AND_VIEWS = [
    Refusal("files.getUploadURLExternal", "invalid_arguments", "no length", {"filename": "a.txt"}),
    Refusal("files.getUploadURLExternal", "invalid_arguments", "no name", {"length": 3}),
    Refusal("files.completeUploadExternal", "invalid_arguments", "no files", {"files": []}),
    Refusal("files.completeUploadExternal", "file_not_found", "an unknown file", {"files": [{"id": "F0"}]}),
    Refusal("files.info", "file_not_found", "an unknown file", {"file": "F0"}),
    Refusal("views.publish", "user_not_found", "a stranger", {"user_id": "U0STRANGER", "view": HOME}),
    Refusal("views.publish", "invalid_arguments", "a modal", {"user_id": ANA, "view": {"type": "modal"}}),
    Refusal("views.publish", "invalid_arguments", "no blocks", {"user_id": ANA, "view": {"type": "home"}}),
    Refusal(
        "views.publish",
        "invalid_blocks",
        "a bad block",
        {"user_id": ANA, "view": {"type": "home", "blocks": [{"type": "poem"}]}},
    ),
    Refusal(
        "views.publish",
        "view_too_large",
        "too much private metadata",
        {"user_id": ANA, "view": HOME | {"private_metadata": "x" * 3_001}},
    ),
    Refusal(
        "views.open",
        "invalid_trigger_id",
        "an unknown trigger",
        {"trigger_id": "1", "view": {"type": "modal", "blocks": []}},
    ),
    Refusal("views.update", "not_found", "an unknown view", {"view_id": "V0", "view": HOME}),
    Refusal("oauth.v2.access", "invalid_client_id", "a wrong client", {"client_id": "1"}, token=None),
    Refusal(
        "oauth.v2.access",
        "bad_client_secret",
        "a wrong secret",
        {"client_id": "1000000000.2000000000", "client_secret": "x"},
        token=None,
    ),
    Refusal(
        "oauth.v2.access",
        "invalid_code",
        "an unknown code",
        {"client_id": "1000000000.2000000000", "client_secret": "playground-client-secret", "code": "x"},
        token=None,
    ),
]
TABLE = [*AUTH, *POSTING, *EDITING, *STREAMING, *AGENTS, *READING, *REACTING, *FILES_AND_VIEWS]


@pytest.fixture
async def prepared(slack: Slack, driver: SlackDriver) -> AsyncIterator[dict[str, str]]:
    """Messages to refer to, by name."""
    slack.scopes.extend(MORE_SCOPES)
    slack.add_channel(ARCHIVED, "old", [ANA, BOT_USER]).is_archived = True
    slack.add_channel(STRANGE, "next-door", [ANA])
    await driver.set_limits(0)
    client = slack.client()
    question = await driver.send(ANA, HELP, "a question")
    posted = await client.chat_postMessage(channel=GENERAL, text="an answer")
    await client.reactions_add(channel=GENERAL, timestamp=posted["ts"], name="tea")
    head = await client.chat_postMessage(channel=GENERAL, text="a thread")
    await client.chat_postMessage(channel=GENERAL, text="a reply", thread_ts=head["ts"])
    await client.chat_delete(channel=GENERAL, ts=head["ts"])
    place: dict[str, Any] = {
        "channel": HELP,
        "thread_ts": question,
        "recipient_user_id": ANA,
        "recipient_team_id": TEAM,
    }
    stream = await client.chat_startStream(**place, chunks=[TEXT])
    markdown = await client.chat_startStream(**place, markdown_text="a")
    finished = await client.chat_startStream(**place, chunks=[TEXT])
    await client.chat_stopStream(channel=HELP, ts=finished["ts"])
    yield {
        "$question": question,
        "$bot": posted["ts"],
        "$tombstone": head["ts"],
        "$stream": stream["ts"],
        "$markdown": markdown["ts"],
        "$finished": finished["ts"],
    }


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.method}: {rule.name}")
async def test_refusal(slack: Slack, prepared: dict[str, str], rule: Refusal) -> None:
    given = {
        key: prepared.get(value, value) if isinstance(value, str) else value
        for key, value in rule.arguments.items()
        if value is not None
    }
    before = await slack.messages()
    answer = await slack.call(rule.method, rule.token, **given)
    assert (answer["ok"], answer["error"]) == (False, rule.error)
    assert await slack.messages() == before
