"""Bad days: what the faults do to calls and to updates."""

import asyncio
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TelegramError

from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import JONAS, MINA
from tests.playground.telegram.client import Client
from tests.playground.telegram.test_updates import said


@pytest.fixture(autouse=True)
async def started(people: TelegramDriver, client: Client) -> None:
    await people.start(MINA)
    await client.updates(offset=-1)
    (update,) = await client.updates()
    await client.updates(offset=update["update_id"] + 1)


async def test_a_storm_of_429_passes(
    bot: Bot, people: TelegramDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    await people.add_fault("too_many_requests", method="send*", remaining=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(MINA, "hello")
        assert caught.value.retry_after == timedelta(seconds=7)
    await bot.send_message(MINA, "hello")
    assert texts(await people.state(), MINA) == ["hello"]


async def test_a_server_error_does_nothing(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("server_error", method="sendMessage", remaining=1, status=502)
    assert await client.error("sendMessage", chat_id=MINA, text="hello") == (502, "Bad Gateway")
    assert texts(await people.state(), MINA) == []


async def test_dropped_after_commit_is_visible_all_the_same(bot: Bot, people: TelegramDriver) -> None:
    await people.add_fault("drop_after_commit", method="sendMessage", remaining=1)
    with pytest.raises(NetworkError):
        await bot.send_message(MINA, "hello")
    assert texts(await people.state(), MINA) == ["hello"]
    (record,) = await people.journal(method="sendMessage")
    assert record["outcome"] == "dropped after commit"


async def test_a_lost_connection_did_nothing(bot: Bot, people: TelegramDriver) -> None:
    await people.add_fault("socket_loss", method="sendMessage", remaining=1)
    with pytest.raises(TelegramError):
        await bot.send_message(MINA, "hello")
    assert texts(await people.state(), MINA) == []


async def test_a_delay_is_on_the_emulators_clock(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("delay", method="sendMessage", remaining=1, seconds=300)
    call = asyncio.create_task(client.result("sendMessage", chat_id=MINA, text="hello"))
    await people.wait_for(lambda state: not state["faults"])
    assert texts(await people.state(), MINA) == []
    await people.advance(301)
    assert (await call)["text"] == "hello"


async def test_a_duplicate_has_the_same_id(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("duplicate_delivery", method="message", remaining=1)
    await people.send(MINA, MINA, "hello")
    first, second = await client.updates()
    assert first == second


async def test_updates_change_places(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("reorder_delivery", method="message", remaining=1)
    await people.send(MINA, MINA, "one")
    await people.send(MINA, MINA, "two")
    assert said(await client.updates()) == ["two", "one"]


async def test_an_update_comes_late(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("delay_delivery", method="message", remaining=1, seconds=300)
    await people.send(MINA, MINA, "one")
    await people.send(JONAS, JONAS, "two")
    assert said(await client.updates()) == ["two"]
    await people.advance(301)
    await people.wait_for(lambda state: state["pending"] == 2)
    assert said(await client.updates()) == ["two", "one"]


async def test_a_draft_expires_before_its_time(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("stream_expiry", method="sendMessageDraft", remaining=1)
    await client.result("sendMessageDraft", chat_id=MINA, draft_id=1, text="Your")
    assert (await people.state())["drafts"] == []
    await client.result("sendMessageDraft", chat_id=MINA, draft_id=1, text="Your order")
    assert len((await people.state())["drafts"]) == 1


async def test_a_clock_that_is_off_shows_in_the_dates(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("clock_skew", method="message", remaining=1, seconds=-86_400)
    for text in ("one", "two"):
        await people.send(MINA, MINA, text)
    dates = [each["message"]["date"] for each in await client.updates()]
    assert 86_400 <= dates[1] - dates[0] <= 86_430


async def test_faults_can_be_taken_away(client: Client, people: TelegramDriver) -> None:
    await people.add_fault("server_error")
    assert (await client.error("getMe"))[0] == 500
    assert [each["kind"] for each in (await people.state())["faults"]] == ["server_error"]
    await people.clear_faults()
    await client.result("getMe")


async def test_a_fault_that_does_not_exist_is_refused(people: TelegramDriver) -> None:
    with pytest.raises(ValueError, match=r"^kind: .*earthquake"):
        await people.add_fault("earthquake")
    with pytest.raises(ValueError, match=r"^remaining: .*'often'"):
        await people.add_fault("delay", remaining="often")
    with pytest.raises(ValueError, match=r"^second: "):
        await people.add_fault("delay", second=1)
