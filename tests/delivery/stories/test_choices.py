"""Answers by button: offered, pressed once, and gone afterwards, on both platforms."""

import asyncio
from collections.abc import Callable

import pytest

from bots.playground.slack import scene as slack_scene
from bots.playground.slack.seed import ANA
from bots.playground.telegram.seed import MINA
from core import words
from core.delivery.responder import Answer, Seat
from core.dialogue.dialogue import Dialogue
from core.message import Choice
from core.policy import Policy
from core.store.records import Turn
from tests.delivery.stories.bot import Bot, Side

RED = Choice(id="1", label="Red", value="I take the red one")
BLUE = Choice(id="2", label="Blue")


class Painter(Dialogue):
    """Asks for a colour when told to paint."""

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        if turn.messages[-1].text == "paint":
            return Answer(text="Which colour?", route="test", choices=(RED, BLUE))
        return await super().respond(turn, policy, show, seat)


@pytest.fixture(autouse=True)
def painter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.service.Dialogue", Painter)


async def labels(bot: Bot, side: Side) -> list[str]:
    """What stands on the buttons to choose by, or what was chosen, under every answer."""
    if side.name == "telegram":
        chats = (await bot.telegram.state())["chats"]
        messages = [each for chat in chats for each in chat["messages"]]
        rows = [row for each in messages for row in each["buttons"] if len(row) == 1]
        return [row[0]["text"] for row in rows]
    channels = (await bot.slack.state())["channels"]
    blocks = [block for each in channels for message in each["messages"] for block in message["blocks"]]
    elements = [each for block in blocks for each in block.get("elements", [])]
    chosen = [each["text"] for each in elements if each.get("type") == "plain_text"]
    buttons = [each for each in elements if each.get("action_id", "").startswith("choice:")]
    return [*chosen, *(each["text"]["text"] for each in buttons)]


async def test_a_press_says_the_choice_and_the_buttons_go(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("paint")
    await side.sees("Which colour?")
    await side.scene.press(0, "direct", "Red")
    await side.sees("Which colour?", "echo: I take the red one")
    await bot.quiet()
    assert await labels(bot, side) == ["✓ Red"]


async def test_writing_instead_of_pressing_takes_the_buttons_away(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("paint")
    await side.sees("Which colour?")
    await side.say("green")
    await side.sees("Which colour?", "echo: green")
    await bot.quiet()
    assert await labels(bot, side) == []


async def test_pressing_twice_is_pressing_once(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("paint")
    await side.sees("Which colour?")
    await side.scene.press(0, "direct", "Blue")
    await side.begun()
    await asyncio.gather(*(_press_again(bot, side, label) for label in ("Blue", "Red")))
    bot.engine.hold.set()
    await side.sees("Which colour?", "echo: Blue")
    await bot.quiet()
    assert await labels(bot, side) == ["✓ Blue"]
    assert len(bot.engine.prompts) == 1


async def test_a_crash_between_press_and_answer_loses_nothing(bot: Bot, side: Side) -> None:
    await bot.start(held=True)
    await side.say("paint")
    await side.sees("Which colour?")
    await side.scene.press(0, "direct", "Red")
    await side.begun()
    await bot.stop()
    await bot.start()
    await side.sees("Which colour?", "echo: I take the red one")
    await bot.quiet()
    assert await labels(bot, side) == ["✓ Red"]


async def test_a_button_that_is_not_open_any_more_says_so(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("paint")
    await side.sees("Which colour?")
    bot.write("UPDATE outbox SET choices = NULL")
    await side.scene.press(0, "direct", "Red")
    await side.sees("Which colour?", words.lapsed())


async def _press_again(bot: Bot, side: Side, label: str) -> None:
    """Press a button of the question although an answer to it has begun."""
    if side.name == "telegram":
        chats = (await bot.telegram.state())["chats"]
        (chat,) = [each for each in chats if each["id"] == MINA]
        message = next(each for each in chat["messages"] if each["text"] == "Which colour?")
        data = next(row[0]["callback_data"] for row in message["buttons"] if row[0]["text"] == label)
        await bot.telegram.click(MINA, MINA, message["id"], data)
        return
    for channel in (await bot.slack.state())["channels"]:
        for message in channel["messages"]:
            if button := slack_scene._button(message, label):
                await bot.slack.click(ANA, channel["id"], message["ts"], button["action_id"], button["value"])
