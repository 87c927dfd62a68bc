"""Pytest fixtures for projects that try their own bots against the emulators.

Name the module in a conftest.py (`pytest_plugins = ["bots.playground.fixtures"]`); pytest and pytest-asyncio
must be installed. Each emulator starts once in a session, as a process; every test finds a newcomer's world.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

import pytest
import pytest_asyncio

from bots.playground.process import started
from bots.playground.slack.driver import SlackDriver
from bots.playground.telegram.driver import TelegramDriver


@contextmanager
def _running(module: str) -> Iterator[Mapping[str, str]]:
    with asyncio.Runner() as runner:
        emulator = started(module)
        yield runner.run(emulator.__aenter__())
        runner.run(emulator.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def slack_emulator() -> Iterator[Mapping[str, str]]:
    """A Slack emulator: `url`, `api_url`, `bot_token`, `app_token`, `signing_secret` and more."""
    with _running("bots.playground.slack") as greeting:
        yield greeting


@pytest.fixture(scope="session")
def telegram_emulator() -> Iterator[Mapping[str, str]]:
    """A Telegram emulator: `url` and `bot_token`."""
    with _running("bots.playground.telegram") as greeting:
        yield greeting


@pytest_asyncio.fixture
async def slack_people(slack_emulator: Mapping[str, str]) -> AsyncIterator[SlackDriver]:
    """The people of the workspace, its faults and its journal."""
    async with SlackDriver(slack_emulator["url"]) as driver:
        await driver.reset()
        yield driver


@pytest_asyncio.fixture
async def telegram_people(telegram_emulator: Mapping[str, str]) -> AsyncIterator[TelegramDriver]:
    """The people of the chats, their faults and their journal."""
    async with TelegramDriver(telegram_emulator["url"]) as driver:
        await driver.reset()
        yield driver
