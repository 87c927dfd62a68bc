"""python-telegram-bot's client against the emulator."""

import asyncio

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReactionTypeEmoji,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, EndPointNotFound, Forbidden, InvalidToken

from bots.playground.telegram.driver import TelegramDriver, replies
from bots.playground.telegram.seed import FORUM, GROUP, JONAS, MINA, ORDERS

BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("👍", callback_data="good")]])


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


async def test_a_placeholder_grows_into_the_answer(bot: Bot, people: TelegramDriver) -> None:
    sent = await bot.send_message(GROUP, "…")
    await bot.edit_message_text("Your order", GROUP, sent.message_id)
    edited = await bot.edit_message_text(
        "Your order is on its way.", GROUP, sent.message_id, reply_markup=BUTTONS
    )
    assert isinstance(edited, Message)
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("Your order is on its way.", GROUP, sent.message_id, reply_markup=BUTTONS)
    (shown,) = replies(await people.state(), GROUP)
    assert (shown["text"], shown["buttons"][0][0]["callback_data"]) == ("Your order is on its way.", "good")


async def test_drafts_stream_and_can_be_stopped(bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    await one_update(bot)
    assert await bot.send_message_draft(MINA, 7, "")
    assert await bot.send_message_draft(MINA, 7, "Your", api_kwargs={"can_stop": True})
    await people.wait_for(lambda state: state["drafts"] and state["drafts"][0]["text"] == "Your")
    await people.stop(MINA)
    update = (await bot.get_updates(allowed_updates=[*Update.ALL_TYPES, "stopped_message_generation"]))[-1]
    assert update.api_kwargs["stopped_message_generation"]["draft_id"] == 7
    with pytest.raises(BadRequest):
        await bot.send_message_draft(GROUP, 7, "Your")


async def test_a_press_of_a_button(bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    first = await one_update(bot)
    sent = await bot.send_message(MINA, "Was it good?", reply_markup=BUTTONS)
    await people.click(MINA, MINA, sent.message_id, "good")
    query = (await one_update(bot, first.update_id + 1)).callback_query
    assert query is not None
    assert query.data == "good"
    assert await query.answer("Thanks")
    await query.edit_message_reply_markup(None)
    assert replies(await people.state(), MINA)[0]["buttons"] == []


async def test_reactions_both_ways(bot: Bot, people: TelegramDriver) -> None:
    message = await people.start(MINA)
    first = await one_update(bot, allowed=list(Update.ALL_TYPES))
    sent = await bot.send_message(MINA, "Hello")
    await people.react(MINA, MINA, sent.message_id, ["👎"])
    update = await one_update(bot, first.update_id + 1)
    assert update.message_reaction is not None
    assert update.message_reaction.new_reaction == (ReactionTypeEmoji("👎"),)
    assert await bot.set_message_reaction(MINA, message, "👍")


async def test_errors_by_their_classes(bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    with pytest.raises(Forbidden, match="initiate"):
        await bot.send_message(JONAS, "Hello")
    await people.block(MINA)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(MINA, "Hello")
    new = await people.migrate(GROUP)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(GROUP, "Hello")
    assert caught.value.new_chat_id == new
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("sendRichMessage", api_kwargs={"chat_id": MINA})


async def test_a_wrong_token_is_refused(url: str) -> None:
    with pytest.raises(InvalidToken):
        async with Bot("1:wrong", base_url=f"{url}/bot"):
            raise AssertionError


async def test_a_forum_topic(bot: Bot, people: TelegramDriver) -> None:
    await people.send(MINA, FORUM, "Where is it?", topic=ORDERS)
    message = (await one_update(bot)).message
    assert message is not None
    answer = await message.reply_text("Here", do_quote=True)
    assert (answer.message_thread_id, answer.is_topic_message) == (ORDERS, True)


async def test_a_menu_of_commands(bot: Bot, people: TelegramDriver) -> None:
    await bot.set_my_commands([("help", "What I can do")])
    assert [each.command for each in await bot.get_my_commands()] == ["help"]
    assert (await people.state())["commands"][0]["commands"][0]["command"] == "help"


async def test_previews_of_links_are_recorded(bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    sent = await bot.send_message(
        MINA, "https://a.example", link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    assert sent.link_preview_options is not None
    assert sent.link_preview_options.is_disabled
