"""The help desk on the page: an agent changes what the assistant suggests, and the customer reads that."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bots.playground.slack.seed import HELP
from bots.playground.stage import Stage, opened
from core.desk_policy import DeskSection
from core.policy import Policies
from core.settings import Settings
from tests.playground.page.people import answers, become, go, say, slack, telegram
from tests.playground.storyteller import Storyteller

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(engine: Storyteller, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=home)  # type: ignore[call-arg]  # fields are set by their alias
    policies = Policies(desk=DeskSection(platform="slack", channel=HELP))
    async with opened(settings, policies, engine) as stage:
        yield stage


async def test_an_agent_edits_a_suggestion_in_a_window_and_sends_it(page: Page) -> None:
    await telegram(page).get_by_role("button", name="Start", exact=True).click()
    await say(telegram(page), "can I talk to a human please")
    await expect(answers(telegram(page)).last).to_contain_text("Your ticket number is")
    await become(slack(page), "Ben Okafor")
    await go(slack(page), "help")
    await slack(page).get_by_role("button", name="repl").first.click()
    await say(telegram(page), "are you open?")
    thread = slack(page).locator("aside")
    await expect(thread.locator("article.ours").last).to_contain_text("Suggested answer")
    await thread.get_by_role("button", name="Edit", exact=True).last.click()
    field = slack(page).get_by_label("Suggested answer")
    await expect(field).to_have_value("echo: are you open?")
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / "desk-edit.png")
    await field.fill("Yes, until six.")
    await slack(page).locator(".window-form").get_by_role("button", name="Send").click()
    await expect(answers(telegram(page)).last).to_contain_text("ben: Yes, until six.")
    await expect(slack(page).locator(".window-form")).to_have_count(0)
