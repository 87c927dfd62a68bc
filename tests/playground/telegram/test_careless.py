"""A deliberately careless bot is refused as Telegram would refuse it."""

import asyncio

import pytest

from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import GROUP, JONAS, MINA
from tests.playground.telegram.client import Client


@pytest.fixture(autouse=True)
async def started(people: TelegramDriver) -> None:
    await people.start(MINA)


async def test_it_posts_too_long(client: Client, people: TelegramDriver) -> None:
    too_long = (400, "Bad Request: message is too long")
    assert await client.error("sendMessage", chat_id=MINA, text="a" * 10_000) == too_long
    assert await client.error("sendMessage", chat_id=MINA, text="😀" * 2_049) == too_long
    assert texts(await people.state(), MINA) == []


async def test_it_ignores_429(client: Client, people: TelegramDriver) -> None:
    statuses = [(await client.call("sendMessage", chat_id=MINA, text=f"{n}"))[0] for n in range(20)]
    assert statuses == [200] * 5 + [429] * 15
    assert len(texts(await people.state(), MINA)) == 5
    refused = await people.journal(outcome="Too Many Requests*")
    assert len(refused) == 15


async def test_it_edits_too_fast(client: Client, people: TelegramDriver) -> None:
    sent = await client.result("sendMessage", chat_id=MINA, text="...")
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    statuses = [
        (await client.call("editMessageText", **place, text="word " * number))[0] for number in range(1, 21)
    ]
    assert statuses == [200] * 4 + [429] * 16
    assert texts(await people.state(), MINA) == ["word word word word"]


async def test_it_edits_without_a_change(client: Client) -> None:
    sent = await client.result("sendMessage", chat_id=MINA, text="Done.")
    place = {"chat_id": MINA, "message_id": sent["message_id"]}
    status, reason = await client.error("editMessageText", **place, text="Done.")
    assert (status, "message is not modified" in reason) == (400, True)


async def test_it_polls_twice(client: Client, people: TelegramDriver) -> None:
    first = asyncio.create_task(client.error("getUpdates", offset=999_999_999, timeout=30))
    await people.wait_for(lambda state: state["polled"])
    second = asyncio.create_task(client.updates(offset=999_999_999, timeout=30))
    status, reason = await first
    assert (status, reason.startswith("Conflict: terminated by other getUpdates request")) == (409, True)
    second.cancel()


async def test_it_polls_beside_its_webhook(client: Client) -> None:
    await client.result("setWebhook", url="http://127.0.0.1:9/")
    assert (await client.error("getUpdates"))[0] == 409


async def test_it_writes_to_who_never_wrote(client: Client) -> None:
    status, reason = await client.error("sendMessage", chat_id=JONAS, text="Buy!")
    assert (status, reason) == (403, "Forbidden: bot can't initiate conversation with a user")


async def test_it_packs_too_much_into_a_button(client: Client) -> None:
    button = {"text": "ok", "callback_data": "é" * 33}
    markup = {"inline_keyboard": [[button]]}
    refused = await client.error("sendMessage", chat_id=MINA, text="Sure?", reply_markup=markup)
    assert refused == (400, "Bad Request: BUTTON_DATA_INVALID")


async def test_it_drafts_in_a_group(client: Client) -> None:
    status, _ = await client.error("sendMessageDraft", chat_id=GROUP, draft_id=1, text="Well")
    assert status == 400


async def test_it_never_confirms_and_gets_everything_again(client: Client, people: TelegramDriver) -> None:
    first, second = await client.updates(), await client.updates()
    assert first == second != []
