"""How updates reach a bot: polling, and a webhook."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import JONAS, MINA
from tests.playground.telegram.client import Client

DAY = 24 * 3600


def said(updates: list[dict[str, Any]]) -> list[str]:
    """The texts of messages among updates."""
    return [each["message"]["text"] for each in updates if "message" in each]


async def test_ids_ascend_and_an_offset_confirms_all_below(client: Client, people: TelegramDriver) -> None:
    for text in ("one", "two", "three"):
        await people.send(MINA, MINA, text)
    updates = await client.updates()
    first = updates[0]["update_id"]
    assert [each["update_id"] for each in updates] == [first, first + 1, first + 2]
    assert said(await client.updates(offset=first + 1)) == ["two", "three"]
    assert said(await client.updates()) == ["two", "three"]


async def test_a_limit_cuts_the_answer(client: Client, people: TelegramDriver) -> None:
    for text in ("one", "two", "three"):
        await people.send(MINA, MINA, text)
    assert said(await client.updates(limit=2)) == ["one", "two"]


async def test_a_negative_offset_keeps_the_newest(client: Client, people: TelegramDriver) -> None:
    for text in ("one", "two", "three"):
        await people.send(MINA, MINA, text)
    assert said(await client.updates(offset=-1)) == ["three"]
    assert said(await client.updates()) == ["three"]


async def test_updates_are_kept_for_a_day(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "old")
    await people.advance(DAY - 60)
    assert said(await client.updates()) == ["old"]
    await people.send(MINA, MINA, "new")
    await people.advance(120)
    assert said(await client.updates()) == ["new"]


async def test_an_empty_poll_ends_with_its_timeout(client: Client, people: TelegramDriver) -> None:
    poll = asyncio.create_task(client.updates(timeout=50))
    await people.wait_for(lambda state: state["polled"])
    await people.advance(51)
    assert await poll == []


async def test_reactions_come_only_when_asked_for(client: Client, people: TelegramDriver) -> None:
    message = await people.send(MINA, MINA, "hello")
    await client.updates()
    await people.react(MINA, MINA, message, ["👍"])
    assert len(await client.updates(allowed_updates=["message", "message_reaction"])) == 1
    await people.react(MINA, MINA, message, ["👎"])
    assert "message_reaction" in (await client.updates())[1]


async def test_kinds_that_are_not_allowed_are_never_queued(client: Client, people: TelegramDriver) -> None:
    await client.updates(allowed_updates=["callback_query"])
    await people.send(MINA, MINA, "hello")
    assert await client.updates() == []
    await client.updates(allowed_updates=[])
    await people.send(MINA, MINA, "again")
    assert said(await client.updates()) == ["again"]


async def test_a_new_webhook_ends_a_poll(client: Client, people: TelegramDriver) -> None:
    poll = asyncio.create_task(client.error("getUpdates", timeout=50))
    await people.wait_for(lambda state: state["polled"])
    await client.result("setWebhook", url="http://127.0.0.1:9/")
    assert await poll == (409, "Conflict: terminated by setWebhook request")


async def test_nobody_polls_beside_a_webhook(client: Client) -> None:
    await client.result("setWebhook", url="http://127.0.0.1:9/")
    status, description = await client.error("getUpdates")
    assert (status, "webhook is active" in description) == (409, True)
    await client.result("deleteWebhook")
    assert await client.updates() == []


async def test_pending_updates_are_dropped_on_demand(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "hello")
    assert (await client.result("getWebhookInfo"))["pending_update_count"] == 1
    await client.result("deleteWebhook", drop_pending_updates=True)
    assert await client.updates() == []


@dataclass
class Receiver:
    """A bot's webhook; it answers with what stands in `answers`, and 200 after that."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """While it is not set, updates from Mina stay unanswered."""
    got: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        """Take an update."""
        update = await request.json()
        self.got.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.hold is not None and update["message"]["from"]["id"] == MINA:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.receive)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("/hook"))
    yield receiver
    await server.close()


async def test_a_webhook_gets_updates_with_the_secret(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    await people.send(MINA, MINA, "before")
    await client.result("setWebhook", url=receiver.url, secret_token="s3cret")
    await people.send(MINA, MINA, "after")
    await people.wait_for(lambda state: state["pending"] == 0 and len(receiver.got) == 2)
    assert said(receiver.got) == ["before", "after"]
    assert receiver.secrets == ["s3cret"] * 2


async def test_a_webhook_that_fails_gets_the_update_again(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    receiver.answers = [web.Response(status=500), web.Response(status=302)]
    await client.result("setWebhook", url=receiver.url)
    await people.send(MINA, MINA, "hello")
    await people.wait_for_journal(direction="delivery", outcome="302*")
    assert (await client.result("getWebhookInfo"))["last_error_message"].startswith("Wrong response")
    await people.advance(60)
    await people.wait_for(lambda state: state["pending"] == 0)
    assert [each["update_id"] for each in receiver.got] == [receiver.got[0]["update_id"]] * 3


async def test_a_webhook_says_when_to_come_back(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "600"})]
    await client.result("setWebhook", url=receiver.url)
    await people.send(MINA, MINA, "hello")
    await people.wait_for_journal(direction="delivery", outcome="429*")
    await people.advance(300)
    assert len(receiver.got) == 1
    await people.advance(301)
    await people.wait_for(lambda state: state["pending"] == 0)


async def test_chats_do_not_wait_for_each_other(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    receiver.hold = asyncio.Event()
    await client.result("setWebhook", url=receiver.url)
    await people.send(MINA, MINA, "one")
    await people.send(MINA, MINA, "two")
    await people.send(JONAS, JONAS, "three")
    await people.wait_for(lambda state: state["pending"] == 2)
    assert sorted(said(receiver.got)) == ["one", "three"]
    receiver.hold.set()
    await people.wait_for(lambda state: state["pending"] == 0)
    assert said(receiver.got)[-1] == "two"


async def test_a_webhook_may_answer_with_a_method(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    receiver.answers = [web.json_response({"method": "sendMessage", "chat_id": MINA, "text": "Welcome"})]
    await client.result("setWebhook", url=receiver.url)
    await people.start(MINA)
    await people.wait_for_text(MINA, "Welcome")


async def test_a_webhook_gets_a_duplicate_twice(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    await people.add_fault("duplicate_delivery", method="message", remaining=1)
    await client.result("setWebhook", url=receiver.url)
    await people.send(MINA, MINA, "hello")
    await people.wait_for(lambda state: state["pending"] == 0 and len(receiver.got) == 2)
    assert receiver.got[0] == receiver.got[1]


async def test_a_forged_update_is_for_the_bot_to_refuse(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    await people.add_fault("wrong_signature", method="message", remaining=1)
    await client.result("setWebhook", url=receiver.url, secret_token="s3cret")
    receiver.answers = [web.Response(status=403)]
    await people.send(MINA, MINA, "hello")
    await people.wait_for(lambda state: state["pending"] == 0 and len(receiver.got) == 2)
    assert receiver.secrets == ["not-s3cret", "s3cret"]


async def test_an_update_whose_connection_is_lost_comes_again(
    client: Client, people: TelegramDriver, receiver: Receiver
) -> None:
    await people.add_fault("socket_loss", method="message", remaining=1)
    await client.result("setWebhook", url=receiver.url)
    await people.send(MINA, MINA, "hello")
    await people.wait_for(lambda state: state["pending"] == 0)
    assert said(receiver.got) == ["hello"]
    outcomes = [each["outcome"] for each in await people.journal(direction="delivery")]
    assert outcomes == ["connection lost", "200 OK"]


async def test_a_redirect_is_no_answer(client: Client, people: TelegramDriver, receiver: Receiver) -> None:
    method = {"method": "sendMessage", "chat_id": MINA, "text": "Welcome"}
    receiver.answers = [web.json_response(method, status=302)]
    await client.result("setWebhook", url=receiver.url)
    await people.start(MINA)
    await people.wait_for(lambda state: state["pending"] == 0 and len(receiver.got) == 2)
    assert texts(await people.state(), MINA) == []


async def test_a_webhook_out_of_reach_is_tried_again(client: Client, people: TelegramDriver) -> None:
    await client.result("setWebhook", url="http://127.0.0.1:9/")
    await people.send(MINA, MINA, "hello")
    await people.wait_for_journal(direction="delivery", outcome="Client*")
    await client.result("deleteWebhook")
    assert said(await client.updates()) == ["hello"]
