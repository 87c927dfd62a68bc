"""A visitor in Chromium as the stage of a scenario."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from playwright.async_api import FilePayload, FrameLocator, Locator, Page, expect

from bots.playground.scenario.scene import Seen, SentFile
from bots.playground.scenario.script import Place

LOOK_SECONDS = 0.1


class PageScene:
    """Fills `bots.playground.scenario.scene.Scene` for one visitor, in the frame of an open page."""

    def __init__(self, page: Page, look: Callable[[], Awaitable[None]]) -> None:
        """`look` is called before the visitor does anything: everything that was waited for stands there."""
        self._frame: FrameLocator = page.frame_locator("iframe")
        self._look = look

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        await self._look()
        field = self._frame.locator("textarea")
        await field.fill(text)
        await field.press("Enter")
        await expect(self._frame.locator("article.visitor").last).to_have_text(re.compile(re.escape(text)))

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        await self._look()
        sent: list[FilePayload] = [
            {"name": each.name, "mimeType": each.media_type, "buffer": each.content} for each in files
        ]
        await self._frame.locator("input[type=file]").set_input_files(sent)
        await expect(self._frame.locator(".chips li:not([aria-busy])")).to_have_count(len(files))
        await self._frame.locator("textarea").fill(caption)
        await self._frame.get_by_role("button", name="Send", exact=True).click()

    async def edit(self, who: int, at: Place, text: str) -> None:
        raise ValueError("the widget lets nobody change what was sent")

    async def delete(self, who: int, at: Place) -> None:
        raise ValueError("the widget lets nobody take back what was sent")

    async def begun(self, who: int, at: Place) -> None:
        await expect(self._frame.locator("article.growing .bubble > :not(.working)").first).to_be_visible()

    async def stop(self, who: int, at: Place) -> None:
        await self._frame.get_by_role("button", name="Stop the answer").click()

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        await self._look()
        thumb = self._newest.get_by_role("button", name=re.compile(rf"is {verdict}$|was {verdict}$"))
        await thumb.click()
        await expect(thumb).to_have_attribute("aria-pressed", "true")

    async def press(self, who: int, at: Place, label: str) -> None:
        await self._look()
        await self._newest.get_by_role("button", name=label, exact=True).click()

    async def hours_pass(self, who: int, hours: float) -> None:
        raise ValueError("the widget has no clock of its own")

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        growing = await self._frame.locator("article.growing").count()
        texts = await self._frame.locator("article.assistant").all_inner_texts()
        return [Seen(text=text, finished=number < len(texts) - growing) for number, text in enumerate(texts)]

    async def changed(self) -> None:
        await asyncio.sleep(LOOK_SECONDS)

    @property
    def _newest(self) -> Locator:
        return self._frame.locator("article.assistant").last
