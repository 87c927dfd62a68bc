"""What browsers do without a connection: real outages, real restarts, and Chromium's own storage."""

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.playground.page.conftest import PATIENCE
from tests.widget.conftest import Site, chat, open_chat, say

pytestmark = pytest.mark.asyncio(loop_scope="module")
AWAY = "No connection. What you write is sent as soon as there is one."


async def shown(frame: FrameLocator, by: str) -> list[str]:
    """The words that stand there, of `visitor` or `assistant`."""
    return await frame.locator(f"article.{by} .bubble").all_inner_texts()


async def opened(page: Page, site: Site) -> FrameLocator:
    page.set_default_timeout(PATIENCE)
    await page.goto(site.url)
    return await open_chat(page)


async def test_what_is_written_without_a_connection_is_sent_once_and_answers_come_once(
    browser: Browser, site: Site
) -> None:
    page = await browser.new_page(locale="en-GB")
    frame = await opened(page, site)
    await say(page, "before")
    await expect(frame.get_by_role("log").get_by_text("echo: before")).to_be_visible()
    await site.line.cut()
    await expect(frame.get_by_role("alert")).to_have_text(AWAY)
    await say(page, "first")
    await say(page, "second")
    await expect(frame.get_by_text("Sending…")).to_have_count(2)
    await site.stop()
    await site.start()
    await site.line.mend()
    await expect(frame.get_by_role("log").get_by_text("echo: second")).to_be_visible()
    await expect(frame.get_by_role("alert")).to_be_empty()
    await expect(frame.get_by_text("Sending…")).to_have_count(0)
    assert await shown(frame, "visitor") == ["before", "first", "second"]
    answers = await shown(frame, "assistant")
    assert answers[1:] == ["echo: before", "echo: first", "echo: second"]
    await page.reload()
    await open_chat(page)
    await expect(chat(page).get_by_role("log").get_by_text("echo: second")).to_be_visible()
    assert await shown(chat(page), "visitor") == ["before", "first", "second"]
    assert await shown(chat(page), "assistant") == answers
    await page.close()


async def test_what_is_written_without_a_connection_outlives_the_page(browser: Browser, site: Site) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    frame = await opened(page, site)
    await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
    await site.line.cut()
    await expect(frame.get_by_role("alert")).to_have_text(AWAY)
    await say(page, "remember this")
    await say(page, "and this")
    await page.close()
    await site.line.mend()
    page = await context.new_page()
    frame = await opened(page, site)
    await expect(frame.get_by_role("log").get_by_text("echo: and this")).to_be_visible()
    assert await shown(frame, "visitor") == ["remember this", "and this"]
    await expect(frame.locator("article.assistant")).to_have_count(3)
    await context.close()


async def test_an_answer_that_was_being_made_goes_on_after_a_loss(browser: Browser, site: Site) -> None:
    page = await browser.new_page(locale="en-GB")
    frame = await opened(page, site)
    await say(page, "tell me a story please")
    await expect(frame.get_by_role("log").get_by_text("echo: tell")).to_be_visible()
    await site.line.cut()
    await expect(frame.get_by_role("alert")).to_have_text(AWAY)
    site.engine.hold.set()
    await site.line.mend()
    await expect(frame.get_by_role("log").get_by_text("echo: tell me a story please")).to_be_visible()
    assert len(await shown(frame, "assistant")) == 2
    await page.close()
