"""The widget in Chromium, on a host page that allows nothing but the widget."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.widget.conftest import Site, open_chat, say

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
