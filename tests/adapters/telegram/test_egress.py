"""Posts through the real client, on an emulator that refuses what Telegram refuses."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import FORUM, GROUP, MINA, ORDERS
from core.errors import Gone, Moved, RateLimited, Refused, Uncertain, Unreachable
from core.message import Post, Reply
from core.testing import FakeClock
from tests.adapters.telegram.conftest import MakeAdapter, done, post
from tests.adapters.telegram.servers import old_server, portal
from tests.ports import free_port


async def stand(adapter: TelegramAdapter, wanted: Post) -> Post:
    """The post, placed."""
    return replace(wanted, platform_id=await adapter.channel.place(wanted))


async def seen(telegram: TelegramDriver, standing: Post) -> dict[str, Any]:
    """The post as people see it."""
    state = await telegram.state()
    chat = next(each for each in state["chats"] if str(each["id"]) == standing.conversation.channel)
    found: dict[str, Any] = next(each for each in chat["messages"] if str(each["id"]) == standing.platform_id)
    return found


def typing(state: dict[str, Any], chat: int) -> bool:
    return any(each["typing"] for each in state["chats"] if each["id"] == chat)


def data(message: dict[str, Any]) -> list[str]:
    return [button["callback_data"] for row in message["buttons"] for button in row]


async def test_an_answer_is_placed_and_settled_with_its_buttons(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    standing = await stand(adapter, post(MINA))
    await adapter.channel.settle(standing, Reply(text="It is **open** 🙂 `now`."))
    message = await seen(telegram, standing)
    assert message["text"] == "It is open 🙂 now."
    assert [(each["type"], each["offset"], each["length"]) for each in message["entities"]] == [
        ("bold", 6, 4),
        ("code", 14, 3),
    ]
    assert data(message) == ["good:turn-1", "bad:turn-1", "again"]


async def test_settling_twice_is_settling_once(adapter: TelegramAdapter, telegram: TelegramDriver) -> None:
    standing = await stand(adapter, post(MINA))
    for _ in range(2):
        await adapter.channel.settle(standing, Reply(text="Done."))
    assert texts(await telegram.state(), MINA) == ["Done."]


@pytest.mark.parametrize("mark", ["quiet", "unfinished"])
async def test_notices_and_first_parts_have_no_buttons(
    adapter: TelegramAdapter, telegram: TelegramDriver, mark: str
) -> None:
    standing = await stand(adapter, post(MINA, quiet=mark == "quiet", last=mark != "unfinished"))
    await adapter.channel.settle(standing, Reply(text="Part one"))
    assert data(await seen(telegram, standing)) == []


@pytest.mark.parametrize("text", ["", " ", "\u2060", "***"])
async def test_an_answer_without_visible_characters_still_settles(
    adapter: TelegramAdapter, telegram: TelegramDriver, text: str
) -> None:
    standing = await stand(adapter, post(MINA))
    await adapter.channel.settle(standing, Reply(text=text))
    assert texts(await telegram.state(), MINA)[0]


async def test_long_answers_settle_part_by_part(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    await telegram.set_limits(0)
    paragraphs = [f"**Paragraph {number}** 🙂 " + "word " * 150 for number in range(20)]
    parts = adapter.channel.split(Reply(text="\n\n".join(paragraphs)))
    assert len(parts) > 1
    for part in parts:
        standing = await done(stand(adapter, post(MINA)), clock)
        await done(adapter.channel.settle(standing, part), clock)
    assert len(texts(await telegram.state(), MINA)) == len(parts)


async def test_in_a_group_the_answer_points_at_its_question_and_can_be_stopped(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    question = await telegram.send(MINA, FORUM, "@frontdesk_bot well?", topic=ORDERS)
    standing = await stand(adapter, post(FORUM, thread=str(ORDERS), anchor=str(question)))
    message = await seen(telegram, standing)
    assert (message["reply_to"], message["thread"], data(message)) == (question, ORDERS, ["stop"])
    await adapter.channel.show(standing, "It **gro")
    message = await seen(telegram, standing)
    assert (message["text"], data(message)) == ("It gro", ["stop"])
    await adapter.channel.settle(standing, Reply(text="It grows."))
    assert data(await seen(telegram, standing)) == ["good:turn-1", "bad:turn-1", "again"]


@pytest.mark.parametrize("anchor", ["999999", "callback-7", ""])
async def test_a_question_that_is_gone_or_none_is_not_pointed_at(
    adapter: TelegramAdapter, telegram: TelegramDriver, anchor: str
) -> None:
    standing = await stand(adapter, post(GROUP, anchor=anchor))
    assert (await seen(telegram, standing))["reply_to"] is None


async def test_in_private_the_answer_grows_as_a_draft(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    channel, growing = adapter.channel, post(MINA)
    assert channel.drafts(growing.conversation)
    await channel.working(growing)
    await telegram.wait_for(lambda state: [each["text"] for each in state["drafts"]] == [""])
    await channel.show(growing, "Once **upon")
    (draft,) = (await telegram.state())["drafts"]
    assert (draft["text"], draft["can_stop"]) == ("Once upon", True)
    await channel.rest(growing)
    standing = await stand(adapter, growing)
    await channel.settle(standing, Reply(text="Once upon a time."))
    state = await telegram.state()
    assert state["drafts"] == []
    assert texts(state, MINA) == ["Once upon a time."]


async def test_the_sign_of_work_is_renewed_until_the_turn_rests(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    async def calls() -> int:
        return len(await telegram.journal(method="sendChatAction"))

    await adapter.channel.working(post(GROUP))
    for expected in (1, 2):
        async with asyncio.timeout(60):
            while await calls() < expected:
                await clock.advance(0.5)
                await asyncio.sleep(0.005)
    await adapter.channel.rest(post(GROUP))
    before = await calls()
    await clock.advance(60)
    assert await calls() == before


async def test_a_server_without_drafts_gets_edits(make_adapter: MakeAdapter) -> None:
    async with old_server() as url:
        adapter = make_adapter(telegram_api_url=url)
        await adapter.start()
        growing = post(MINA)
        await adapter.channel.show(growing, "Once upon")
        assert not adapter.channel.drafts(growing.conversation)
        assert adapter.channel.cadence(growing.conversation) > 1
        standing = await stand(adapter, growing)
        await adapter.channel.show(standing, "Once upon a time")
        assert adapter.health().ok
        await adapter.stop()


async def test_withdrawing_deletes_and_may_be_repeated(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    standing = await stand(adapter, post(MINA))
    for _ in range(2):
        await adapter.channel.withdraw(standing)
    assert texts(await telegram.state(), MINA) == []


async def test_a_lost_answer_to_a_new_post_is_uncertain_and_not_repeated(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    await telegram.add_fault("drop_after_commit", method="sendMessage", remaining=1)
    with pytest.raises(Uncertain):
        await adapter.channel.place(post(MINA))
    assert len(texts(await telegram.state(), MINA)) == 1
    assert await adapter.channel.find(post(MINA)) is None


async def test_a_server_error_on_a_new_post_is_uncertain(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    await telegram.add_fault("server_error", method="sendMessage", remaining=1)
    with pytest.raises(Uncertain):
        await adapter.channel.place(post(MINA))


async def test_a_lost_answer_to_an_edit_may_be_repeated(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    standing = await stand(adapter, post(MINA))
    await telegram.add_fault("drop_after_commit", method="editMessageText", remaining=1)
    with pytest.raises(Unreachable):
        await adapter.channel.settle(standing, Reply(text="Done."))
    await adapter.channel.settle(standing, Reply(text="Done."))
    assert texts(await telegram.state(), MINA) == ["Done."]


async def test_what_was_certainly_not_sent_is_unreachable(make_adapter: MakeAdapter) -> None:
    adapter = make_adapter(telegram_api_url=f"http://127.0.0.1:{free_port()}")
    await adapter.start()
    with pytest.raises(Unreachable):
        await adapter.channel.place(post(MINA))
    await adapter.stop()


async def test_a_demand_to_slow_down_holds_the_chat(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    await telegram.add_fault("too_many_requests", method="sendMessage", remaining=1, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await adapter.channel.place(post(MINA))
    assert caught.value.retry_after == 7
    placing = asyncio.create_task(adapter.channel.place(post(MINA)))
    await clock.advance(6)
    assert len(await telegram.journal(method="sendMessage")) == 1
    await clock.advance(1.1)
    await placing


async def test_new_posts_in_a_chat_are_a_second_apart(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    await adapter.channel.place(post(MINA))
    second = asyncio.create_task(adapter.channel.place(post(MINA)))
    await clock.advance(0.9)
    assert len(await telegram.journal(method="sendMessage")) == 1
    await clock.advance(0.2)
    await second


async def test_previews_leave_room_for_answers_in_a_group(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    await telegram.set_limits(0)
    standing = await stand(adapter, post(GROUP))
    for number in range(30):
        await clock.advance(1.5)
        await adapter.channel.show(standing, f"word {number}")
    await clock.advance(1.5)
    await adapter.channel.settle(standing, Reply(text="The end."))
    assert len(await telegram.journal(method="editMessageText")) == 16
    assert (await seen(telegram, standing))["text"] == "The end."


async def test_an_answer_written_anew_in_private_grows_in_its_place(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    await telegram.set_limits(0)
    standing = await stand(adapter, post(MINA))
    await adapter.channel.working(standing)
    await telegram.wait_for(lambda state: typing(state, MINA))
    for number in range(5):
        await adapter.channel.show(standing, f"word {number}")
        await clock.advance(0.7)
    assert (await telegram.state())["drafts"] == []
    assert (await seen(telegram, standing))["text"] == "word 2"
    await adapter.channel.settle(standing, Reply(text="The end."))
    assert texts(await telegram.state(), MINA) == ["The end."]


async def test_a_group_that_moved_says_where(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    standing = await stand(adapter, post(GROUP))
    await clock.advance(2)
    new = await telegram.migrate(GROUP)
    for call in (adapter.channel.place(post(GROUP)), adapter.channel.settle(standing, Reply(text="Done."))):
        with pytest.raises(Moved) as caught:
            await call
        assert caught.value.channel == str(new)


async def test_a_person_who_blocked_us_is_gone(adapter: TelegramAdapter, telegram: TelegramDriver) -> None:
    await telegram.block(MINA)
    with pytest.raises(Gone):
        await adapter.channel.place(post(MINA))


async def test_a_chat_that_never_was_is_gone(adapter: TelegramAdapter) -> None:
    with pytest.raises(Gone):
        await adapter.channel.place(post(123456))


async def test_a_post_that_a_person_deleted_cannot_be_settled(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    standing = await stand(adapter, post(MINA))
    await telegram.delete(MINA, int(standing.platform_id))
    with pytest.raises(Refused):
        await adapter.channel.settle(standing, Reply(text="Done."))


async def test_answers_under_way_are_posted_after_the_adapter_stopped(
    make_adapter: MakeAdapter, telegram: TelegramDriver
) -> None:
    adapter = make_adapter()
    await adapter.start()
    standing = await stand(adapter, post(MINA))
    await adapter.stop()
    await adapter.channel.settle(standing, Reply(text="Done."))
    assert texts(await telegram.state(), MINA) == ["Done."]


@pytest.mark.parametrize("answer", ["<html>Log in to the café's network</html>", '{"portal": true}', "[]"])
async def test_an_answer_that_is_not_telegrams_is_uncertain(make_adapter: MakeAdapter, answer: str) -> None:
    async with portal(answer) as url:
        adapter = make_adapter(telegram_api_url=url)
        with pytest.raises(Uncertain):
            await adapter.channel.place(post(MINA))
        await adapter.start()
        assert not adapter.health().ok
        await adapter.stop()


async def test_stopping_lets_a_call_under_way_finish(
    make_adapter: MakeAdapter, telegram: TelegramDriver
) -> None:
    adapter = make_adapter()
    await adapter.start()
    await telegram.add_fault("delay", method="sendMessage", remaining=1, seconds=60)
    placing = asyncio.create_task(adapter.channel.place(post(MINA)))
    async with asyncio.timeout(60):
        while (await telegram.state())["faults"]:
            await asyncio.sleep(0.01)
    await adapter.stop()
    await telegram.advance(60)
    assert await placing
