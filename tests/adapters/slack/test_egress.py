"""What leaves: streams, plain posts, and every way in which either can go wrong."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from core.errors import Gone, RateLimited, Refused, Uncertain, Unreachable
from core.message import Conversation, Person, Platform, Post, Reply
from core.ports import Channel
from core.testing import FakeClock
from tests.adapters.slack.conftest import MakeAdapter
from tests.adapters.slack.scripted import BOT, HANG_UP, TEAM, Bare, ScriptedSlack, too_many_requests
from tests.ports import free_port

PLACE = Conversation(
    platform=Platform.SLACK, tenant=TEAM, channel="C0LAN2Q65", thread="1767225500.000100", direct=False
)
ANA = Person(platform=Platform.SLACK, tenant=TEAM, id="U2147483697")
STREAM_TS, PLAIN_TS = "1767225600.000200", "1767225600.000100"


def make_post(clock: FakeClock, **changes: Any) -> Post:
    fields: dict[str, Any] = {
        "id": "post-1",
        "turn_id": "turn-1",
        "conversation": PLACE,
        "recipient": ANA,
        "created_at": clock.now(),
    }
    return Post(**(fields | changes))


@pytest.fixture
def channel(adapter: SlackAdapter) -> Channel:
    return adapter.channel


@pytest.fixture
async def streamed(channel: Channel, clock: FakeClock) -> AsyncIterator[Post]:
    """A post that was placed as a stream."""
    post = make_post(clock)
    yield make_post(clock, platform_id=await channel.place(post))


def markdown_of(arguments: dict[str, Any]) -> str:
    return "".join(block["text"] for block in arguments["blocks"] if block["type"] == "markdown")


def has_buttons(arguments: dict[str, Any]) -> bool:
    return any(block["type"] == "context_actions" for block in arguments.get("blocks", []))


def appended(slack: ScriptedSlack) -> str:
    calls = [*slack.made("chat.appendStream"), *slack.made("chat.stopStream")]
    return "".join(chunk["text"] for call in calls for chunk in call.get("chunks", []))


async def test_answer_streams_to_the_person_who_asked(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    assert streamed.platform_id == STREAM_TS
    start = slack.made("chat.startStream")[0]
    assert start["thread_ts"] == PLACE.thread
    assert (start["recipient_team_id"], start["recipient_user_id"]) == (TEAM, ANA.id)
    await channel.show(streamed, "An espresso is small.\n\n")
    await channel.show(streamed, "An espresso is small.\n\nIt is strong.\n\n")
    await channel.settle(streamed, Reply(text="An espresso is small.\n\nIt is strong.\n\nThat is all."))
    assert appended(slack) == "An espresso is small.\n\nIt is strong.\n\nThat is all."
    stop = slack.made("chat.stopStream")[0]
    assert has_buttons(stop)
    assert stop["metadata"]["event_payload"] == {"post_id": "post-1"}
    assert slack.made("chat.update") == []


async def test_a_notice_is_a_plain_post_without_buttons(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    post = make_post(clock, quiet=True)
    post = make_post(clock, quiet=True, platform_id=await channel.place(post))
    assert post.platform_id == PLAIN_TS
    placed = slack.made("chat.postMessage")[0]
    assert placed["metadata"]["event_payload"] == {"post_id": "post-1"}
    assert (placed["unfurl_links"], placed["unfurl_media"]) == (False, False)
    await channel.settle(post, Reply(text="Done."))
    update = slack.made("chat.update")[0]
    assert markdown_of(update) == "Done."
    assert not has_buttons(update)
    assert slack.made("chat.stopStream") == []


async def test_only_the_last_part_has_buttons(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    post = make_post(clock, last=False)
    post = make_post(clock, last=False, platform_id=await channel.place(post))
    await channel.settle(post, Reply(text="First part."))
    assert not has_buttons(slack.made("chat.stopStream")[0])


NO_STREAM = ["missing_recipient_team_id", "unknown_method", "channel_type_not_supported"]


@pytest.mark.parametrize("error", NO_STREAM)
async def test_a_refused_stream_becomes_a_plain_post(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock, error: str
) -> None:
    slack.refuse("chat.startStream", error)
    post = make_post(clock)
    post = make_post(clock, platform_id=await channel.place(post))
    await channel.show(post, "Growing")
    await channel.settle(post, Reply(text="Grown."))
    assert post.platform_id == PLAIN_TS
    assert [markdown_of(call) for call in slack.made("chat.update")] == ["Growing", "Grown."]


async def test_streams_that_slack_limits_become_plain_posts(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    slack.script("chat.startStream", too_many_requests(30))
    assert await channel.place(make_post(clock)) == PLAIN_TS
    assert await channel.place(make_post(clock, id="2", conversation=elsewhere("C2"))) == PLAIN_TS
    assert len(slack.made("chat.startStream")) == 1
    await clock.advance(61)
    assert await channel.place(make_post(clock, id="3", conversation=elsewhere("C3"))) == STREAM_TS


async def test_twenty_streams_a_minute_and_the_rest_as_plain_posts(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    placed = [
        await channel.place(make_post(clock, id=str(number), conversation=elsewhere(f"C{number}")))
        for number in range(25)
    ]
    assert placed == [STREAM_TS] * 20 + [PLAIN_TS] * 5


def elsewhere(channel: str) -> Conversation:
    return Conversation(platform=Platform.SLACK, tenant=TEAM, channel=channel, thread=PLACE.thread)


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "stopped_by_user"])
async def test_a_stream_that_ended_early_still_shows_the_whole_answer(
    channel: Channel, slack: ScriptedSlack, streamed: Post, error: str
) -> None:
    await channel.show(streamed, "One.\n\n")
    slack.refuse("chat.stopStream", error)
    await channel.settle(streamed, Reply(text="One.\n\nTwo."))
    update = slack.made("chat.update")[0]
    assert markdown_of(update) == "One.\n\nTwo."
    assert has_buttons(update)


async def test_previews_go_on_after_a_stream_expired(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    slack.refuse("chat.appendStream", "message_not_in_streaming_state")
    await channel.show(streamed, "One.\n\n")
    await channel.show(streamed, "One.\n\nTwo.\n\n")
    await channel.settle(streamed, Reply(text="One.\n\nTwo.\n\nThree."))
    assert markdown_of(slack.made("chat.update")[-1]) == "One.\n\nTwo.\n\nThree."
    assert len(slack.made("chat.update")) == 2


async def test_an_answer_that_begins_anew_replaces_what_was_streamed(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    await channel.show(streamed, "An espresso.\n\n")
    await channel.settle(streamed, Reply(text="A lungo."))
    assert slack.methods[-2:] == ["chat.stopStream", "chat.update"]
    assert markdown_of(slack.made("chat.update")[0]) == "A lungo."


async def test_a_lost_answer_to_an_append_never_doubles_text(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    slack.script("chat.appendStream", HANG_UP)
    with pytest.raises(Uncertain):
        await channel.show(streamed, "One.\n\n")
    await channel.settle(streamed, Reply(text="One.\n\nTwo."))
    assert markdown_of(slack.made("chat.update")[0]) == "One.\n\nTwo."
    assert len(slack.made("chat.appendStream")) == 1


async def test_a_limited_append_is_made_up_for(
    channel: Channel, slack: ScriptedSlack, streamed: Post, clock: FakeClock
) -> None:
    slack.script("chat.appendStream", too_many_requests(1))
    with pytest.raises(RateLimited) as caught:
        await channel.show(streamed, "One.\n\n")
    assert caught.value.retry_after == 1
    await clock.advance(1)
    await channel.settle(streamed, Reply(text="One.\n\nTwo."))
    stop = slack.made("chat.stopStream")[0]
    assert "".join(chunk["text"] for chunk in stop["chunks"]) == "One.\n\nTwo."


async def test_settling_after_a_restart_closes_the_stream_first(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock
) -> None:
    adapter = make_adapter()
    await adapter.start()
    await adapter.channel.settle(make_post(clock, platform_id=STREAM_TS), Reply(text="Whole."))
    assert slack.methods[-2:] == ["chat.stopStream", "chat.update"]
    slack.refuse("chat.stopStream", "message_not_in_streaming_state")
    await adapter.channel.settle(make_post(clock, platform_id=STREAM_TS), Reply(text="Whole."))
    assert [markdown_of(call) for call in slack.made("chat.update")] == ["Whole.", "Whole."]
    await adapter.stop()


async def test_a_lost_answer_to_the_end_of_a_stream_is_mended_by_settling_again(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    slack.script("chat.stopStream", HANG_UP)
    with pytest.raises(Unreachable):
        await channel.settle(streamed, Reply(text="Whole."))
    slack.refuse("chat.stopStream", "message_not_in_streaming_state")
    await channel.settle(streamed, Reply(text="Whole."))
    assert markdown_of(slack.made("chat.update")[0]) == "Whole."


@pytest.mark.parametrize("method", ["chat.startStream", "chat.postMessage"])
@pytest.mark.parametrize(
    "trouble",
    [
        HANG_UP,
        Bare(status=502, text="bad gateway"),
        Bare(status=200, text="<html>", content_type="text/html"),
        Bare(status=200, text="hello", content_type="text/plain"),
        Bare(status=200, text="{", content_type="application/json"),
        {"ok": False, "error": "internal_error"},
    ],
)
async def test_a_lost_answer_to_placing_is_never_repeated_blindly(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock, method: str, trouble: Any
) -> None:
    slack.script(method, trouble)
    with pytest.raises(Uncertain):
        await channel.place(make_post(clock, quiet=method == "chat.postMessage"))
    assert len(slack.made(method)) == 1


async def test_slack_out_of_reach_is_known_before_anything_was_sent(
    make_adapter: MakeAdapter, slack: ScriptedSlack, clock: FakeClock
) -> None:
    adapter = make_adapter()
    await adapter.start()
    adapter._api.base_url = f"http://127.0.0.1:{free_port()}/api/"
    with pytest.raises(Unreachable):
        await adapter.channel.place(make_post(clock))
    await adapter.stop()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("channel_not_found", Gone),
        ("is_archived", Gone),
        ("not_in_channel", Gone),
        ("account_inactive", Gone),
        ("token_revoked", Gone),
        ("restricted_action", Refused),
    ],
)
async def test_refusals_to_place(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock, error: str, expected: type[Refused]
) -> None:
    slack.refuse("chat.startStream", error)
    slack.refuse("chat.postMessage", error)
    with pytest.raises(expected) as caught:
        await channel.place(make_post(clock))
    assert isinstance(caught.value, Gone) == (expected is Gone)


async def test_a_limit_holds_the_method_back(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    slack.script("chat.update", too_many_requests(7))
    post = make_post(clock, quiet=True, platform_id=await channel.place(make_post(clock, quiet=True)))
    with pytest.raises(RateLimited) as caught:
        await channel.settle(post, Reply(text="Done."))
    assert caught.value.retry_after == 7


async def test_find_by_metadata(channel: Channel, slack: ScriptedSlack, clock: FakeClock) -> None:
    ours = {"event_type": "frontdesk_post", "event_payload": {"post_id": "post-1"}}
    other = {"event_type": "frontdesk_post", "event_payload": {"post_id": "post-0"}}
    slack.script(
        "conversations.replies",
        {
            "messages": [
                {"ts": PLACE.thread, "user": ANA.id},
                {"ts": "1767225590.000001", "bot_id": BOT, "metadata": other},
                {"ts": "1767225595.000001", "bot_id": "B0OTHER", "metadata": ours},
            ],
            "response_metadata": {"next_cursor": "more"},
        },
        {"messages": [{"ts": PLAIN_TS, "bot_id": BOT, "metadata": ours}]},
    )
    assert await channel.find(make_post(clock)) == PLAIN_TS
    first, second = slack.made("conversations.replies")
    assert float(first["oldest"]) == (clock.now() - timedelta(seconds=30)).timestamp()
    assert second["cursor"] == "more"


async def test_find_a_stream_that_was_never_finished(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    other = {"event_type": "frontdesk_post", "event_payload": {"post_id": "post-0"}}
    done = {"bot_id": BOT, "streaming_state": "completed", "metadata": other}
    slack.script(
        "conversations.replies",
        {
            "messages": [
                {"ts": "1767225590.000001"} | done,
                {"ts": STREAM_TS, "bot_id": BOT, "streaming_state": "in_progress"},
            ]
        },
    )
    assert await channel.find(make_post(clock)) == STREAM_TS


async def test_what_is_not_there_is_not_found(channel: Channel, clock: FakeClock) -> None:
    assert await channel.find(make_post(clock)) is None
    top_level = Conversation(platform=Platform.SLACK, tenant=TEAM, channel="D1", direct=True)
    assert await channel.find(make_post(clock, conversation=top_level)) is None


async def test_withdrawing_twice_succeeds(channel: Channel, slack: ScriptedSlack, streamed: Post) -> None:
    await channel.withdraw(streamed)
    slack.refuse("chat.delete", "message_not_found")
    await channel.withdraw(streamed)
    assert len(slack.made("chat.delete")) == 2


async def test_working_shows_status_and_stop_and_rest_takes_them_down(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    await channel.working(make_post(clock))
    assert slack.made("agents.sessions.setStatus")[0]["status"] == "processing"
    assert slack.made("assistant.threads.setStatus")[0]["thread_ts"] == PLACE.thread
    await channel.rest(make_post(clock))
    await slack.until(lambda: len(slack.made("assistant.threads.setStatus")) == 2)
    assert slack.made("agents.sessions.setStatus")[-1]["status"] == "active"
    assert slack.made("assistant.threads.setStatus")[-1]["status"] == ""


async def test_the_status_line_does_not_stay_where_an_answer_is_written_anew(
    channel: Channel, slack: ScriptedSlack, streamed: Post
) -> None:
    await channel.working(streamed)
    await channel.settle(streamed, Reply(text="Another answer."))
    await channel.rest(streamed)
    await slack.until(lambda: len(slack.made("assistant.threads.setStatus")) == 2)
    assert slack.made("assistant.threads.setStatus")[-1]["status"] == ""


async def test_a_workspace_without_agents_is_asked_only_once(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    slack.refuse("agents.sessions.setStatus", "unknown_method")
    slack.refuse("assistant.threads.setStatus", "missing_scope")
    await channel.working(make_post(clock))
    await channel.working(make_post(clock, id="2"))
    assert len(slack.made("agents.sessions.setStatus")) == 1
    assert len(slack.made("assistant.threads.setStatus")) == 1


async def test_working_never_stands_in_the_way(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    slack.script("agents.sessions.setStatus", HANG_UP)
    slack.script("assistant.threads.setStatus", Bare(status=500))
    await channel.working(make_post(clock))
    for number in range(40):
        await channel.working(make_post(clock, id=str(number)))
    assert len(slack.made("agents.sessions.setStatus")) == 25


async def test_cadence_slows_down_as_answers_share_the_limits(channel: Channel, clock: FakeClock) -> None:
    assert channel.cadence(PLACE) == 1.0
    for number in range(20):
        place = elsewhere(f"C{number}")
        await channel.place(make_post(clock, id=str(number), conversation=place))
    assert channel.cadence(elsewhere("C0")) > 10


def test_parts_are_the_same_each_time(channel: Channel) -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 50 for number in range(200))
    parts = channel.split(Reply(text=text))
    assert len(parts) > 1
    assert list(parts) == list(channel.split(Reply(text=text)))


async def test_a_reply_that_is_known_already_takes_one_call(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    reply = Reply(text="Hello **there**")
    placed = make_post(clock, platform_id=await channel.place(make_post(clock), reply))
    await channel.settle(placed, reply)
    assert slack.methods == ["auth.test", "chat.postMessage"]
    (said,) = slack.made("chat.postMessage")
    assert markdown_of(said) == "Hello **there**"
    assert has_buttons(said)
    assert said["metadata"]["event_payload"] == {"post_id": "post-1"}


async def test_a_post_that_was_put_up_whole_can_be_written_anew(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    placed = make_post(clock, platform_id=await channel.place(make_post(clock), Reply(text="Hello")))
    await channel.settle(placed, Reply(text="Good evening"))
    assert markdown_of(slack.made("chat.update")[-1]) == "Good evening"


async def test_a_reply_that_slack_refuses_leaves_a_placeholder_in_its_place(
    channel: Channel, slack: ScriptedSlack, clock: FakeClock
) -> None:
    slack.refuse("chat.postMessage", "msg_blocks_too_long")
    placing = asyncio.create_task(channel.place(make_post(clock, quiet=True), Reply(text="Hello")))
    await slack.until(lambda: len(slack.made("chat.postMessage")) == 1)
    async with asyncio.timeout(60):
        while not placing.done():  # one post a second and channel
            await clock.advance(1)
            await asyncio.sleep(0.005)
    assert placing.result() == PLAIN_TS
    assert [markdown_of(call) if "blocks" in call else "" for call in slack.made("chat.postMessage")] == [
        "Hello",
        "",
    ]
