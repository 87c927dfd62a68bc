"""Telegram on the page: private chats, groups, topics, business chats, and what people do to messages."""

import re
from base64 import b64decode
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.playground.page.people import answers, ask, become, go, say, telegram, use
from tests.playground.storyteller import Storyteller

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def _started(page: Page, name: str = "Mina") -> Locator:
    """The private chat of a person with the bot, started."""
    chat = telegram(page)
    await become(chat, name)
    start, field = chat.get_by_role("button", name="Start"), chat.get_by_label("Message to Frontdesk")
    await expect(start.or_(field).filter(visible=True)).to_have_count(1)
    if await start.is_visible():
        await start.click()
        await expect(field).to_be_focused()
        await expect(answers(chat)).to_contain_text("/help")
    return chat


async def test_start_greets_people_in_their_language(page: Page) -> None:
    chat = await _started(page, "Aya")
    await expect(answers(chat).first).to_contain_text("¡Hola!")


async def test_a_draft_grows_and_becomes_the_answer(page: Page, engine: Storyteller) -> None:
    chat = await _started(page)
    await say(chat, "tell a story of four small ships at sea")
    draft = chat.get_by_role("article", name="Frontdesk is writing")
    await expect(draft).to_contain_text("echo: tell a story")
    await expect(draft).not_to_contain_text("sea")
    engine.hold.set()
    await expect(answers(chat).last).to_contain_text("ships at sea")
    await expect(draft).to_have_count(0)


async def test_stop_ends_a_draft(page: Page) -> None:
    chat = await _started(page)
    await say(chat, "tell a story without an end")
    await expect(chat.get_by_role("article", name="Frontdesk is writing")).to_contain_text("tell a")
    await expect(chat.get_by_role("button", name="Stop")).to_be_visible()
    await page.keyboard.press("Control+.")
    await expect(answers(chat).last).to_contain_text("Stopped.")


async def test_a_thumb_under_an_answer_is_acknowledged(page: Page) -> None:
    chat = await _started(page)
    answer = await ask(chat, "judge me")
    await answer.get_by_role("button", name="Bad answer").click()
    await expect(answer.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


async def test_an_edited_question_is_answered_anew(page: Page) -> None:
    chat = await _started(page)
    await ask(chat, "What is rye?")
    await chat.get_by_label("Message to Frontdesk").press("ArrowUp")
    field = chat.get_by_label("New wording")
    await expect(field).to_have_value("What is rye?")
    await field.fill("What is spelt?")
    await field.press("Enter")
    await expect(answers(chat).last).to_have_text(re.compile(r"echo: What is spelt\?"))


async def test_a_message_is_deleted(page: Page) -> None:
    chat = await _started(page)
    await ask(chat, "short lived")
    own = chat.locator("article.own", has_text="short lived")
    await use(own, "Delete")
    await expect(own).to_have_count(0)


async def test_a_reaction_is_set_and_taken_back(page: Page) -> None:
    chat = await _started(page)
    answer = await ask(chat, "nice")
    await use(answer, "React")
    await answer.get_by_role("button", name="🎉", exact=True).click()
    chip = answer.get_by_role("button", name="🎉, 1")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(chip).to_have_count(0)


async def test_a_group_is_answered_when_it_mentions_the_bot(page: Page) -> None:
    chat = telegram(page)
    await go(chat, "Lunch")
    await say(chat, "nothing for bots")
    await say(chat, "@frontdesk_bot what is flour?")
    answer = answers(chat).last
    await expect(answer).to_contain_text("what is flour?")
    await expect(answer.locator(".quoted")).to_contain_text("what is flour?")


async def test_a_reply_to_the_bot_is_answered_in_the_topic(page: Page) -> None:
    chat = telegram(page)
    await become(chat, "Jonas")
    await go(chat, "Orders")
    await say(chat, "@frontdesk_bot where is my order?")
    answer = answers(chat).last
    await expect(answer).to_contain_text("where is my order?")
    await use(answer, "Reply")
    await say(chat, "and the other one?")
    await expect(answers(chat).last).to_contain_text("and the other one?")
    await go(chat, "Returns")
    await expect(chat.locator("article")).to_have_count(0)


async def test_an_answer_in_a_group_is_stopped_by_its_button(page: Page) -> None:
    chat = telegram(page)
    await go(chat, "Lunch")
    await say(chat, "@frontdesk_bot tell a story without an end")
    await chat.locator(".keyboard").get_by_role("button", name="Stop").click()
    await expect(answers(chat).last).to_contain_text("Stopped.")


async def test_several_files_are_an_album(page: Page) -> None:
    chat = await _started(page)
    pictures = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": PIXEL} for n in (1, 2)]
    await chat.locator("input[type=file]").set_input_files(pictures)  # type: ignore[arg-type]  # dicts are FilePayloads
    await say(chat, "two pictures")
    album = chat.locator("article.own.album")
    await expect(album).to_have_count(2)
    shown = album.get_by_role("img", name="A photo").first
    await expect(shown).to_have_js_property("naturalWidth", 1)


async def test_a_document_keeps_its_name(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "recipe.txt"
    path.write_text("flour and water")
    chat = await _started(page)
    await chat.locator("input[type=file]").set_input_files(path)
    await say(chat, "")
    await expect(chat.locator("article.own").last).to_contain_text("recipe.txt")


async def test_commands_are_offered(page: Page) -> None:
    chat = await _started(page)
    field = chat.get_by_label("Message to Frontdesk")
    await field.press_sequentially("/he")
    await expect(chat.get_by_role("option", name="/help")).to_be_visible()
    await field.press("Enter")
    await field.press("Enter")
    await expect(answers(chat).last).to_contain_text("start afresh")


async def test_the_bot_answers_for_a_business(page: Page) -> None:
    chat = await _started(page, "Jonas")
    await chat.get_by_label("More").click()
    await chat.get_by_role("button", name="Let the bot answer for my business").click()
    await become(chat, "Aya")
    await go(chat, "Jonas’s business")
    await say(chat, "are you open?")
    await expect(answers(chat).last).to_contain_text("are you open?")
    await become(chat, "Jonas")
    await go(chat, "Aya")
    await expect(answers(chat).last).to_contain_text("Frontdesk for Jonas")


async def test_a_new_topic_opens(page: Page) -> None:
    chat = telegram(page)
    await go(chat, "Support")
    await chat.get_by_label("More").click()
    await chat.get_by_label("New topic: name").fill("Deliveries")
    await chat.get_by_label("New topic: name").press("Enter")
    await go(chat, "Deliveries")
    await expect(chat.locator(".service")).to_contain_text("opened the topic “Deliveries”")


async def test_a_bot_that_was_blocked_hears_nothing(page: Page) -> None:
    chat = await _started(page, "Aya")
    await chat.get_by_label("More").click()
    await chat.get_by_role("button", name="Block the bot").click()
    await expect(chat.locator(".members")).to_have_text("blocked")
    await say(chat, "hello?")
    await expect(page.locator(".notice.problem")).to_contain_text("unblock it first")
    await chat.get_by_label("More").click()
    await chat.get_by_role("button", name="Unblock the bot").click()
    await ask(chat, "hello again")
