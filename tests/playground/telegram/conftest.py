"""The emulator in this process on a free port, people to play, and real clients; all traffic is validated."""

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp.test_utils import TestServer
from telegram import Bot
from telegram.request import HTTPXRequest

from bots.playground.telegram.app import build_app
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import TOKEN
from tests.playground.telegram.client import Client
from tests.playground.telegram.schema import check_records


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Where a fresh emulator listens."""
    server = TestServer(build_app())
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
async def people(url: str) -> AsyncIterator[TelegramDriver]:
    """The people; afterwards all updates and accepted calls are held against aiogram's models."""
    async with TelegramDriver(url) as driver:
        yield driver
        check_records(await driver.journal())


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    """python-telegram-bot's client."""
    async with Bot(
        TOKEN,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=HTTPXRequest(connection_pool_size=8),
        get_updates_request=HTTPXRequest(connection_pool_size=2),
    ) as client:
        yield client


@pytest.fixture
async def aiogram_bot(url: str) -> AsyncIterator[AiogramBot]:
    """aiogram's client."""
    client = AiogramBot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    yield client
    await client.session.close()


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    """A client that sends whatever it is told to, in any encoding."""
    async with Client(url, TOKEN) as raw:
        yield raw
