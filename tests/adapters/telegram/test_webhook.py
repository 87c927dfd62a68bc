"""The webhook: committed before 200, and closed to whoever lacks the secret."""

import json
import random
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.body import MAX_BYTES
from adapters.telegram.adapter import PATH, TelegramAdapter
from adapters.telegram.gate import HEADER
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from core.errors import ConfigurationError, StoreError
from tests.adapters.fuzz import Knock, damaged, mutated, noise, storm
from tests.adapters.telegram.conftest import MakeAdapter, MemoryIntake, until
from tests.adapters.telegram.test_ingress import NAMES, sample
from tests.ports import free_port
from tests.trust.page import Note

SECRET = "a-secret_of-ours"
REPLAYS = 10


class Door:
    """The adapter's HTTP surface."""

    def __init__(self, adapter: TelegramAdapter, client: "TestClient[web.Request, web.Application]") -> None:
        self.adapter = adapter
        self._client = client
        self.port = client.port or 0

    async def send(self, body: bytes, secret: str | None = SECRET) -> ClientResponse:
        headers = {} if secret is None else {HEADER: secret}
        return await self._client.post(PATH, data=body, headers=headers)


@pytest.fixture
async def door(make_adapter: MakeAdapter) -> AsyncIterator[Door]:
    port = free_port()
    adapter = make_adapter(
        telegram_webhook_url=f"http://127.0.0.1:{port}{PATH}", telegram_webhook_secret=SECRET
    )
    app = web.Application()
    app.add_routes(adapter.routes())
    async with TestClient(TestServer(app, port=port)) as client:
        await adapter.start()
        yield Door(adapter, client)
        await adapter.stop()


def body(name: str = "private", **changes: Any) -> bytes:
    return json.dumps(sample(name) | changes).encode()


async def test_telegram_delivers_to_the_webhook_that_start_set(
    door: Door, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(MINA, MINA, "hello")
    await until(lambda: intake.arrivals)
    assert door.adapter.health().ok


async def test_without_the_secret_nothing_is_parsed(
    door: Door, intake: MemoryIntake, record_property: Note
) -> None:
    tried = list(product((body(), b"{", b"\xff" * 50), (None, "", "wrong", SECRET + "x", "\xff")))
    for content, secret in tried:
        assert (await door.send(content, secret)).status == 403
    assert intake.handed_in == 0
    record_property("F2", f"Telegram: {len(tried)} requests without the secret, all refused unread")


async def test_an_update_is_committed_before_the_answer(door: Door, intake: MemoryIntake) -> None:
    assert (await door.send(body())).status == 200
    assert len(intake.arrivals) == 1


async def test_a_repeated_update_is_one_arrival(
    door: Door, intake: MemoryIntake, record_property: Note
) -> None:
    for _ in range(REPLAYS):
        assert (await door.send(body())).status == 200
    assert len(intake.arrivals) == 1
    record_property("F2", f"Telegram: {REPLAYS} deliveries of one update, 1 arrival")


async def test_what_the_store_refuses_is_delivered_again(door: Door, intake: MemoryIntake) -> None:
    intake.failures.append(StoreError())
    assert (await door.send(body())).status == 500
    assert (await door.send(body())).status == 200
    assert len(intake.arrivals) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id":' + b"9" * 5000 + b"}",
        b'{"update_id":1,"message":{}}',
        b'{"update_id":1,"x":' + b'{"a":' * 70 + b"1" + b"}" * 71,
    ],
)
async def test_malformed_updates_are_bad_requests(door: Door, content: bytes) -> None:
    assert (await door.send(content)).status == 400


async def test_a_body_has_a_limit(door: Door) -> None:
    assert (await door.send(b" " * (MAX_BYTES + 1))).status == 413


async def test_a_storm_of_malformed_requests_never_breaks_the_server(
    door: Door, record_property: Note
) -> None:
    right = {HEADER: SECRET, "Content-Type": "application/json"}

    def throw(dice: random.Random) -> Knock:
        kind = dice.choice(["noise", "unsigned", "forged", "mutated", "mutated", "mutated", "damaged"])
        name = dice.choice(NAMES)
        if kind == "mutated":
            changed = json.dumps(mutated(sample(name), dice)).encode()
            return Knock(body=changed, headers=right, allowed=(200, 400))
        if kind == "damaged":
            return Knock(body=damaged(body(name), dice), headers=right, allowed=(200, 400))
        if kind == "forged":
            strange = {HEADER: dice.choice(["", "wrong", SECRET + "x", SECRET[:-1], "\xfc", "\xff" * 300])}
            return Knock(body=body(name), headers=strange, allowed=(403,))
        content = noise(dice) if kind == "noise" else body(name)
        if dice.random() < 0.3:
            return Knock(body=content, headers=right, allowed=(200, 400))
        return Knock(body=content, headers={}, allowed=(403,))

    record_property("F1", await storm(door.port, PATH, throw))
    assert (await door.send(body())).status == 200


async def test_updates_before_we_know_our_name_are_delivered_again(
    make_adapter: MakeAdapter, telegram: TelegramDriver
) -> None:
    await telegram.add_fault("server_error", method="getMe", remaining=1)
    adapter = make_adapter(telegram_webhook_url="http://127.0.0.1:1", telegram_webhook_secret=SECRET)
    app = web.Application()
    app.add_routes(adapter.routes())
    async with TestClient(TestServer(app)) as client:
        await adapter.start()
        assert not adapter.health().ok
        assert (await Door(adapter, client).send(body())).status == 503
        await adapter.stop()


@pytest.mark.parametrize("secret", ["", "with space", "x" * 257])
async def test_a_secret_that_telegram_would_refuse_stops_the_start(
    make_adapter: MakeAdapter, secret: str
) -> None:
    adapter = make_adapter(telegram_webhook_url="https://example.com", telegram_webhook_secret=secret)
    with pytest.raises(ConfigurationError, match="TELEGRAM_WEBHOOK_SECRET"):
        await adapter.start()


async def test_an_address_that_telegram_refuses_stops_the_start(make_adapter: MakeAdapter) -> None:
    adapter = make_adapter(telegram_webhook_url="http://example.com", telegram_webhook_secret=SECRET)
    with pytest.raises(ConfigurationError, match="TELEGRAM_WEBHOOK_URL"):
        await adapter.start()
    await adapter.stop()
