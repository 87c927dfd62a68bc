"""The day of a shop, with a customer in Chromium: the same file as through the clients alone."""

import os
import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from bots.playground.scenario.company import Company
from bots.playground.scenario.player import play
from bots.playground.scenario.scene import Scene
from bots.playground.scenario.script import load
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.scene import SlackScene
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.scene import TelegramScene
from tests.playground.page.conftest import PATIENCE
from tests.playground.page.people import become, go, slack, telegram
from tests.playground.shop import SCENARIO, shop
from tests.widget.conftest import open_chat
from tests.widget.scene import PageScene

pytestmark = pytest.mark.asyncio(loop_scope="module")
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1000, "height": 760},
    "phone": {"width": 320, "height": 568},
}


class Looks:
    """Looks at a page again and again: with axe, and in pictures where they are asked for."""

    def __init__(self, page: Page, name: str) -> None:
        self._page = page
        self._name = name
        self._count = 0

    async def __call__(self) -> None:
        self._count += 1
        found = (await Axe().run(self._page)).response["violations"]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []
        await picture(self._page, f"{self._name}-{self._count:02}")


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
async def test_the_day_of_a_shop(
    browser: Browser, tmp_path: Path, size: str, scheme: Literal["light", "dark"]
) -> None:
    script = load(SCENARIO)
    context = await browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    async with (
        shop(tmp_path) as stage,
        SlackDriver(stage.slack_url) as agents,
        TelegramDriver(stage.telegram_url) as customers,
    ):
        await page.goto(f"{stage.url}/playground/site")
        frame = await open_chat(page)
        await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
        looks = Looks(page, f"shop-{size}-{scheme}")
        scenes: dict[str, Scene] = {
            "web": PageScene(page, looks),
            "slack": SlackScene(agents),
            "telegram": TelegramScene(customers),
        }
        await play(script, Company(script, scenes))
        await looks()
        await frame.get_by_role("button", name="Read source 1: Returns, line 9").last.click()
        await expect(frame.get_by_role("dialog")).to_contain_text("free within Germany")
        await looks()
        await context.close()
        await _the_other_side(browser, stage.url)


async def _the_other_side(browser: Browser, url: str) -> None:
    """What the agent in Slack and the customer in Telegram see at the end, on the playground's page."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE)
    await page.goto(url)
    await become(slack(page), "Ana Souza")
    await go(slack(page), "help")
    await expect(slack(page).get_by_text(re.compile("^Ticket 1 · ")).first).to_be_visible()
    await become(telegram(page), "Mina")
    await expect(telegram(page).get_by_text("Your bicycle left this morning")).to_be_visible()
    await picture(page, "shop-other-side")
    await page.close()
