"""aiogram as a second client: it must be able to read every answer."""

import asyncio

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError, TelegramRetryAfter
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReactionTypeEmoji,
    ReplyParameters,
)

from bots.playground.telegram.driver import TelegramDriver, chat_of, replies
from bots.playground.telegram.methods import METHODS
from bots.playground.telegram.not_emulated import NAMES
from bots.playground.telegram.seed import FORUM, MINA, ORDERS
from tests.playground.telegram import schema


async def test_a_bot_with_a_dispatcher(aiogram_bot: Bot, people: TelegramDriver) -> None:
    dispatcher = Dispatcher()
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Thanks", callback_data="thanks")]]
    )

    @dispatcher.message(F.text)
    async def answer(message: Message) -> None:
        await message.answer(f"<b>{message.text}</b>?", parse_mode="HTML", reply_markup=keyboard)

    @dispatcher.callback_query()
    async def thank(query: CallbackQuery) -> None:
        await query.answer("You are welcome")

    polling = asyncio.create_task(dispatcher.start_polling(aiogram_bot, handle_signals=False))
    await people.start(MINA)
    shown = await people.wait_for_text(MINA, "/start?")
    assert shown["entities"][0]["type"] == "bold"
    await people.click(MINA, MINA, shown["id"], "thanks")
    await people.wait_for_journal(method="answerCallbackQuery", outcome="ok")
    await dispatcher.stop_polling()
    await polling


async def test_aiogram_reads_what_the_methods_return(aiogram_bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    me = await aiogram_bot.get_me()
    assert (me.is_bot, me.username) == (True, "frontdesk_bot")
    sent = await aiogram_bot.send_message(FORUM, "Hello", message_thread_id=ORDERS)
    answer = await aiogram_bot.send_message(
        FORUM, "Again", reply_parameters=ReplyParameters(message_id=sent.message_id)
    )
    assert answer.reply_to_message is not None
    await aiogram_bot.set_message_reaction(FORUM, sent.message_id, [ReactionTypeEmoji(emoji="👍")])
    assert (await aiogram_bot.get_chat(FORUM)).is_forum
    assert len(await aiogram_bot.get_chat_administrators(FORUM)) == 2
    assert (await aiogram_bot.forward_message(MINA, FORUM, sent.message_id)).forward_origin is not None
    assert (await aiogram_bot.copy_message(MINA, FORUM, sent.message_id)).message_id
    photo = await aiogram_bot.send_photo(MINA, BufferedInputFile(b"\xff\xd8", "a.jpg"), caption="A chair")
    assert photo.photo is not None
    assert (await aiogram_bot.get_file(photo.photo[-1].file_id)).file_path
    await aiogram_bot.set_my_commands([BotCommand(command="help", description="Help")])
    assert [each.command for each in await aiogram_bot.get_my_commands()] == ["help"]
    assert (await aiogram_bot.get_webhook_info()).url == ""
    assert (await aiogram_bot.create_forum_topic(FORUM, "Bugs")).name == "Bugs"
    assert (await aiogram_bot.get_my_name()).name == "Frontdesk"
    reactions = chat_of(await people.state(), FORUM)["messages"][2]["reactions"]
    assert reactions == {"424242": ["👍"]}


async def test_aiogram_knows_the_refusals(aiogram_bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    with pytest.raises(TelegramBadRequest, match="message is too long"):
        await aiogram_bot.send_message(MINA, "a" * 5000)
    await people.add_fault("too_many_requests", method="sendMessage", remaining=1, retry_after=9)
    with pytest.raises(TelegramRetryAfter) as caught:
        await aiogram_bot.send_message(MINA, "hello")
    assert caught.value.retry_after == 9
    await aiogram_bot.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(TelegramConflictError):
        await aiogram_bot.get_updates()


async def test_rich_messages_once_they_are_switched_on(aiogram_bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    await people.configure(rich=True)
    rich = {"markdown": "# Hello"}
    draft = schema.METHODS["sendrichmessagedraft"](chat_id=MINA, draft_id=1, rich_message=rich, can_stop=True)
    assert await aiogram_bot(draft)
    assert (await people.state())["drafts"][0]["rich"]["blocks"][0]["text"] == "# Hello"
    sent = await aiogram_bot(schema.METHODS["sendrichmessage"](chat_id=MINA, rich_message=rich))
    assert sent.rich_message.blocks[0].text == "# Hello"
    edit = schema.METHODS["editmessagetext"]
    edited = await aiogram_bot(
        edit(chat_id=MINA, message_id=sent.message_id, rich_message={"html": "<b>Bye</b>"})
    )
    assert edited.rich_message.blocks[0].text == "<b>Bye</b>"
    both = schema.METHODS["sendrichmessage"](chat_id=MINA, rich_message={"markdown": "a", "html": "b"})
    with pytest.raises(TelegramBadRequest, match="exactly one"):
        await aiogram_bot(both)
    assert len(replies(await people.state(), MINA)) == 1


def test_every_method_of_the_bot_api_is_emulated_or_named() -> None:
    known = set(METHODS) | NAMES
    assert known == set(schema.METHODS)
    assert not set(METHODS) & NAMES
