"""What browsers do without a connection: real outages, real restarts, and Chromium's own storage."""

import asyncio

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.playground.page.conftest import PATIENCE
from tests.widget.conftest import Site, chat, open_chat, say

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEPT = """() => {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith("frontdesk:outbox")).length;
  } catch {
    return 0; // a frame of another site, whose host page keeps it
  }
}"""
AWAY = "No connection. What you write is sent as soon as there is one."


async def shown(frame: FrameLocator, by: str) -> list[str]:
    """The words that stand there, of `visitor` or `assistant`."""
    return await frame.locator(f"article.{by} .bubble").all_inner_texts()


async def answered(frame: FrameLocator, *questions: str) -> None:
    """Wait until the last of these is answered; each is, once and in order, in one answer or in several."""
    await expect(frame.locator("article.assistant").last).to_contain_text(questions[-1])
    answers = " ".join(await shown(frame, "assistant"))
    assert [answers.count(each) for each in questions] == [1] * len(questions), answers
    assert sorted(questions, key=answers.index) == list(questions)


async def kept(page: Page, deeds: int) -> None:
    """Wait until the browser keeps so much of what was not sent yet."""
    async with asyncio.timeout(PATIENCE / 1000):
        while sum([await frame.evaluate(KEPT) for frame in page.frames]) < deeds:
            await asyncio.sleep(0.02)


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
    await answered(frame, "before")
    await site.line.cut()
    await expect(frame.get_by_role("alert")).to_have_text(AWAY)
    await say(page, "first")
    await say(page, "second")
    await expect(frame.get_by_text("Sending…")).to_have_count(2)
    await site.stop()
    await site.start()
    await site.line.mend()
    await answered(frame, "before", "first", "second")
    await expect(frame.get_by_role("alert")).to_be_empty()
    await expect(frame.get_by_text("Sending…")).to_have_count(0)
    assert await shown(frame, "visitor") == ["before", "first", "second"]
    await page.reload()
    await open_chat(page)
    await answered(chat(page), "before", "first", "second")
    assert await shown(chat(page), "visitor") == ["before", "first", "second"]
    await page.close()


async def test_what_is_written_without_a_connection_outlives_the_page(browser: Browser, site: Site) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    frame = await opened(page, site)
    await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
    await site.line.cut()
    await expect(frame.get_by_role("alert")).to_have_text(AWAY)
    await say(page, "one")
    await say(page, "two")
    await kept(page, deeds=2)
    await page.close()
    await site.line.mend()
    page = await context.new_page()
    frame = await opened(page, site)
    await answered(frame, "one", "two")
    assert await shown(frame, "visitor") == ["one", "two"]
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
