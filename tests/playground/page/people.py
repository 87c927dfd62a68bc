"""Doing on the page what people do."""

from playwright.async_api import Locator, Page, expect


def slack(page: Page) -> Locator:
    return page.get_by_role("region", name="Slack", exact=True)


def telegram(page: Page) -> Locator:
    return page.get_by_role("region", name="Telegram", exact=True)


def answers(chat: Locator) -> Locator:
    """The assistant's messages in sight, without those that are growing."""
    return chat.locator("article.ours:not([aria-busy])")


async def become(chat: Locator, name: str) -> None:
    """Choose who one is."""
    await chat.get_by_label("You are").select_option(label=name)


async def go(chat: Locator, place: str) -> None:
    """Choose a channel or a chat."""
    await chat.get_by_role("navigation").get_by_role("button", name=place).click()


async def say(chat: Locator, text: str) -> None:
    """Write into the field in sight."""
    field = chat.locator(".composer textarea:visible").last
    await field.fill(text)
    await field.press("Enter")


async def ask(chat: Locator, text: str) -> Locator:
    """Write, and wait for the echo. Returns the answer."""
    await say(chat, text)
    answer = answers(chat).filter(has_text=f"echo: {text}").last
    await expect(answer).to_be_visible()
    return answer


async def use(message: Locator, tool: str) -> None:
    """Press a button that appears over a message."""
    await message.hover()
    await message.get_by_role("toolbar").get_by_role("button", name=tool, exact=True).click()
