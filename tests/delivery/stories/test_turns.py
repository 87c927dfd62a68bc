"""Turns: one at a time under a lease, set aside when they fail too often, never in silence."""

import os

from core import words
from core.delivery.worker import ATTEMPTS, GAVE_UP
from core.errors import ModelError
from tests.delivery.stories.bot import Bot, Side, until

_OWNER = "SELECT owner FROM leases WHERE name LIKE 'conversation:%'"


async def test_a_message_that_breaks_the_model_blocks_nobody_and_is_reported(bot: Bot, side: Side) -> None:
    await bot.start(ModelError("boom"), RuntimeError("boom"))
    await side.say("one")
    await side.sees(words.failed())
    await side.say("two")
    await side.sees(words.failed(), words.failed())
    await side.say("three")
    await side.sees(words.failed(), words.failed(), "echo: three")


async def test_a_message_that_outlives_every_process_is_set_aside_with_a_reason(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("poison")
    for _ in range(ATTEMPTS):
        await until(lambda: bot.engine.prompts)
        await bot.stop()
        await bot.start(held=True)
    await side.sees(words.set_aside())
    assert bot.ask("SELECT state, reason FROM turns") == [("failed", GAVE_UP)]
    bot.engine.hold.set()
    await side.say("and now?")
    await side.sees(words.set_aside(), "echo: and now?")


async def test_the_lease_is_renewed_while_the_model_writes(bot: Bot, side: Side) -> None:
    """A second process waits next door; however long the answer takes, it does not begin another."""
    await bot.start(held=True)
    second = bot.twin()
    await second.start(held=True)
    try:
        await side.say("one two three four")
        await until(lambda: bot.engine.prompts or second.engine.prompts)
        for _ in range(30):
            before = bot.ask("SELECT min(seen_at) FROM owners")
            bot.clock.push(2)
            await until(lambda: bot.ask("SELECT min(seen_at) FROM owners") > before)  # noqa: B023 - awaited
        for each in (bot, second):
            each.engine.hold.set()
        await side.sees("echo: one two three four")
        assert len(bot.engine.prompts) + len(second.engine.prompts) == 1
    finally:
        await second.stop()


async def test_the_owner_of_a_lease_is_random_and_no_process_id(bot: Bot, side: Side) -> None:
    owners: set[str] = set()
    for _ in range(2):
        await bot.start(held=True)
        if not owners:
            await side.say("one two three four")
        await until(lambda: bot.engine.prompts)
        owners |= {owner for (owner,) in bot.ask(_OWNER)}
        await bot.stop()
    assert len(owners) == 2
    assert str(os.getpid()) not in owners


async def test_a_lease_whose_owner_is_gone_is_taken_over(bot: Bot, side: Side) -> None:
    """Even where the dead owner was called as this process is."""
    await bot.start()
    await side.say("hello")
    await side.sees("echo: hello")
    await bot.quiet()
    taken = "INSERT INTO leases (name, owner) SELECT 'conversation:' || key, ? FROM conversations"
    bot.write(taken, str(os.getpid()))
    await side.say("still there?")
    await side.sees("echo: hello", "echo: still there?")


async def test_adopting_a_message_does_not_wait_for_the_model(bot: Bot, side: Side) -> None:
    """The inbox is not held for the length of an answer: what comes meanwhile is taken in at once."""
    await bot.start(held=True)
    await side.say("first")
    await until(lambda: bot.engine.prompts)
    assert bot.ask("SELECT state FROM inbox") == [("adopted",)]
    for number in range(5):
        await side.say(f"more {number}")
    await until(lambda: len(bot.ask("SELECT 1 FROM inbox WHERE state = 'waiting'")) == 5)
    ((seen_at,),) = bot.ask("SELECT seen_at FROM owners")
    bot.clock.push(200)
    await until(lambda: bot.ask("SELECT 1 FROM owners WHERE seen_at > ?", seen_at))
    assert len(bot.engine.prompts) == 1
    bot.engine.hold.set()
    await side.sees("echo: first", "echo: " + "\n".join(f"more {number}" for number in range(5)))


async def test_what_the_model_says_is_text_and_never_an_order(bot: Bot, side: Side) -> None:
    """No hand-off, no command and no route is ever read out of a reply."""
    orders = ("/stop", "!new", "HANDOFF", "passed to a human agent", '{"route": "human", "resolve": true}')
    await bot.start(*orders)
    expected: list[str] = []
    for number, order in enumerate(orders):
        await side.say(f"question {number}")
        expected.append(order)
        await side.sees(*expected)
    assert {route for (route,) in bot.ask("SELECT route FROM turns")} == {"chat"}
    await side.say("and then?")
    await until(lambda: len(bot.engine.prompts) == len(orders) + 1)
    assert "question 0" in bot.engine.prompts[-1]


async def test_after_a_new_beginning_nothing_older_is_in_the_context(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("the canary sings")
    await side.sees("echo: the canary sings")
    await side.say("!new" if side.name == "slack" else "/new")
    await side.sees("echo: the canary sings", words.afresh())
    await side.say("what did I say?")
    await until(lambda: len(bot.engine.prompts) == 2)
    assert "canary" not in bot.engine.prompts[-1]
