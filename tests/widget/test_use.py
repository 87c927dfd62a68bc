"""What visitors do in the widget, with a mouse, with keys alone, and with a screen reader, in Chromium."""

import base64
import time
from pathlib import Path

import jwt
import pytest
from playwright.async_api import Browser, FilePayload, FrameLocator, Page, expect

from adapters.web import limits
from tests.widget.conftest import SECRET, Site, chat, open_chat, say, watch

pytestmark = pytest.mark.asyncio(loop_scope="module")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE: FilePayload = {"name": "tyre.png", "mimeType": "image/png", "buffer": PIXEL}
LENGTH = "node => node.duration || new Promise(on => { node.ondurationchange = () => on(node.duration); })"
DROP = """([kind, name, type, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(kind === "paste" ? "textarea" : "main").dispatchEvent(event);
}"""


async def answered(frame: FrameLocator, text: str) -> None:
    """Wait for a finished answer; its thumbs come with its end."""
    answer = frame.locator("article.assistant", has_text=text).last
    await expect(answer.get_by_role("button", name="This answer is good")).to_be_visible()


async def test_files_are_chosen_pasted_and_dropped_and_stand_in_the_conversation(
    page: Page, site: Site
) -> None:
    frame = await open_chat(page)
    await frame.locator("input[type=file]").set_input_files([PICTURE])
    inner = page.frames[-1]
    await inner.evaluate(DROP, ["paste", "list.csv", "text/csv", "a,b"])
    await inner.evaluate(DROP, ["drop", "note.txt", "text/plain", "hello"])
    chips = frame.locator(".chips li")
    await expect(chips).to_have_count(3)
    await expect(frame.get_by_role("progressbar")).to_have_count(0)
    await frame.get_by_role("button", name="Remove note.txt").click()
    await say(page, "look at these")
    said = frame.locator("article.visitor").last
    await expect(said.get_by_role("button", name="Download tyre.png")).to_be_visible()
    await expect(said.get_by_role("button", name="Download list.csv")).to_be_visible()
    await expect(said.get_by_role("img", name="tyre.png")).to_be_visible()
    await expect(chips).to_have_count(0)
    await answered(frame, "look at these")
    async with page.expect_download() as saved:
        await said.get_by_role("button", name="Download list.csv").click()
    assert Path(await (await saved.value).path()).read_text() == "a,b"


async def test_an_answer_that_is_read_aloud_comes_with_a_player(page: Page, site: Site) -> None:
    frame = await open_chat(page)
    await say(page, "good morning to you")
    await answered(frame, "echo: good morning to you")
    await say(page, "Read it to me!")
    player = frame.locator("article.assistant audio")
    await expect(player).to_be_visible()
    length = await player.evaluate(LENGTH)
    assert 1.8 < length < 2.3
    assert site.voice.read == ["echo: good morning to you."]


async def test_what_is_not_taken_is_said_in_plain_words(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = await open_chat(page)
    told = frame.get_by_role("alert")
    inner = page.frames[-1]
    await expect(frame.get_by_text("Hello! Ask me anything")).to_be_visible()
    await inner.evaluate(DROP, ["drop", "game.exe", "application/x-msdownload", "MZ"])
    await expect(told).to_have_text("Files such as game.exe are not taken.")
    await inner.evaluate(DROP, ["drop", "big.txt", "text/plain", "x" * (limits.FILE + 1)])
    await expect(told).to_have_text("big.txt is too large: at most 10 MB.")
    await frame.locator("input[type=file]").set_input_files([PICTURE] * 6)
    await expect(told).to_have_text("At most 5 files at a time.")
    await expect(frame.locator(".chips li:not([aria-busy])")).to_have_count(5)


async def test_keys_alone_do_and_a_small_window_keeps_them_in_the_chat(browser: Browser, site: Site) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 568}, locale="en-GB")
    page = await context.new_page()
    problems = watch(page, site)
    await page.goto(site.url)
    await expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    await page.keyboard.press("Enter")
    frame = chat(page)
    await expect(frame.get_by_label("Your message")).to_be_focused()
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await answered(frame, "echo: hello")
    await page.keyboard.press("Tab")
    await expect(frame.get_by_role("button", name="Record what you say")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(frame.get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(frame.get_by_role("button", name="Close chat")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(frame.get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    await context.close()
    assert problems == []


async def test_a_screen_reader_hears_each_answer_once_and_no_streamed_words(page: Page, site: Site) -> None:
    frame = await open_chat(page)
    await say(page, "tell me a story")
    await expect(frame.locator("article.growing")).to_contain_text("echo: tell")
    heard = frame.get_by_role("status").locator("p")
    await expect(heard).to_have_text(["Frontdesk is writing…"])
    site.engine.hold.set()
    await answered(frame, "tell me a story")
    await expect(heard).to_have_text(["Frontdesk is writing…", "Frontdesk: echo: tell me a story"])
    await expect(frame.get_by_role("log", include_hidden=True)).to_have_attribute("aria-live", "off")


async def test_unread_messages_are_counted_on_the_button_and_in_the_title(page: Page, site: Site) -> None:
    frame = await open_chat(page)
    await say(page, "tell me a story")
    await expect(frame.locator("article.growing")).to_contain_text("echo: tell")
    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    site.engine.hold.set()
    await expect(page.get_by_role("button", name="Open chat, 1 unread message")).to_be_visible()
    await expect(page).to_have_title("(1) Shop")
    await page.reload()
    await page.get_by_role("button", name="Open chat, 1 unread message").click()
    await expect(page).to_have_title("Shop")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()


async def test_a_verdict_stands_after_the_page_is_loaded_anew(page: Page, site: Site) -> None:
    frame = await open_chat(page)
    await say(page, "rate me")
    thumb = frame.get_by_role("button", name="This answer is bad")
    await thumb.click()
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    await expect(frame.get_by_role("alert")).to_be_empty()
    await page.reload()
    await open_chat(page)
    await expect(chat(page).get_by_role("button", name="This answer is bad")).to_have_attribute(
        "aria-pressed", "true"
    )


def token(subject: str, *, expires: float) -> str:
    return jwt.encode({"sub": subject, "exp": int(time.time() + expires)}, SECRET, algorithm="HS256")


async def test_the_page_is_told_of_an_expired_token_and_goes_on_with_a_fresh_one(
    browser: Browser, site: Site
) -> None:
    page = await browser.new_page(locale="en-GB")
    await page.goto(f"{site.url}/?token={token('kim', expires=-24)}")
    await page.evaluate(
        "() => { window.heard = new Promise((told) => addEventListener('frontdesk:expired', told)); }"
    )
    frame = await open_chat(page)
    await say(page, "while it lasts")
    await expect(frame.get_by_role("log").get_by_text("while it lasts").first).to_be_visible()
    await page.evaluate("window.heard.then(() => true)")
    await expect(frame.get_by_role("alert")).to_have_text("Your session has expired. Please reload the page.")
    await say(page, "and after")
    await page.evaluate("fresh => frontdesk.identify(fresh)", token("kim", expires=600))
    await answered(frame, "and after")
    await expect(frame.get_by_role("alert")).to_be_empty()
    await page.evaluate("fresh => frontdesk.identify(fresh)", token("gus", expires=600))
    await expect(frame.locator("article.visitor")).to_have_count(0)
    await page.close()


async def test_a_second_click_while_the_browser_asks_starts_no_second_recording(
    page: Page, site: Site
) -> None:
    frame = await open_chat(page)
    microphone = frame.get_by_role("button", name="Record what you say")
    await microphone.evaluate(
        """() => {
            const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
            globalThis.asked = 0;
            devices.getUserMedia = (wanted) => { globalThis.asked += 1; return ask(wanted); };
        }"""
    )
    await microphone.evaluate("button => { button.click(); button.click(); }")
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    assert await microphone.evaluate("() => globalThis.asked") == 1
    await microphone.click()
    await expect(microphone).to_have_attribute("aria-pressed", "false")


async def test_a_visitor_speaks(page: Page, site: Site) -> None:
    """Chromium's own tone stands in for a voice, and nobody listens here."""
    frame = await open_chat(page)
    microphone = frame.get_by_role("button", name="Record what you say")
    await microphone.click()
    await expect(microphone).to_have_attribute("aria-pressed", "true")
    await microphone.click()
    await expect(frame.locator(".chips li:not([aria-busy])")).to_have_count(1)
    await frame.get_by_role("button", name="Send", exact=True).click()
    said = frame.locator("article.visitor").last
    await expect(said.get_by_role("button", name="Download Recording.webm")).to_be_visible()
    answer = frame.locator("article.assistant").last
    await expect(answer).to_contain_text("I cannot listen to recordings here.")
