"""Clients that hang up: no emulator minds, and none writes a traceback about it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from bots.playground.slack.app import build_app as build_slack
from bots.playground.telegram.app import build_app as build_telegram
from bots.playground.telegram.seed import TOKEN

CALLS = {"slack": "/api/chat.postMessage", "telegram": f"/bot{TOKEN}/sendMessage"}


@pytest.fixture(params=CALLS)
async def call(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a method of an emulator."""
    app = build_slack() if request.param == "slack" else build_telegram()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}{CALLS[request.param]}"
    await runner.cleanup()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_client_that_hangs_up_leaves_no_traceback(
    kind: str, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = urlsplit(call)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: 99\r\n\r\n"
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(head.encode() + b"{")
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        async with aiohttp.ClientSession() as session, session.post(call) as answer:
            assert (await answer.json())["ok"] is False
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []
