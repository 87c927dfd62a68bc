"""The page as a whole: several people, keys alone, a phone, dark and light, and text that nobody trusts."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bots.playground.stage import Stage, opened
from core.policy import FlowsSection, Policies
from core.settings import Settings
from tests.playground.page.conftest import watching
from tests.playground.page.people import answers, ask, become, go, say, slack, telegram
from tests.playground.storyteller import Storyteller

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = "<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) javascript:alert(4)"


async def test_two_people_of_one_platform_are_seen_at_once(page: Page) -> None:
    await page.get_by_role("button", name="2 × Slack").click()
    ana, ben = slack(page).nth(0), slack(page).nth(1)
    await expect(ben.get_by_label("You are")).to_have_value("U0BEN")
    for person in (ana, ben):
        await go(person, "general")
    await say(ana, "good morning, Ben")
    await expect(ben.locator("article").last).to_contain_text("Ana Souza")
    await say(ben, "good morning, Ana")
    await expect(ana.locator("article").last).to_contain_text("good morning, Ana")
    await page.get_by_role("button", name="2 × Telegram").click()
    await expect(telegram(page)).to_have_count(2)


async def test_each_person_has_chats_of_their_own(page: Page) -> None:
    await ask(slack(page), "between us")
    await become(slack(page), "David Lindqvist")
    await expect(slack(page).locator("article")).to_have_count(0)
    await expect(slack(page)).to_contain_text("Hello David, I am Frontdesk.")


async def test_news_elsewhere_are_marked(page: Page) -> None:
    await page.get_by_role("button", name="2 × Telegram").click()
    mina, jonas = telegram(page).nth(0), telegram(page).nth(1)
    await go(mina, "Lunch")
    await say(mina, "soup today")
    await expect(jonas.get_by_role("button", name="Lunch")).to_contain_text("new messages")
    await go(jonas, "Lunch")
    await expect(jonas.get_by_role("button", name="Lunch")).not_to_contain_text("new messages")


async def test_everything_is_reached_by_keys_alone(page: Page) -> None:
    keys = page.keyboard
    await keys.press("1")
    await keys.type("by keys alone")
    await keys.press("Enter")
    await expect(answers(slack(page)).last).to_contain_text("by keys alone")
    await keys.press("Escape")
    await expect(answers(slack(page)).last).to_be_focused()
    await keys.press("Tab")
    await expect(answers(slack(page)).last.get_by_role("button", name="This answer is good")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator(":focus")).to_have_attribute("aria-pressed", "true")
    await keys.press("Shift+Tab")
    await keys.press("ArrowUp")
    await expect(slack(page).locator("article").first).to_be_focused()
    for key, tool in (("i", "Inspector"), ("f", "Faults"), ("s", "Session")):
        await keys.press(key)
        await expect(page.get_by_role("heading", name=tool, exact=True)).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("complementary", name="Tools")).to_have_count(0)
    await keys.press("Escape")
    await keys.press("w")
    await expect(slack(page).get_by_label("You are")).to_be_focused()
    await keys.press("Escape")
    await keys.press("n")
    await expect(slack(page).get_by_role("navigation").locator("[aria-current]")).to_be_focused()
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(slack(page).get_by_label("Message to #general")).to_be_focused()
    await keys.press("Escape")
    await keys.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    await keys.press("2")
    await expect(telegram(page).get_by_role("button", name="Start")).to_be_focused()


async def test_letters_that_are_written_are_no_shortcuts(page: Page) -> None:
    field = slack(page).get_by_label("Message to Frontdesk")
    await field.press_sequentially("is 1 of 2 fish.?")
    await expect(field).to_have_value("is 1 of 2 fish.?")
    await expect(page.get_by_role("complementary", name="Tools")).to_have_count(0)


async def test_what_has_the_focus_keeps_it_while_messages_come(page: Page) -> None:
    answer = await ask(slack(page), "hold on")
    thumb = answer.get_by_role("button", name="This answer is good")
    await thumb.focus()
    await thumb.press("Enter")
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    await expect(thumb).to_be_focused()


async def test_foreign_text_stays_text(page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await say(slack(page), EVIL)
    await expect(answers(slack(page)).last).to_contain_text("<script>alert(2)</script>")
    await telegram(page).get_by_role("button", name="Start").click()
    await say(telegram(page), EVIL)
    await expect(answers(telegram(page)).last).to_contain_text("<img src=x onerror=alert(1)>")
    assert await page.locator("article :is(img, script, a[href^='javascript'])").count() == 0
    assert dialogs == []


async def test_markdown_and_entities_look_as_on_the_platforms(page: Page) -> None:
    text = (
        "a **bold** *slant* ~~gone~~ `code` [site](https://example.com/x)\n\n"
        "1. one\n2. two\n   - deep\n\n> quoted\n\n```\nf(1)\n```"
    )
    await (
        telegram(page)
        .get_by_role("button", name="Start")
        .or_(telegram(page).get_by_label("Message to Frontdesk"))
        .filter(visible=True)
        .click()
    )
    for chat in (slack(page), telegram(page)):
        await say(chat, text)
        answer = answers(chat).filter(has_text="quoted").last
        for tag, words in (
            ("strong", "bold"),
            ("em", "slant"),
            ("s", "gone"),
            ("code", "code"),
            ("blockquote", "quoted"),
            ("pre", "f(1)"),
        ):
            await expect(answer.locator(f".text {tag}", has_text=words).first).to_be_visible()
        link = answer.get_by_role("link", name="site")
        await expect(link).to_have_attribute("href", "https://example.com/x")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(answers(slack(page)).last.locator("ol > li")).to_have_count(2)
    await expect(answers(slack(page)).last.locator("ol > li > ul > li")).to_have_text("deep")


async def test_what_flows_do_there_is_said_and_the_end_of_the_playground(
    browser: Browser, tmp_path: Path
) -> None:
    flows = FlowsSection.model_validate({"actions": [{"name": "order", "function": "kitchen:order"}]})
    settings = Settings(FRONTDESK_PORT=0, FRONTDESK_HOME=tmp_path)  # type: ignore[call-arg]  # fields are set by their alias
    page = await browser.new_page()
    async with opened(settings, Policies(flows=flows), Storyteller()) as stage:
        await page.goto(stage.url)
        await expect(page.locator(".model.ready")).to_be_visible()
        await expect(page.locator(".errands")).to_contain_text("Flows do nothing for real here")
    await expect(page.locator(".model.lost")).to_contain_text("is the playground still running?")
    await page.context.close()


async def test_the_page_works_on_a_phone(browser: Browser, stage: Stage) -> None:
    phone = await browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    async for page in watching(phone, stage):
        tabs = page.get_by_role("navigation", name="Parts of the page")
        await expect(telegram(page)).not_to_be_visible()
        await ask(slack(page), "from a phone")
        await slack(page).get_by_role("button", name="Channels and apps").tap()
        await go(slack(page), "general")
        await expect(slack(page).get_by_role("heading", name="general")).to_be_visible()
        await tabs.get_by_role("button", name="Telegram").tap()
        await expect(telegram(page).get_by_role("heading", name="Frontdesk")).to_be_visible()
        for tool in ("Inspector", "Faults", "Session"):
            await tabs.get_by_role("button", name=tool).tap()
            await expect(page.get_by_role("complementary", name="Tools")).to_be_visible()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == 360, "nothing reaches out of the page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_out(page: Page, scheme: str) -> None:
    """axe-core finds no barrier, contrast included, in any part of the page."""
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await _check(page)
    await say(slack(page), "**bold** and `code`")
    answer = answers(slack(page)).last
    await expect(answer).to_contain_text("bold and code")
    await answer.get_by_role("button", name="This answer is good").click()
    await go(telegram(page), "Lunch")
    await say(telegram(page), "@frontdesk_bot what is soup?")
    await expect(answers(telegram(page)).last).to_contain_text("soup")
    for tool in ("Inspector", "Faults", "Session"):
        await page.get_by_role("group", name="Tools").get_by_role("button", name=tool).click()
        await expect(page.get_by_role("heading", name=tool, exact=True)).to_be_visible()
        await _check(page)
    await page.keyboard.press("?")
    await _check(page)


async def _check(page: Page) -> None:
    found = (await Axe().run(page)).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


async def test_the_page_leads_to_a_site_with_the_widget(page: Page, stage: Stage) -> None:
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Widget").click()
    shop = await opened.value
    await shop.get_by_role("button", name="Open chat").click()
    field = shop.frame_locator("iframe").get_by_label("Your message")
    await field.fill("Are you open?")
    await field.press("Enter")
    answer = shop.frame_locator("iframe").locator("article.assistant").last
    await expect(answer).to_contain_text("echo: Are you open?")
