"""A business account: the assistant answers customers in its name, and steps aside when its owner writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bots.playground.telegram.driver import State, TelegramDriver
from bots.playground.telegram.seed import JONAS, MINA, TOKEN
from bots.store import DATABASE
from core.clock import SystemClock
from core.store.records import Exchange
from core.store.sqlite.store import open_store
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack

OWNER, CUSTOMER = JONAS, MINA


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An account, and who writes in its chat with a customer."""

    driver: TelegramDriver
    account: str
    database: Path

    async def says(self, person: int, text: str) -> int:
        return await self.driver.send(person, CUSTOMER, text, business=self.account)

    async def shows(self, condition: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
        """Wait until what the bot wrote satisfies `condition`."""
        return ours(await self.driver.wait_for(lambda state: condition(ours(state))))

    async def remembers(self, condition: Callable[[tuple[Exchange, ...]], Any]) -> None:
        """Wait until what the assistant remembers satisfies `condition`."""
        bot = TOKEN.partition(":")[0]
        key = f"telegram:{bot}/{self.account}:{CUSTOMER}:"
        async with open_store(self.database, SystemClock()) as store, asyncio.timeout(60):
            while not condition((await store.history.transcript(key, 10)).exchanges):
                await asyncio.sleep(0.05)


def ours(state: State) -> list[dict[str, Any]]:
    (account,) = state["businesses"]
    return [each for chat in account["chats"] for each in chat["messages"] if each["by_bot"]]


@pytest.fixture
async def shop(slack: Slack, telegram: Telegram, start: Start, tmp_path: Path) -> AsyncIterator[Shop]:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        rights = {"can_reply": True, "can_delete_sent_messages": True}
        account = str((await telegram.driver.act("connect_business", person=OWNER, rights=rights))["id"])
        yield Shop(driver=telegram.driver, account=account, database=tmp_path / "home" / DATABASE)


async def test_the_assistant_steps_aside_when_the_owner_writes_and_comes_back_knowing_what_was_said(
    shop: Shop, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.says(CUSTOMER, "Are you open?")
    await shop.shows(lambda posts: [each["text"] for each in posts] == ["echo: Are you open?"])
    said = await shop.says(OWNER, "Until sevn today")
    await shop.driver.edit(OWNER, CUSTOMER, said, "Until seven today", business=shop.account)
    await shop.remembers(lambda exchanges: "seven" in exchanges[-1].reply)
    await shop.says(CUSTOMER, "And tomorrow?")
    await shop.remembers(lambda exchanges: exchanges[-1].question == "And tomorrow?")
    assert len(ours(await shop.driver.state())) == 1
    monkeypatch.setattr("core.delivery.worker.ASIDE", timedelta(0))
    await shop.says(CUSTOMER, "Hello?")
    await shop.shows(lambda posts: "Hello?" in posts[-1]["text"])
    assert "A colleague wrote: Until seven today\nuser: And tomorrow?\nHello?" in engine.prompts[-1]


async def test_an_answer_that_is_being_written_gives_way_to_the_owners(
    shop: Shop, engine: ScriptedEngine
) -> None:
    engine.hold.clear()
    await shop.says(CUSTOMER, "Do you have a table tonight?")
    await shop.shows(lambda posts: posts and "echo" in posts[-1]["text"])
    await shop.says(OWNER, "At eight.")
    await shop.shows(lambda posts: not posts)
    engine.hold.set()
    await shop.remembers(lambda exchanges: exchanges and "At eight." in exchanges[-1].reply)
    assert not ours(await shop.driver.state())


async def test_words_that_the_owner_takes_back_are_forgotten(shop: Shop) -> None:
    said = await shop.says(OWNER, "Until seven today")
    await shop.remembers(lambda exchanges: exchanges and "seven" in exchanges[-1].reply)
    await shop.driver.delete(CUSTOMER, said, business=shop.account)
    await shop.remembers(lambda exchanges: not exchanges)
