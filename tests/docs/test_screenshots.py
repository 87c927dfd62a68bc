"""The pictures of the documentation, taken of the real pages: `make screenshots` puts them in place."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from core.engine.types import ModelCard
from tests.console.conftest import PASSWORD, opened
from tests.console.test_pages import furnish
from tests.docs.pages import READ, ROOT, links
from tests.playground.page.conftest import PATIENCE, browser
from tests.playground.page.people import answers, become, go, say, slack, telegram
from tests.playground.shop import shop
from tests.playground.storyteller import Storyteller
from tests.widget.conftest import open_chat
from tests.widget.conftest import say as say_in_widget

__all__ = ["browser"]

FOLDER = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1200, "height": 730}
LARGEST = 100_000
"""Bytes of a picture."""
Scene = Callable[[Page, Path], AbstractAsyncContextManager[Page | Locator]]
"""Leads a page with a folder of its own to what is to be seen, and keeps it there."""


class Model(Storyteller):
    """Goes by the name of the default model."""

    def card(self) -> ModelCard:
        return ModelCard(name="smollm2-135m", version="1a2b3c4d5e6f", context_length=2048)


@asynccontextmanager
async def overview(page: Page, home: Path) -> AsyncIterator[Page]:
    async with console(page, home) as url:
        await page.goto(f"{url}?days=7")
        yield page


@asynccontextmanager
async def review(page: Page, home: Path) -> AsyncIterator[Page]:
    async with console(page, home) as url:
        await page.goto(f"{url}/review?skip=1")
        await expect(page.get_by_role("button", name="Keep")).to_be_visible()
        yield page


@asynccontextmanager
async def models(page: Page, home: Path) -> AsyncIterator[Locator]:
    async with console(page, home) as url:
        await page.goto(f"{url}/models")
        yield page.get_by_role("region", name="Side by side 1")


@asynccontextmanager
async def console(page: Page, home: Path) -> AsyncIterator[str]:
    """Signed in; yields its address."""
    async with opened(home, engine=Model()) as office:
        await furnish(office)
        await page.goto(f"{office.url}/console")
        await page.get_by_label("Your name").fill("Rita")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Overview").wait_for()
        yield f"{office.url}/console"


@asynccontextmanager
async def widget(page: Page, home: Path) -> AsyncIterator[Page]:
    async with shop(home, Model()) as stage:
        await page.goto(f"{stage.url}/playground/site")
        frame = await open_chat(page)
        await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
        await say_in_widget(page, "What does it cost to send a parcel back?")
        await expect(frame.locator("article.assistant").last).to_contain_text("free within Germany")
        await expect(frame.get_by_role("button", name="This answer is good")).to_be_visible()
        yield page


@asynccontextmanager
async def playground(page: Page, home: Path) -> AsyncIterator[Page]:
    async with shop(home, Model()) as stage:
        await page.goto(stage.url)
        await expect(page.get_by_label("You are")).to_have_count(2)
        await say(slack(page), "Where do you deliver?")
        await expect(answers(slack(page)).last).to_contain_text("Spain and Portugal")
        await telegram(page).get_by_role("button", name="Start", exact=True).click()
        await say(telegram(page), "How long does a bicycle take to arrive?")
        await expect(answers(telegram(page)).last).to_contain_text("ten working days")
        yield page


@asynccontextmanager
async def desk(page: Page, home: Path) -> AsyncIterator[Page]:
    await page.set_viewport_size({"width": 1200, "height": 850})
    async with shop(home, Model()) as stage:
        await page.goto(stage.url)
        await expect(page.get_by_label("You are")).to_have_count(2)
        customer, agent = telegram(page), slack(page)
        await customer.get_by_role("button", name="Start", exact=True).click()
        await say(customer, "can I talk to a human please")
        await expect(answers(customer).last).to_contain_text("Your ticket number is")
        await become(agent, "Ben Okafor")
        await go(agent, "help")
        await agent.get_by_role("button", name="repl").first.click()
        await say(customer, "How long does a bicycle take to arrive?")
        thread = agent.locator("aside")
        await expect(thread.locator("article.ours").last).to_contain_text("Suggested answer")
        await expect(thread.locator("article.ours").last).to_contain_text("ten working days")
        yield page


PICTURES: Mapping[str, Scene] = {
    "console": overview,
    "review": review,
    "models": models,
    "widget": widget,
    "playground": playground,
    "desk": desk,
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", PICTURES)
async def test_there_is_what_a_picture_shows(browser: Browser, name: str, tmp_path: Path) -> None:
    context = await browser.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    async with PICTURES[name](page, tmp_path) as shown:
        await page.mouse.move(0, 0)
        picture = small(await shown.screenshot(animations="disabled", caret="hide"))
        assert problems == []
    await context.close()
    assert len(picture) <= LARGEST
    if folder := os.environ.get("FRONTDESK_SCREENSHOTS"):
        (Path(folder) / f"{name}.png").write_bytes(picture)


def test_every_picture_stands_in_a_page_and_no_other_is_kept() -> None:
    kept = {path.name for path in FOLDER.iterdir()}
    shown = {(page.parent / link).name for page in READ for link in links(page) if "pictures/" in link}
    assert kept == shown == {f"{name}.png" for name in PICTURES}


def small(picture: bytes) -> bytes:
    """With a palette, which takes a third of the bytes."""
    written = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        written, "PNG", optimize=True
    )
    return written.getvalue()
