"""The right place: answers land where the question stood, and conversations stay apart."""

import pytest

from bots.playground.scenario.script import Place
from bots.playground.slack.driver import replies as slack_replies
from bots.playground.slack.seed import ANA, BEN, BOT_USER, GENERAL, HELP
from bots.playground.telegram.driver import replies as telegram_replies
from bots.playground.telegram.seed import FORUM, GROUP, JONAS, MINA, ORDERS, RETURNS
from core.policy import Policy
from tests.delivery.stories.bot import QUICK, Bot, Side, until


async def test_a_mention_in_a_channel_is_answered_in_the_thread_under_it(bot: Bot, slack: Side) -> None:
    await bot.start()
    first = await bot.slack.send(ANA, GENERAL, f"<@{BOT_USER}> first")
    second = await bot.slack.send(BEN, GENERAL, f"<@{BOT_USER}> second")
    for text, thread in (("echo: first", first), ("echo: second", second)):
        assert (await bot.slack.wait_for_text(GENERAL, text))["thread_ts"] == thread


async def test_a_mention_deep_in_a_thread_is_answered_in_that_thread(bot: Bot, slack: Side) -> None:
    await bot.start()
    root = await bot.slack.send(ANA, GENERAL, "just among us")
    await bot.slack.send(BEN, GENERAL, f"<@{BOT_USER}> you too", thread_ts=root)
    assert (await bot.slack.wait_for_text(GENERAL, "echo: you too"))["thread_ts"] == root


async def test_a_question_in_a_topic_is_answered_in_that_topic(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await bot.telegram.send(MINA, FORUM, "@frontdesk_bot an order", topic=ORDERS)
    await bot.telegram.send(JONAS, FORUM, "@frontdesk_bot a return", topic=RETURNS)
    async with bot.hurrying():
        for text, topic in (("an order", ORDERS), ("a return", RETURNS)):
            assert (await bot.telegram.wait_for_text(FORUM, text))["thread"] == topic


async def test_a_question_in_a_group_is_answered_under_it(bot: Bot, telegram: Side) -> None:
    await bot.start()
    asked = await bot.telegram.send(MINA, GROUP, "@frontdesk_bot lunch?")
    answer = await bot.telegram.wait_for_text(GROUP, "lunch?")
    assert answer["reply_to"] == asked


@pytest.mark.parametrize("at", ["direct", "thread"])
async def test_no_new_session_begins_with_each_message(bot: Bot, side: Side, at: Place) -> None:
    await bot.start("I will.")
    await side.say("remember seven", at=at)
    await side.sees("I will.", at=at)
    await side.say("and now?", at=at)
    await until(lambda: len(bot.engine.prompts) == 2)
    assert "remember seven" in bot.engine.prompts[-1]


async def test_conversations_never_see_each_other(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("the canary sings", who=0)
    await side.sees("echo: the canary sings", who=0)
    places: tuple[tuple[int, Place], ...] = ((1, "direct"), (0, "group"), (0, "thread"))
    for who, at in places:
        await side.say("what do you know?", who=who, at=at)
    async with bot.hurrying():
        await until(lambda: len(bot.engine.prompts) == 1 + len(places))
        await bot.quiet()
    assert not any("canary" in prompt for prompt in bot.engine.prompts[1:])


@pytest.mark.parametrize("follows", [True, False])
async def test_following_a_thread_is_a_setting_of_the_channel(bot: Bot, slack: Side, follows: bool) -> None:
    await bot.start(policy=Policy(settle_seconds=0, follow_threads=follows))
    await slack.say("hello", at="thread")
    await slack.sees("echo: hello", at="thread")
    await slack.say("without a mention", at="thread", to_the_assistant=False)
    await bot.slack.wait_for_journal(direction="delivery", method="message", outcome="ok")
    await slack.say("the last word")  # elsewhere, to know that all of the above has been dealt with
    await slack.sees("echo: the last word")
    await bot.quiet()
    said = [text.rpartition(" ")[2] for text in await slack.answers(at="thread")]
    assert said == (["hello", "mention"] if follows else ["hello"])


async def test_a_thread_without_the_assistant_is_none_of_its_business(bot: Bot, slack: Side) -> None:
    await bot.start()
    root = await bot.slack.send(ANA, HELP, "can anybody help?")
    await bot.slack.send(BEN, HELP, "of course", thread_ts=root)
    await slack.say("hello")
    await slack.sees("echo: hello")
    assert slack_replies(await bot.slack.state(), HELP) == []
    assert len(bot.ask("SELECT 1 FROM inbox")) == 1


async def test_talk_in_a_topic_is_not_answered_even_where_the_bot_hears_it(bot: Bot, telegram: Side) -> None:
    await bot.telegram.configure(privacy=False)
    await bot.start("Hello!")
    await telegram.say("hello", at="thread")
    await telegram.sees("Hello!", at="thread")
    await telegram.say("just among us", at="thread", who=1, to_the_assistant=False)
    await telegram.say("the last word")
    async with bot.hurrying():
        await telegram.sees("echo: the last word")
    await bot.quiet()
    assert len(telegram_replies(await bot.telegram.state(), FORUM)) == 1


async def test_a_group_that_becomes_a_supergroup_takes_its_answer_and_its_memory_along(
    bot: Bot, telegram: Side
) -> None:
    await bot.start(held=True)
    await bot.telegram.send(MINA, GROUP, "@frontdesk_bot remember seven and eight")
    await until(lambda: bot.engine.prompts)
    new = await bot.telegram.migrate(GROUP)
    bot.engine.hold.set()
    async with bot.hurrying():
        await bot.telegram.wait_for_text(new, "remember seven and eight")
        await bot.telegram.send(MINA, new, "@frontdesk_bot and now?")
        await until(lambda: len(bot.engine.prompts) == 2)
    assert "remember seven" in bot.engine.prompts[-1]


async def test_a_bot_that_was_removed_serves_the_others(bot: Bot, side: Side) -> None:
    """Blocked in one place, it loses nothing in another, and speaks again when it may."""
    await bot.start(policy=QUICK, held=True)
    await side.say("are you there?")
    await until(lambda: bot.engine.prompts)
    if side.name == "telegram":
        await bot.telegram.block(MINA)
    else:
        await bot.slack.add_fault("server_error", method="chat.*", status=503, remaining=1)
    bot.engine.hold.set()
    await side.say("and me?", who=1)
    async with bot.hurrying():
        await side.sees("echo: and me?", who=1)
        await bot.quiet()
        if side.name == "telegram":
            await bot.telegram.unblock(MINA)
        await side.say("back again")
        await until(lambda: len(bot.engine.prompts) == 3)
        await bot.quiet()
    assert (await side.answers())[-1].endswith("back again")
