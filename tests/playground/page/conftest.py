"""The playground with a scripted engine, and Chromium in front of it; both serve all tests of a module."""

import re
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bots.playground.stage import Stage, opened
from core.policy import Policies
from core.settings import Settings
from tests.playground.storyteller import Storyteller

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 60_000
"""Milliseconds that a busy machine may take."""


@pytest.fixture(scope="module")
def engine() -> Storyteller:
    return Storyteller()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(engine: Storyteller, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=home)  # type: ignore[call-arg]  # fields are set by their alias
    async with opened(settings, Policies(), engine) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("Chromium is missing: `make test` installs it, or set up one of " + ", ".join(NAMES))
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """The page as a newcomer opens it; no script of it may fail, and nothing be loaded from outside."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    async for watched in watching(page, stage):
        yield watched


async def watching(page: Page, stage: Stage) -> AsyncIterator[Page]:
    """Open the page, and complain afterwards about errors and requests to elsewhere."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda request: problems.append(request.url) if _is_outside(request.url, stage) else None
    )
    page.set_default_timeout(PATIENCE)
    await page.goto(stage.url)
    await expect(page.locator(".model.ready")).to_contain_text("scripted")
    await expect(page.get_by_label("You are")).to_have_count(2)
    yield page
    await page.context.close()
    # a refusal by the platform is shown to the person; Chromium also notes its status
    assert [each for each in problems if not re.match("Failed to load resource", each)] == []


def _is_outside(url: str, stage: Stage) -> bool:
    return not url.startswith((stage.url, "data:", "blob:"))
