"""What leaves: paced, whole, in one piece or in parts, and never twice."""

import pytest

from bots.playground.slack.seed import BOT_USER, NORA, SHARED
from bots.playground.telegram.driver import replies
from bots.playground.telegram.seed import GROUP
from tests.delivery.stories.bot import Bot, Side, told_on, until

pytestmark = told_on("sqlite", "postgres")

WAIT = 7
"""Seconds."""
AWAY = 180.0
"""Seconds."""
LONG = "\n\n".join(
    f"Paragraph {number}: " + " ".join(f"word{number}x{n}" for n in range(60)) + " 🌾" for number in range(40)
)
"""Some 26,000 characters."""


@pytest.mark.parametrize("call", ["puts_up", "finishes"])
async def test_when_told_to_slow_down_the_bot_waits_as_long_as_it_was_told(
    bot: Bot, side: Side, call: str
) -> None:
    method = getattr(side, call)
    if method == "chat.startStream":  # a stream that is refused for now gives way to a post at once
        await side.driver.add_fault("too_many_requests", method=method, remaining=1, retry_after=60)
        method = "chat.postMessage"
    await bot.start(held=True)
    await side.driver.add_fault("too_many_requests", method=method, remaining=1, retry_after=WAIT)
    await side.say("please answer in full")
    await side.begun()
    bot.engine.hold.set()
    async with bot.hurrying():
        await side.sees("echo: please answer in full")
    first, second, *_ = await side.driver.journal(direction="request", method=method)
    assert second["at"] - first["at"] >= WAIT
    assert len([post for post in await side.posts() if post.text != "…"]) == 1


async def test_a_long_answer_arrives_whole_in_parts_within_the_limits(bot: Bot, side: Side) -> None:
    await bot.start(LONG)
    await side.say("tell me everything")
    async with bot.hurrying():
        await until(lambda: bot.ask("SELECT 1 FROM turns WHERE state = 'answered'"))
        await bot.quiet()
    parts = await side.answers()
    assert len(parts) > 1
    assert " ".join("\n".join(parts).split()) == " ".join(LONG.split())
    longest = max(len(part.encode("utf-16-le")) // 2 for part in parts)
    assert longest <= (4096 if side.name == "telegram" else 12_000)
    refused = [*await side.driver.journal(outcome="*429*"), *await side.driver.journal(outcome="ratelimited")]
    assert refused == []


async def test_many_answers_at_once_never_break_a_rate_limit(bot: Bot, side: Side) -> None:
    await bot.start()
    for number in range(5):
        await side.say(f"question {number}", who=number % 3, at="group")
    # in real time: where time flies, a moment on the way is seconds
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 5)
    await bot.quiet()
    refused = [*await side.driver.journal(outcome="*429*"), *await side.driver.journal(outcome="ratelimited")]
    assert refused == []


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_stream_that_expires_still_ends_with_the_whole_answer(
    bot: Bot, slack: Side, method: str
) -> None:
    answer = "one two three four five six seven eight"
    await bot.start(answer, held=True)
    await slack.say("count")
    await bot.slack.wait_for_journal(method="chat.appendStream", outcome="ok")
    await bot.slack.add_fault("stream_expiry", method=method, remaining=1)
    bot.engine.hold.set()
    async with bot.hurrying():
        await slack.sees(answer)
    assert len(await slack.posts()) == 1


async def test_a_stream_that_outlives_its_five_minutes_loses_nothing(bot: Bot, slack: Side) -> None:
    answer = "one two three four five six seven eight"
    await bot.start(answer, held=True)
    await slack.say("count")
    await bot.slack.wait_for_journal(method="chat.appendStream", outcome="ok")
    bot.clock.push(400)
    bot.engine.hold.set()
    async with bot.hurrying():
        await slack.sees(answer)


async def test_a_recipient_slack_takes_no_stream_for_gets_a_plain_post(bot: Bot, slack: Side) -> None:
    """A message that does not say from which workspace its author comes, in a shared channel."""
    await bot.start()
    await bot.slack.send(NORA, SHARED, f"<@{BOT_USER}> hello")
    await bot.slack.wait_for_text(SHARED, "echo: hello")
    (event,) = await bot.slack.journal(direction="delivery", method="app_mention")
    payload = event["body"]["payload"]
    ts = await bot.slack.send(NORA, SHARED, "a message for its time")
    bare = {
        name: value
        for name, value in payload["event"].items()
        if name not in ("user_team", "source_team", "team", "thread_ts")
    }
    event_of = bare | {"ts": ts, "event_ts": ts, "text": f"<@{BOT_USER}> and me?"}
    bot.engine.hold.clear()
    last = (await bot.slack.journal())[-1]["number"]
    await bot.slack.deliver(payload | {"event_id": "Ev0BARE", "event": event_of})
    await bot.slack.wait_for_journal(method="chat.startStream", after=last)
    bot.engine.hold.set()
    answer = await bot.slack.wait_for_text(SHARED, "echo: and me?")
    assert answer["thread_ts"] == ts
    refused = [each for each in await bot.slack.journal(method="chat.startStream") if each["outcome"] != "ok"]
    assert refused


@pytest.mark.parametrize("call", ["puts_up", "finishes"])
async def test_a_send_whose_answer_was_lost_is_never_repeated_blindly(
    bot: Bot, side: Side, call: str
) -> None:
    await bot.start(held=True)
    await side.driver.add_fault("drop_after_commit", method=getattr(side, call), remaining=1)
    await side.say("hello")
    await side.begun()
    bot.engine.hold.set()
    async with bot.hurrying():
        await side.sees("echo: hello")
        await bot.quiet()
    posts = await side.posts()
    assert len(posts) <= (2 if side.name == "telegram" and call == "puts_up" else 1)
    assert [post.text for post in posts if post.text != "…"] == ["echo: hello"]


async def test_a_plain_post_whose_answer_was_lost_is_found_by_its_metadata(bot: Bot, slack: Side) -> None:
    await bot.start()
    await bot.slack.add_fault("too_many_requests", method="chat.startStream", remaining=1, retry_after=60)
    await bot.slack.add_fault("drop_after_commit", method="chat.postMessage", remaining=1)
    await slack.say("hello")
    async with bot.hurrying():
        await slack.sees("echo: hello")
    assert len(await slack.posts()) == 1
    assert len(await bot.slack.journal(method="chat.postMessage")) == 1


async def test_an_answer_whose_place_was_taken_away_is_not_silent(bot: Bot, telegram: Side) -> None:
    """Somebody deletes the placeholder while the model writes: the answer is posted anew."""
    await bot.start("The answer.", held=True)
    await telegram.say("hello", at="group")
    state = await bot.telegram.wait_for(lambda state: replies(state, GROUP))
    (placeholder,) = replies(state, GROUP)
    await bot.telegram.delete(GROUP, placeholder["id"])
    bot.engine.hold.set()
    async with bot.hurrying():
        await telegram.sees("The answer.", at="group")


async def test_a_platform_that_is_away_for_minutes_gets_every_answer_afterwards(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    for who in range(3):
        await side.say(f"question {who}", who=who)
    await until(lambda: len(bot.engine.prompts) == 3)
    await side.driver.add_fault("server_error", method="*", status=503)
    bot.engine.hold.set()
    async with bot.hurrying():
        await until(lambda: len(bot.ask("SELECT 1 FROM turns WHERE state = 'answered'")) == 3)
        refused = bot.clock.now()
        await until(lambda: (bot.clock.now() - refused).total_seconds() > AWAY)
        await side.driver.clear_faults()
        for who in range(3):
            await side.sees(f"echo: question {who}", who=who)
