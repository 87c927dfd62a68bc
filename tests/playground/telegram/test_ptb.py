"""python-telegram-bot's client against the emulator."""

import asyncio

import pytest
from telegram import Bot, MessageEntity, Update
from telegram.error import Conflict

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA


async def one_update(bot: Bot, offset: int = 0, allowed: list[str] | None = None) -> Update:
    """The next update, waiting for it."""
    updates = await bot.get_updates(offset=offset, timeout=10, allowed_updates=allowed)
    assert len(updates) == 1, updates
    return updates[0]


async def test_a_message_is_answered(bot: Bot, people: TelegramDriver) -> None:
    me = await bot.get_me()
    assert me.is_bot
    await people.send(MINA, MINA, "Where is my order?")
    update = await one_update(bot)
    assert update.message is not None
    assert (update.message.text, update.message.chat_id) == ("Where is my order?", MINA)
    await update.message.reply_text("On its way.", entities=[MessageEntity("bold", 0, 2)])
    shown = await people.wait_for_text(MINA, "On its way.")
    assert shown["entities"] == [{"type": "bold", "offset": 0, "length": 2}]


async def test_an_update_stays_until_it_is_confirmed(bot: Bot, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "hello")
    first = await one_update(bot)
    assert (await one_update(bot)).update_id == first.update_id
    assert await bot.get_updates(offset=first.update_id + 1) == ()


async def test_a_long_poll_wakes_for_a_message(bot: Bot, people: TelegramDriver) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await people.wait_for(lambda state: state["polled"])
    await people.send(MINA, MINA, "hello")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "hello"


async def test_two_pollers_conflict(bot: Bot, people: TelegramDriver) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await people.wait_for(lambda state: state["polled"])
    second = asyncio.create_task(bot.get_updates(timeout=30))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    await people.send(MINA, MINA, "hello")
    assert len(await second) == 1
