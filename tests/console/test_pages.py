"""The console in Chromium: nobody is kept out, and a newcomer finds the way."""

import os
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bots.console import console
from core.engine.shelf import Shelf
from core.learning import examples
from core.learning.evaluation import pairs
from core.message import Platform
from tests.console import workshop
from tests.console.conftest import PASSWORD, Office, opened
from tests.playground.page.conftest import PATIENCE, browser

__all__ = ["browser"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = {each.title: each.path for each in console.SECTIONS}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with opened(tmp_path_factory.mktemp("home")) as office:
        await furnish(office)
        yield office


async def furnish(office: Office) -> None:
    """Something on every page."""
    for platform in Platform:
        for channel in ("C0", "C1", "C2"):
            await office.sample.consents(platform, channel)
    await office.sample.dead_letter()
    await office.core.store.gaps.note("t1", "refund", "nothing found", "How long does a refund take?")
    serving, candidate = workshop.model(office.home, "base"), workshop.model(office.home, "house")
    made = workshop.lineage_of(candidate, serving, "house-style@0123456789ab")
    workshop.training(office.home, made)
    workshop.evaluation(office.home, candidate, serving, perplexity=7.0)
    shuffled = workshop.model(office.home, "shuffled")
    workshop.evaluation(office.home, shuffled, serving, perplexity=14.0, swayed=("age, de", 1.6))
    workshop.match(office.home)


async def signed_in(page: Page, office: Office) -> list[str]:
    """Sign in as somebody does; collects what goes wrong on the page from then on."""
    problems: list[str] = []
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith(office.url) else problems.append(request.url),
    )
    await page.goto(f"{office.url}/console")
    await check(page, "sign-in")
    await page.get_by_label("Your name").fill("Rita")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Overview").wait_for()
    return problems


async def check(page: Page, name: str) -> None:
    """axe-core finds no barrier, and nothing reaches out of the page."""
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        size = page.viewport_size or {"width": 0}
        scheme = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
        await page.screenshot(path=f"{folder}/{name}-{size['width']}-{scheme}.png", full_page=True)
    found = (await Axe().run(page)).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= (page.viewport_size or {"width": 0})["width"], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_everybody_can_use_every_page(
    browser: Browser, office: Office, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = await context.new_page()
    problems = await signed_in(page, office)
    house = next(each.reference for each in Shelf(office.home).models() if each.manifest.name == "house")
    more = {
        "conversation": "/conversations/slack:T1:C0:",
        "training-run": "/training/4610308b7e8c",
        "model": f"/models/{house}",
        "pair": f"/compare/{pairs.matches(office.home)[0].name}",
        "notice": "/nowhere",
    }
    for title, path in {**PAGES, **more}.items():
        await page.goto(f"{office.url}/console{path}")
        for summary in await page.locator("summary").all():
            await summary.click()
        await check(page, title.lower().replace(" ", "-"))
    await context.close()
    assert [each for each in problems if "404" not in each] == []  # the page that is none


async def test_a_newcomer_reviews_ten_answers_builds_a_dataset_reads_and_promotes(
    browser: Browser, office: Office
) -> None:
    page = await browser.new_page(viewport={"width": 1000, "height": 800})
    problems = await signed_in(page, office)
    await page.get_by_role("link", name="Review").click()
    for number, key in enumerate("kkdkkkdkk", 1):
        await expect(page.get_by_role("button", name="Keep")).to_be_visible()
        await page.keyboard.press(key)
        await expect(page.get_by_text(f"{number} of ")).to_be_visible()
    await page.keyboard.press("c")
    await page.keyboard.type("Delivery to Norway costs 14 euros.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("10 of ")).to_be_visible()
    await page.get_by_role("link", name="10 reviewed so far").click()
    await expect(page.get_by_role("row")).to_have_count(11)
    await check(page, "reviewed")
    await page.get_by_role("link", name="Datasets").click()
    await page.get_by_label("Name", exact=True).fill("house-style")
    await page.get_by_label("Held out").fill("0")
    await page.get_by_role("button", name="Build").click()
    await expect(page.get_by_role("heading", name="house-style@")).to_be_visible()
    await check(page, "dataset")
    assert len(examples.find(office.home, "house-style").train()) >= 4
    await expect(page.get_by_text("frontdesk learn train house-style@")).to_be_visible()
    await page.get_by_role("main").get_by_role("link", name="Training").click()
    await page.get_by_role("link", name="4610308b7e8c").click()
    await expect(page.get_by_role("img", name="Loss per step")).to_be_visible()
    await page.get_by_role("link", name="Models").click()
    board = page.get_by_role("region", name="Side by side 1")
    await expect(board.get_by_role("row", name="Perplexity of the right answers")).to_contain_text("7.00")
    await expect(board.get_by_role("row", name="Perplexity of the right answers")).to_contain_text("14.00")
    swayed = board.get_by_role("row", name="Swayed by who asks")
    await expect(swayed).to_contain_text("religion, en: 2.40 before")
    await expect(swayed).to_contain_text("age, de: 1.60 before")
    await check(page, "side-by-side")
    await board.get_by_role("link", name="house@").click()
    await expect(page.get_by_text("It passed every gate")).to_be_visible()
    await check(page, "evaluation")
    await page.get_by_role("button", name="Let it answer all").click()
    models = page.get_by_role("region", name="Models", exact=True)
    await expect(models.get_by_role("row", name="house@")).to_contain_text("answers")
    await check(page, "promoted")
    assert (Shelf(office.home).active() or "").startswith("house@")
    await page.context.close()
    assert problems == []
