"""Customers on both emulated platforms, who ask the running service and judge what it answers."""

import asyncio
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.markdown import JOINER
from bots.playground.process import started
from bots.playground.slack.driver import SlackDriver, shown
from bots.playground.slack.driver import replies as slack_replies
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.driver import replies as telegram_replies

AT_ONCE = 8
"""Customers who wait for an answer at the same time."""
LOOK_SECONDS = 0.5
PATIENCE = 180.0
"""Seconds within which an answer stands."""
START_SECONDS = 120.0
PLACEHOLDER = "…"
THUMBS = {True: "👍", False: "👎"}
Taste = Callable[[str, str], bool]
"""Whether a customer who asked this likes that answer."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A finished post of the assistant, with the button of each verdict."""

    text: str
    press: Mapping[bool, Mapping[str, Any]]
    """What to press for good and for bad; empty where it cannot be judged."""


@dataclass
class Side(ABC):
    """One platform; one look at it serves everybody who waits."""

    name: str
    mark: str
    """Before a command."""
    state: dict[str, Any] = field(default_factory=dict)
    looked: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.state = await self.driver.state()
            async with self.looked:
                self.looked.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def converse(self, name: str, question: str, taste: Taste) -> bool:
        """A newcomer lets the shop learn, asks, and judges the answer; returns the verdict."""
        who = await self.join(name)
        await self.say(who, f"{self.mark}learning yes")
        await self._heard(who, 1)
        await self.say(who, question)
        answer = (await self._heard(who, 2))[-1]
        likes = taste(question, answer.text)
        await self.press(who, answer.press[likes])
        return likes

    async def _heard(self, who: Any, count: int) -> Sequence[Post]:
        """So many posts, the last of which can be judged unless it is the first."""
        async with asyncio.timeout(PATIENCE), self.looked:
            while True:
                posts = self.posts(who)
                if len(posts) >= count and (count == 1 or posts[-1].press):
                    return posts
                await self.looked.wait()

    @property
    @abstractmethod
    def driver(self) -> SlackDriver | TelegramDriver:
        """The control API."""

    @abstractmethod
    async def join(self, name: str) -> Any:
        """Somebody new, with an open conversation."""

    @abstractmethod
    async def say(self, who: Any, text: str) -> None:
        """Write to the assistant."""

    @abstractmethod
    def posts(self, who: Any) -> Sequence[Post]:
        """What it has answered there."""

    @abstractmethod
    async def press(self, who: Any, button: Mapping[str, Any]) -> None:
        """Press a button."""


@dataclass(kw_only=True)
class SlackSide(Side):
    """Direct conversations with the app."""

    slack: SlackDriver

    @property
    def driver(self) -> SlackDriver:
        return self.slack

    async def join(self, name: str) -> tuple[str, str]:
        user = await self.slack.create_person(name)
        return user, await self.slack.open_dm(user)

    async def say(self, who: tuple[str, str], text: str) -> None:
        await self.slack.send(*who, text)

    def posts(self, who: tuple[str, str]) -> Sequence[Post]:
        if who[1] not in {each["id"] for each in self.state.get("channels", [])}:
            return []
        found = [each for each in slack_replies(self.state, who[1]) if not each["streaming"]]
        posts = [Post(text=shown(each).replace(JOINER, ""), press=_on_slack(each)) for each in found]
        return [each for each in posts if each.text != PLACEHOLDER]

    async def press(self, who: tuple[str, str], button: Mapping[str, Any]) -> None:
        await self.slack.click(*who, button["ts"], button["action_id"], button["value"])


@dataclass(kw_only=True)
class TelegramSide(Side):
    """Private chats with the bot."""

    telegram: TelegramDriver

    @property
    def driver(self) -> TelegramDriver:
        return self.telegram

    async def join(self, name: str) -> int:
        return int((await self.telegram.act("create_person", name=name))["id"])

    async def say(self, who: int, text: str) -> None:
        await self.telegram.send(who, who, text)

    def posts(self, who: int) -> Sequence[Post]:
        if who not in {each["id"] for each in self.state.get("chats", [])}:
            return []
        found = [each for each in telegram_replies(self.state, who) if each["text"] != PLACEHOLDER]
        return [Post(text=each["text"].replace(JOINER, ""), press=_on_telegram(each)) for each in found]

    async def press(self, who: int, button: Mapping[str, Any]) -> None:
        await self.telegram.click(who, who, button["id"], button["data"])


def _on_slack(message: dict[str, Any]) -> dict[bool, dict[str, Any]]:
    elements = [each for block in message["blocks"] for each in block.get("elements", [])]
    for each in elements:
        if isinstance(each, dict) and each.get("type") == "feedback_buttons":
            return {
                good: {"ts": message["ts"], "action_id": each["action_id"], "value": each[side]["value"]}
                for good, side in ((True, "positive_button"), (False, "negative_button"))
            }
    return {}


def _on_telegram(message: dict[str, Any]) -> dict[bool, dict[str, Any]]:
    buttons = {each["text"]: each["callback_data"] for row in message["buttons"] for each in row}
    found = {good: buttons.get(thumb) for good, thumb in THUMBS.items()}
    return {good: {"id": message["id"], "data": data} for good, data in found.items() if data}


class Crowd:
    """Everybody who asks, on either platform in turn."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self._sides = sides
        self._joined = 0

    async def ask(self, questions: Sequence[str], taste: Taste) -> list[bool]:
        """A newcomer for each question; returns what they thought of the answers."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(question: str) -> bool:
            async with places:
                self._joined += 1
                side = self._sides[self._joined % len(self._sides)]
                return await side.converse(f"Customer {self._joined}", question, taste)

        return list(await asyncio.gather(*map(one, questions)))


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """Both emulated platforms, and how to reach them."""

    slack: SlackSide
    telegram: TelegramSide
    environment: Mapping[str, str]
    """Settings of a service between them."""


@asynccontextmanager
async def platforms() -> AsyncIterator[Platforms]:
    """Both platforms, for as long as the block runs.

    They outlive the service: other ones would count their events anew, and those that it knows it drops.
    """
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(started("bots.playground.slack"))
        telegram = await stack.enter_async_context(started("bots.playground.telegram"))
        slack_driver = await stack.enter_async_context(SlackDriver(slack["url"]))
        telegram_driver = await stack.enter_async_context(TelegramDriver(telegram["url"]))
        for driver in (slack_driver, telegram_driver):
            await driver.set_limits(0)
        yield Platforms(
            slack=SlackSide(name="Slack", mark="!", slack=slack_driver),
            telegram=TelegramSide(name="Telegram", mark="/", telegram=telegram_driver),
            environment={
                "SLACK_BOT_TOKEN": slack["bot_token"],
                "SLACK_APP_TOKEN": slack["app_token"],
                "SLACK_API_URL": slack["api_url"],
                "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
                "TELEGRAM_API_URL": telegram["url"],
            },
        )


@asynccontextmanager
async def opened(home: Path, among: Platforms) -> AsyncIterator[Crowd]:
    """`frontdesk run` between the platforms, for as long as the block runs.

    Args:
        home: FRONTDESK_HOME; holds a `frontdesk.yaml`.
        among: what it is connected to.
    """
    sides = (among.slack, among.telegram)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_service(home, among.environment))
        await among.slack.slack.wait_for(lambda state: state["sockets"], START_SECONDS)
        for side in sides:
            stack.push_async_callback(_ended, asyncio.create_task(side.watch()))
        yield Crowd(sides)


async def _ended(watching: "asyncio.Task[None]") -> None:
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


@asynccontextmanager
async def _service(home: Path, platforms: Mapping[str, str]) -> AsyncIterator[None]:
    environment = os.environ | {
        "FRONTDESK_HOME": str(home),
        "FRONTDESK_PORT": "0",
        "FRONTDESK_ENCODER": "none",
        "PYTHONPATH": str(Path.cwd()),
        **platforms,
    }
    with (home / "service.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bots.cli import main; main()",
            "run",
            cwd=home,
            env=environment,
            stderr=log,
        )
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
