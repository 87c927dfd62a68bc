"""Slack on the page: the app's pane, channels and threads, and what people do to messages."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.playground.page.people import answers, ask, become, go, say, slack, use
from tests.playground.storyteller import Storyteller

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_suggested_prompt_begins_a_chat(page: Page) -> None:
    await slack(page).get_by_role("button", name="Give me three tips").click()
    await expect(answers(slack(page))).to_contain_text("echo: Give me three tips for a good meeting")


async def test_an_answer_grows_while_it_is_written(page: Page, engine: Storyteller) -> None:
    await say(slack(page), "tell a story of **four** small ships at sea")
    growing = slack(page).locator("article.ours[aria-busy]")
    await expect(growing).to_contain_text("echo: tell a story")
    await expect(growing).not_to_contain_text("sea")
    await expect(slack(page).locator(".status-line").first).to_contain_text("Frontdesk is")
    engine.hold.set()
    await expect(answers(slack(page))).to_contain_text("ships at sea")
    await expect(answers(slack(page)).locator("strong", has_text="four")).to_be_visible()


async def test_stop_ends_an_answer(page: Page) -> None:
    await say(slack(page), "tell a story without an end")
    await expect(slack(page).locator("article.ours")).to_contain_text("echo: tell")
    await slack(page).get_by_role("button", name="Stop").click()
    await expect(answers(slack(page))).to_contain_text("Stopped.")
    await expect(slack(page).get_by_role("button", name="Stop")).to_have_count(0)


async def test_a_thumb_stays_pressed(page: Page) -> None:
    answer = await ask(slack(page), "judge me")
    thumb = answer.get_by_role("button", name="This answer is bad")
    await thumb.click()
    await expect(thumb).to_have_attribute("aria-pressed", "true")


async def test_an_edited_question_is_answered_anew(page: Page) -> None:
    await ask(slack(page), "What is rye?")
    question = slack(page).locator("article").first
    await use(question, "Edit")
    await question.get_by_label("New wording").fill("What is spelt?")
    await question.get_by_role("button", name="Save").click()
    await expect(answers(slack(page))).to_have_text(re.compile("echo: What is spelt?"))
    await expect(question).to_contain_text("(edited)")


async def test_a_deleted_question_is_gone(page: Page) -> None:
    await ask(slack(page), "first")
    await ask(slack(page), "second")
    own = slack(page).locator("article:not(.ours)")
    await use(own.filter(has_text="second"), "Delete")
    await expect(own).to_have_count(1)


async def test_a_reaction_is_set_and_taken_back(page: Page) -> None:
    answer = await ask(slack(page), "nice")
    await use(answer, "React")
    await answer.get_by_role("button", name="tada").click()
    chip = answer.get_by_role("button", name="tada, 1")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(chip).to_have_count(0)


async def test_chats_are_kept_in_the_history(page: Page) -> None:
    await become(slack(page), "Chiara Rossi")
    await ask(slack(page), "about apples")
    await slack(page).get_by_role("button", name="New chat").click()
    await ask(slack(page), "about pears")
    await slack(page).get_by_role("button", name="History").click()
    await slack(page).get_by_role("button", name="about apples").click()
    await expect(answers(slack(page))).to_contain_text("echo: about apples")


async def test_the_home_tab_shows_what_the_app_published(page: Page) -> None:
    await slack(page).get_by_role("button", name="Home").click()
    home = slack(page).get_by_role("region", name="Home tab")
    await expect(home).to_contain_text("What you write is answered by a model on our own machines")


async def test_a_mention_in_a_channel_is_answered_in_its_thread(page: Page) -> None:
    await become(slack(page), "Ben Okafor")
    await go(slack(page), "general")
    await say(slack(page), "@Frontdesk what is flour?")
    question = slack(page).locator("article", has_text="what is flour?").last
    await expect(question.locator(".mention")).to_have_text("@Frontdesk")
    await question.get_by_role("button", name="1 reply").click()
    thread = slack(page).get_by_role("complementary", name="Thread")
    await expect(answers(thread)).to_contain_text("what is flour?")
    await say(slack(page), "and bran?")
    await expect(answers(thread).last).to_contain_text("and bran?")
    await thread.get_by_role("button", name="Close the thread").click()
    await expect(question.get_by_role("button", name="3 replies")).to_be_visible()


async def test_a_new_channel_is_joined_by_the_bot_and_left_by_it(page: Page) -> None:
    await go(slack(page), "general")
    await slack(page).get_by_label("More").click()
    await slack(page).get_by_label("New channel: name").fill("bakers")
    await slack(page).get_by_label("New channel: name").press("Enter")
    await go(slack(page), "bakers")
    await say(slack(page), "@Frontdesk are you here?")
    await expect(slack(page).get_by_role("button", name="1 reply")).to_be_visible()
    await slack(page).get_by_label("More").click()
    await slack(page).get_by_role("button", name="Remove Frontdesk from the channel").click()
    await expect(slack(page).locator(".members")).to_have_text("1")
    await slack(page).get_by_label("More").click()
    await expect(slack(page).get_by_role("button", name="Invite Frontdesk")).to_be_visible()


async def test_a_slash_command_is_answered_to_one_person_alone(page: Page) -> None:
    await go(slack(page), "general")
    await say(slack(page), "/frontdesk help")
    note = slack(page).locator("article", has_text="Only visible to you").last
    await expect(note).to_be_visible()
    await become(slack(page), "Ben Okafor")
    await go(slack(page), "general")
    await expect(slack(page).locator("article", has_text="Only visible to you")).to_have_count(0)


async def test_what_can_follow_is_offered_while_writing(page: Page) -> None:
    await go(slack(page), "help")
    field = slack(page).get_by_label("Message to #help")
    await field.press_sequentially("@fr")
    await expect(slack(page).get_by_role("option", name="@Frontdesk")).to_be_visible()
    await field.press("Tab")
    await expect(field).to_have_value("@Frontdesk ")


async def test_files_are_sent_along_and_can_be_fetched(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "recipe.txt"
    path.write_text("flour and water")
    await slack(page).locator("input[type=file]").first.set_input_files(path)
    await expect(slack(page).locator(".attached").first).to_contain_text("recipe.txt")
    await say(slack(page), "look at this")
    async with page.expect_download() as download:
        await slack(page).get_by_role("link", name="recipe.txt").click()
    assert Path(await (await download.value).path()).read_text() == "flour and water"


async def test_a_refusal_is_shown_and_what_was_typed_is_kept(page: Page) -> None:
    await say(slack(page), "/unknown thing")
    await expect(page.locator(".notice.problem")).to_contain_text("not a valid command")
    await expect(slack(page).get_by_label("Message to Frontdesk")).to_have_value("/unknown thing")
