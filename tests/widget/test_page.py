"""The widget in Chromium, on a host page that allows nothing but the widget."""

import os
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.widget.conftest import Site, open_chat, say, watch

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visitor_asks_and_is_answered(page: Page, site: Site) -> None:
    frame = await open_chat(page)
    await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
    await say(page, "Are you **open**?")
    answer = frame.locator("article.assistant").last
    await expect(answer).to_contain_text("echo: Are you open?")
    await expect(answer.locator("strong")).to_have_text("open")
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/first.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_it_on_a_small_screen(
    browser: Browser, site: Site, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(
        viewport={"width": 320, "height": 568}, locale="de-DE", color_scheme=scheme
    )
    page = await context.new_page()
    problems = watch(page, site)
    await page.goto(site.url)
    frame = await open_chat(page)
    await expect(frame.get_by_text("Hallo!")).to_be_visible()
    await say(page, "What is bread?")
    await expect(frame.locator("article.assistant").last).to_contain_text("echo: What is bread?")
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/small-{scheme}.png")
    found = (await Axe().run(page)).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []
    assert await page.locator("iframe").evaluate("frame => frame.getBoundingClientRect().width") <= 320
    await context.close()
    assert problems == []
