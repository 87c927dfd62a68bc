"""Several messages, edits and deletions: what is answered, and in which order."""

from bots.playground.telegram.seed import JONAS, MINA
from core import words
from core.policy import Policy
from tests.delivery.stories.bot import TOPOLOGIES, Bot, Side, told_on, until

pytestmark = told_on(*TOPOLOGIES)


async def test_what_is_written_during_an_answer_is_collected_into_the_next_turn(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("first")
    await until(lambda: bot.engine.prompts)
    await side.say("second")
    await side.say("third")
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 3)
    bot.engine.hold.set()
    await side.sees("echo: first", "echo: second\nthird")


async def test_a_new_message_interrupts_where_the_channel_wants_it(bot: Bot, side: Side) -> None:
    await bot.start(policy=Policy(settle_seconds=0, overlap="interrupt"))
    bot.engine.hold.clear()
    await side.say("first")
    await until(lambda: bot.engine.prompts)
    await side.say("second")
    await until(lambda: len(bot.engine.prompts) == 2)
    bot.engine.hold.set()
    await side.sees("echo: first\nsecond")


async def test_a_burst_is_settled_into_one_turn(bot: Bot, side: Side) -> None:
    await bot.start(policy=Policy(settle_seconds=10))
    for text in ("one", "two", "three"):
        await side.say(text)
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 3)
    bot.clock.push(10)
    await side.sees("echo: one\ntwo\nthree")
    assert len(bot.engine.prompts) == 1


async def test_many_conversations_keep_each_its_order(bot: Bot, side: Side) -> None:
    await bot.start()
    for number in range(3):
        for who in range(3):
            await side.say(f"{number} of {who}", who=who)
            await side.sees(*(f"echo: {n} of {who}" for n in range(number + 1)), who=who)


async def test_an_edited_question_restarts_its_running_turn(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("Brlin")
    await until(lambda: bot.engine.prompts)
    await side.scene.edit(0, "direct", "Berlin")
    await until(lambda: len(bot.engine.prompts) == 2)
    bot.engine.hold.set()
    await side.sees("echo: Berlin")


async def test_an_edited_question_is_answered_anew(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("Brlin")
    await side.sees("echo: Brlin")
    await side.scene.edit(0, "direct", "Berlin")
    await side.sees("echo: Berlin")


async def test_stop_keeps_what_was_written(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("one two three four five six")
    await side.scene.stop(0, "direct")
    await bot.quiet()
    (answer,) = await side.answers()
    assert answer.startswith("echo: one two")
    assert words.stopped().strip("_") in answer
    assert "six" not in answer


async def test_an_edit_of_a_waiting_question_is_what_gets_answered(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("first")
    await until(lambda: bot.engine.prompts)
    await side.say("Brlin")
    await side.scene.edit(0, "direct", "Berlin")
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 3)
    bot.engine.hold.set()
    await side.sees("echo: first", "echo: Berlin")


async def test_a_deleted_question_takes_its_running_answer_along(bot: Bot, slack: Side) -> None:
    await bot.start(held=True)
    await slack.say("my secret is tea and biscuits")
    await until(lambda: bot.engine.prompts)
    await slack.scene.delete(0, "direct")
    await bot.quiet()
    assert await slack.posts() == []


async def test_a_deleted_question_is_forgotten(bot: Bot, slack: Side) -> None:
    await bot.start()
    await slack.say("the canary sings")
    await slack.sees("echo: the canary sings")
    await slack.scene.delete(0, "direct")
    await until(lambda: bot.ask("SELECT 1 FROM inbox WHERE type = 'deletion' AND state != 'waiting'"))
    await slack.say("what did I say?")
    await until(lambda: len(bot.engine.prompts) == 2)
    await bot.quiet()
    assert "canary" not in bot.engine.prompts[-1]


async def test_a_deleted_business_message_is_forgotten(bot: Bot, telegram: Side) -> None:
    """The only chats in which Telegram tells bots of deletions."""
    await bot.start()
    rights = {"can_reply": True, "can_read_messages": True, "can_delete_sent_messages": True}
    business = (await bot.telegram.act("connect_business", person=JONAS, rights=rights))["id"]
    asked = await bot.telegram.send(MINA, MINA, "the canary sings", business=business)
    await until(lambda: bot.ask("SELECT 1 FROM turns WHERE state = 'answered'"))
    await bot.telegram.delete(MINA, asked, business=business)
    await until(lambda: bot.ask("SELECT 1 FROM inbox WHERE type = 'deletion' AND state != 'waiting'"))
    await bot.telegram.send(MINA, MINA, "what did I say?", business=business)
    await until(lambda: len(bot.engine.prompts) == 2)
    await bot.quiet()
    assert "canary" not in bot.engine.prompts[-1]


async def test_an_album_is_one_turn(bot: Bot, telegram: Side) -> None:
    await bot.start(policy=Policy(settle_seconds=10))
    photos = [{"kind": "photo", "text": each} for each in ("x", "y", "z")]
    await bot.telegram.send(MINA, MINA, "which is best?", files=photos)
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 3)
    bot.clock.push(10)
    blind = "I cannot look at pictures here. Please write to me in words."
    await telegram.sees(f"{blind}\n\necho: which is best?")
    assert len(bot.engine.prompts) == 1
