"""The widget as the stage of a scenario."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType

from bots.playground.scenario.scene import Seen, SentFile
from bots.playground.scenario.script import SEATS, Place
from bots.playground.widget.driver import WidgetVisitor
from bots.playground.widget.window import Frame

_BELOW_SECONDS = 10.0
"""What stands below an answer comes with it."""


class WidgetScene:
    """Fills `bots.playground.scenario.scene.Scene`; use it as an async context manager.

    Every seat is a visitor of its own. A visitor is alone with the assistant, and takes back nothing that was
    sent.
    """

    def __init__(self, url: str) -> None:
        self._visitors = [WidgetVisitor(url) for _ in range(SEATS)]
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "WidgetScene":
        for visitor in self._visitors:
            await self._open.enter_async_context(visitor)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        visitor = self._visitor(who, at)
        await visitor.say(text)
        await visitor.acknowledged()

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        visitor = self._visitor(who, at)
        sent = [await visitor.upload(each.name, each.media_type, each.content) for each in files]
        await visitor.say(caption, *(str(each["id"]) for each in sent))
        await visitor.acknowledged()

    async def edit(self, who: int, at: Place, text: str) -> None:
        raise ValueError("the widget lets nobody change what was sent")

    async def delete(self, who: int, at: Place) -> None:
        raise ValueError("the widget lets nobody take back what was sent")

    async def begun(self, who: int, at: Place) -> None:
        visitor = self._visitor(who, at)
        await visitor.wait_for(
            lambda: any(sight["body"] for sight in visitor.window.sights.values()), timeout=60
        )

    async def stop(self, who: int, at: Place) -> None:
        await self.begun(who, at)
        await self._visitor(who, at).stop()

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        visitor = self._visitor(who, at)
        answer = await self._newest(visitor, lambda each: bool(each["judgeable"]), "has no thumbs under it")
        await visitor.rate(answer["turn"], verdict)
        await visitor.acknowledged()

    async def press(self, who: int, at: Place, label: str) -> None:
        visitor = self._visitor(who, at)
        answer = await self._newest(
            visitor,
            lambda each: label in [choice["label"] for choice in each["choices"]],
            f"has no button {label!r}",
        )
        await visitor.press(answer, label)

    async def hours_pass(self, who: int, hours: float) -> None:
        raise ValueError("the widget has no clock of its own")

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        visitor = self._visitor(who, at)
        answers = (each for each in visitor.messages if each["by"] == "assistant")
        finished = [Seen(text=_whole(each), finished=True) for each in answers]
        return [
            *finished,
            *(Seen(text=sight["doing"], finished=False) for sight in visitor.window.sights.values()),
        ]

    async def changed(self) -> None:
        waiting = [asyncio.create_task(visitor.changed()) for visitor in self._visitors]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _visitor(self, who: int, at: Place) -> WidgetVisitor:
        if at != "direct":
            raise ValueError("in the widget, everybody is alone with the assistant")
        return self._visitors[who]

    async def _newest(self, visitor: WidgetVisitor, fits: Callable[[Frame], bool], lack: str) -> Frame:
        """The newest answer, once it has what is wanted.

        Raises:
            ValueError: it does not get it.
        """

        def newest() -> Frame | None:
            answers = [each for each in visitor.messages if each["by"] == "assistant"]
            return answers[-1] if answers and fits(answers[-1]) else None

        try:
            await visitor.wait_for(newest, _BELOW_SECONDS)
        except TimeoutError:
            raise ValueError(f"the newest answer {lack}") from None
        found = newest()
        if found is None:
            raise ValueError(f"the newest answer {lack}")
        return found


def _whole(answer: Frame) -> str:
    """An answer with its sources and files."""
    names = (str(each["name"]) for each in (*answer["sources"], *answer["files"]))
    return "\n".join([answer["plain"], *names])
