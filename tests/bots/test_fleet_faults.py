"""People talk while workers, NATS and the core are killed: each question is answered once, and whole."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from bots.playground.process import started
from bots.playground.telegram.driver import State, TelegramDriver, texts
from tests.engine.fleet.conftest import nats
from tests.engine.fleet.counting import counted, counting
from tests.engine.fleet.server import Server
from tests.ports import free_port
from tests.process import PACED, running

__all__ = ["nats"]

PEOPLE, FIRST, QUESTIONS = 5, 20, 4
"""Everybody asks for as many numbers as FIRST, then one more each time."""
SECONDS = 0.02
PATIENCE = 120.0
PLACEHOLDER = "…"


async def test_whoever_is_killed_each_question_is_answered_once(nats: Server, bare_environment: Path) -> None:
    answered = 0

    async def person(people: TelegramDriver, chat: int) -> None:
        nonlocal answered
        for number in range(FIRST, FIRST + QUESTIONS):
            await people.send(chat, chat, str(number))
            await people.wait_for_text(chat, counted(number).strip(), PATIENCE)
            answered += 1

    async with (
        started("bots.playground.telegram") as telegram,
        TelegramDriver(telegram["url"]) as people,
        AsyncExitStack() as workers,
    ):
        await people.set_limits(0)
        chats = [int((await people.act("create_person", name=f"Person {n}"))["id"]) for n in range(PEOPLE)]
        environment = {
            "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
            "TELEGRAM_API_URL": telegram["url"],
            "FRONTDESK_HOME": str(bare_environment / "home"),
            "FRONTDESK_PORT": str(free_port()),
            "FRONTDESK_NATS_URL": nats.url,
            PACED: "",
        }
        one = await workers.enter_async_context(counting(nats.url, SECONDS))
        two = await workers.enter_async_context(counting(nats.url, SECONDS))
        async with running(environment) as core:
            talks = [asyncio.create_task(person(people, chat)) for chat in chats]
            await until(lambda: answered >= 3)
            one.kill()
            await until(lambda: answered >= 7)
            await nats.wipe()
            await until(lambda: answered >= 11)
            core.process.kill()
        await workers.enter_async_context(counting(nats.url, SECONDS))
        async with running(environment):
            await until(lambda: answered >= 14)
            two.terminate()
            await asyncio.gather(*talks)
        expected = [counted(number).strip() for number in range(FIRST, FIRST + QUESTIONS)]
        state = await people.state()
        assert [said(state, chat) for chat in chats] == [expected] * PEOPLE


def said(state: State, chat: int) -> list[str]:
    """Answers in a chat. A sign of work whose id died with the core stands on: Telegram does not tell ids."""
    return [text for text in texts(state, chat) if text != PLACEHOLDER]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)
