"""Judgements with reasons, and consent to be learnt from, on both platforms."""

from core import words
from core.learning_policy import LearningSection
from core.store.records import Judgement, Review, Signal
from tests.delivery.stories.bot import Bot, Side, until

LEARNING = LearningSection(operator="Acme Bakery")
ANSWER = "The oven is off."


def plain(side: Side, text: str) -> str:
    """As it stands there: Telegram marks code apart from the text."""
    return text.replace("`", "") if side.name == "telegram" else text


def may(side: Side) -> str:
    return plain(side, words.may_learn("Acme Bakery"))


async def judge(side: Side, verdict: str) -> None:
    """An answer, and what the first person there thinks of it."""
    await side.say("is the oven on?")
    await side.sees(ANSWER)
    await side.scene.rate(0, "direct", verdict)


async def test_who_finds_an_answer_bad_is_asked_why_and_then_whether_may_be_learnt(
    bot: Bot, side: Side
) -> None:
    await bot.start(ANSWER, learning=LEARNING)
    await judge(side, "bad")
    await side.sees(ANSWER, words.why_bad())
    await side.scene.press(0, "direct", words.bad_because("outdated"))
    asked = f"{words.thanks_for_reason()}\n\n{may(side)}"
    await side.sees(ANSWER, words.why_bad(), asked)
    assert bot.ask("SELECT verdict, reason FROM ratings") == [("bad", "outdated")]
    assert bot.core is not None
    lessons = bot.core.store.lessons
    assert (await lessons.judged(), await lessons.withheld()) == ([], 1)
    await side.scene.press(0, "direct", words.learn_yes())
    await side.sees(ANSWER, words.why_bad(), asked, plain(side, words.learns_now()))
    (lesson,) = await lessons.judged()
    assert [(each.verdict, each.reason) for each in lesson.verdicts] == [("bad", "outdated")]


async def test_from_who_consents_is_learnt_until_they_say_otherwise(bot: Bot, side: Side) -> None:
    await bot.start(ANSWER, learning=LEARNING)
    await judge(side, "good")
    await side.sees(ANSWER, may(side))
    await side.scene.press(0, "direct", words.learn_yes())
    await side.sees(ANSWER, may(side), plain(side, words.learns_now()))
    assert bot.core is not None
    lessons = bot.core.store.lessons
    (lesson,) = await lessons.judged()
    assert (lesson.question, lesson.answer) == ("is the oven on?", ANSWER)
    assert [each.verdict for each in lesson.verdicts] == ["good"]
    assert bot.ask("SELECT granted, wording FROM consents") == [(1, words.may_learn("Acme Bakery"))]
    review = Review(
        turn_id=lesson.turn_id,
        judgement=Judgement.CORRECT,
        correction="It is off.",
        reviewer="Ana",
        at=bot.clock.now(),
    )
    assert await lessons.review(review)
    assert (await lessons.judged())[0].review == review
    mark = "!" if side.name == "slack" else "/"
    await side.say(f"{mark}learning no")
    await side.sees(ANSWER, may(side), plain(side, words.learns_now()), words.learns_no_more())
    assert await lessons.judged() == []
    assert len(await lessons.withdrawn()) == 1


async def test_where_nobody_learns_nobody_is_asked(bot: Bot, side: Side) -> None:
    await bot.start(ANSWER)
    await judge(side, "bad")
    await side.say("thanks")
    await side.sees(ANSWER, "echo: thanks")
    assert bot.ask("SELECT verdict, reason FROM ratings") == [("bad", "")]


async def test_in_a_group_only_the_reason_is_asked_for(bot: Bot, telegram: Side) -> None:
    await bot.start(ANSWER, learning=LEARNING)
    await telegram.say("is the oven on?", at="group")
    await telegram.sees(ANSWER, at="group")
    await telegram.scene.rate(0, "group", "bad")
    await telegram.sees(ANSWER, words.why_bad(), at="group")


async def test_what_was_deleted_is_learnt_from_no_more(bot: Bot, slack: Side) -> None:
    await bot.start(ANSWER, learning=LEARNING)
    await judge(slack, "good")
    await slack.sees(ANSWER, may(slack))
    await slack.scene.press(0, "direct", words.learn_yes())
    await slack.sees(ANSWER, may(slack), words.learns_now())
    assert bot.core is not None
    assert len(await bot.core.store.lessons.judged()) == 1
    await slack.scene.delete(0, "direct")
    await bot.quiet()
    assert await bot.core.store.lessons.judged() == []


async def test_what_people_do_about_answers_is_told_to_reviewers(bot: Bot, side: Side) -> None:
    await bot.start("Off.", "It is off.", "Yes, off.", learning=LEARNING)
    assert bot.core is not None
    lessons = bot.core.store.lessons
    mark = "!" if side.name == "slack" else "/"
    agreed = plain(side, words.learns_now())
    await side.say(f"{mark}learning yes")
    await side.sees(agreed)
    await side.say("is the oven on?")
    await side.sees(agreed, "Off.")
    assert await lessons.judged() == []
    await side.say(f"{mark}again")
    await side.sees(agreed, "Off.", "It is off.")
    (regenerated,) = await lessons.judged()
    assert (regenerated.replaced, regenerated.answer) == ("Off.", "It is off.")
    assert regenerated.signals == (Signal.AGAIN,)
    await side.say("please, is the oven on?")
    await side.sees(agreed, "Off.", "It is off.", "Yes, off.")
    await until(lambda: bot.ask("SELECT count(*) FROM signals") == [(2,)])
    (lesson,) = await lessons.judged()
    assert set(lesson.signals) == {Signal.AGAIN, Signal.REASKED}


async def test_a_deleted_question_takes_the_answer_along_that_did_not_please(bot: Bot, slack: Side) -> None:
    await bot.start("Off.", "It is off.", learning=LEARNING)
    await slack.say("is the oven on?")
    await slack.sees("Off.")
    await slack.scene.press(0, "direct", words.answer_again())
    await slack.sees("It is off.")
    await bot.quiet()
    assert bot.ask("SELECT count(*) FROM turns WHERE reply IS NOT NULL") == [(2,)]
    await slack.scene.delete(0, "direct")
    kept = "SELECT count(*) FROM turns WHERE coalesce(question, reply, prompt) IS NOT NULL"
    await until(lambda: bot.ask(f"{kept} AND route = 'chat'") == [(0,)])
