"""Updates through the real client: polled from the emulator, committed, and only then forgotten there."""

import json
import logging
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.wording import COMMANDS
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import FORUM, GROUP, JONAS, MINA, ORDERS, TOKEN
from core.delivery.pacing import Pacer
from core.errors import ConfigurationError, StoreError
from core.knowledge.access import ReadingRoom
from core.message import Addressing, Departure, Edit, Event, Message, Post, Rating, Relay, Reply, Stop
from core.policy import Policies
from core.settings import Settings
from core.testing import FakeClock, FakeFiles
from core.translation import LANGUAGES
from tests.adapters.leases import SharedLeases
from tests.adapters.telegram.conftest import (
    MakeAdapter,
    MemoryCabinet,
    MemoryIntake,
    post,
    until,
)
from tests.adapters.telegram.test_ingress import sample

RIGHTS = {"can_reply": True, "can_delete_sent_messages": True}


async def first(intake: MemoryIntake) -> Event:
    await until(lambda: intake.arrivals)
    return intake.arrivals[0].event


async def message(intake: MemoryIntake) -> Message:
    found = await first(intake)
    assert isinstance(found, Message)
    return found


def update(number: int, text: str = "hello") -> dict[str, Any]:
    chat = {"id": MINA, "type": "private", "first_name": "Mina"}
    author = {"id": MINA, "is_bot": False, "first_name": "Mina"}
    content = {"message_id": number, "date": 1795500000, "chat": chat, "from": author, "text": text}
    return {"update_id": number, "message": content}


async def placed(adapter: TelegramAdapter, telegram: TelegramDriver) -> str:
    """An answer of ours in Mina's chat, with its buttons."""
    standing = post(MINA, platform_id=await adapter.channel.place(post(MINA)))
    await adapter.channel.settle(standing, Reply(text="The answer"))
    return standing.platform_id


async def test_a_private_message_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(MINA, MINA, "hello")
    found = await message(intake)
    assert (found.text, found.addressed, found.sender.name) == ("hello", Addressing.DIRECT, "Mina")
    assert adapter.health().ok


async def test_a_mention_in_a_group_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(JONAS, GROUP, "@frontdesk_bot what is for lunch?")
    found = await message(intake)
    assert (found.text, found.addressed) == ("what is for lunch?", Addressing.MENTION)


async def test_a_reply_in_a_group_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    ours = await adapter.channel.place(post(GROUP))
    await telegram.send(JONAS, GROUP, "and tomorrow?", reply_to=int(ours))
    assert (await message(intake)).addressed is Addressing.REPLY


async def test_a_command_in_a_group_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(JONAS, GROUP, "/help@frontdesk_bot")
    assert (await message(intake)).command == "help"


async def test_a_topic_is_a_conversation(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(JONAS, FORUM, "@frontdesk_bot where is it?", topic=ORDERS)
    assert (await message(intake)).conversation.thread == str(ORDERS)


async def test_words_not_meant_for_us_never_reach_the_intake(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(JONAS, FORUM, "just between us", topic=ORDERS)
    await telegram.send(JONAS, JONAS, "and you?")
    assert (await message(intake)).text == "and you?"
    assert intake.handed_in == 1


async def test_an_edit_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    sent = await telegram.send(MINA, MINA, "helo")
    await telegram.edit(MINA, MINA, sent, "hello")
    await until(lambda: len(intake.arrivals) == 2)
    found = intake.arrivals[1].event
    assert isinstance(found, Edit)
    assert (found.message.id, found.message.text) == (str(sent), "hello")


async def test_an_album_arrives_as_messages_that_share_a_group(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.send(
        MINA, MINA, "two", files=[{"kind": "photo", "text": "x"}, {"kind": "photo", "text": "y"}]
    )
    await until(lambda: len(intake.arrivals) == 2)
    one, two = [each.event for each in intake.arrivals]
    assert isinstance(one, Message)
    assert isinstance(two, Message)
    assert one.group == two.group != ""
    assert one.attachments != two.attachments


async def test_a_pressed_button_is_a_rating_and_is_answered_once(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    ours = await placed(adapter, telegram)
    await telegram.click(MINA, MINA, int(ours), "good:turn-1")
    found = await first(intake)
    assert isinstance(found, Rating)
    assert (found.turn_id, found.verdict) == ("turn-1", "good")
    calls = await telegram.wait_for_journal(method="answerCallbackQuery")
    assert [call["outcome"] for call in calls] == ["ok"]


async def test_a_reaction_is_a_rating(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    ours = await placed(adapter, telegram)
    await telegram.react(MINA, MINA, int(ours), ["👎"])
    found = await first(intake)
    assert isinstance(found, Rating)
    assert (found.post_id, found.verdict) == (ours, "bad")


async def test_stop_under_a_draft_arrives(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await adapter.channel.show(post(MINA), "Once upon a time")
    await telegram.stop(MINA)
    found = await first(intake)
    assert isinstance(found, Stop)
    assert found.conversation.key == post(MINA).conversation.key


async def test_a_block_is_a_departure(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.block(MINA)
    assert isinstance(await first(intake), Departure)


async def test_a_repeated_update_is_one_arrival(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.add_fault("duplicate_delivery", method="message", remaining=1)
    await telegram.send(MINA, MINA, "hello")
    await telegram.send(MINA, MINA, "bye")
    await until(lambda: len(intake.arrivals) == 2)
    assert intake.handed_in == 3


async def test_a_business_answers_customers_and_not_its_owner(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    business = (await telegram.act("connect_business", person=JONAS, rights=RIGHTS))["id"]
    await telegram.send(JONAS, MINA, "Welcome to my shop", business=business)
    await telegram.send(MINA, MINA, "Do you have a table tonight?", business=business)
    await until(lambda: len(intake.arrivals) == 2)
    owners, asked = (each.event for each in intake.arrivals)
    assert isinstance(owners, Relay) and owners.heard
    assert isinstance(asked, Message) and asked.text == "Do you have a table tonight?"
    wanted = Post(id="post-1", turn_id="turn-1", conversation=asked.conversation)
    assert not adapter.channel.drafts(wanted.conversation)
    standing = replace(wanted, platform_id=await adapter.channel.place(wanted))
    await adapter.channel.settle(standing, Reply(text="At **eight**."))
    (account,) = (await telegram.state())["businesses"]
    assert [each["text"] for each in account["chats"][0]["messages"]][-1] == "At eight."
    await adapter.channel.withdraw(standing)
    (account,) = (await telegram.state())["businesses"]
    assert len(account["chats"][0]["messages"]) == 2


async def test_a_business_connection_is_asked_for_where_its_beginning_was_missed(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, cabinet: MemoryCabinet
) -> None:
    business = (await telegram.act("connect_business", person=JONAS))["id"]
    await until(lambda: cabinet.kept)
    cabinet.kept.clear()
    await telegram.send(MINA, MINA, "Are you open?", business=business)
    assert (await message(intake)).text == "Are you open?"


async def test_a_business_connection_that_telegram_does_not_know_is_not_answered(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    await telegram.deliver(sample("business_message") | {"update_id": 900_000})
    await telegram.deliver(update(900_001))
    assert (await message(intake)).text == "hello"


async def test_what_the_store_refuses_is_fetched_again_in_order(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    intake.failures.extend([StoreError(), StoreError()])
    for text in ("one", "two", "three"):
        await telegram.send(MINA, MINA, text)
    await until(lambda: intake.handed_in)
    await until(lambda: len(intake.arrivals) == 3, clock)
    events = [each.event for each in intake.arrivals]
    assert [each.text for each in events if isinstance(each, Message)] == ["one", "two", "three"]


async def test_a_database_that_is_back_is_noticed_within_a_second(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    intake.failures.extend(StoreError() for _ in range(6))
    await telegram.wait_for(lambda state: state["polled"])
    idle = clock.sleepers

    def has_failed(tries: int) -> bool:
        return intake.handed_in == tries and clock.sleepers > idle

    await telegram.send(MINA, MINA, "hello")
    for tries in range(1, 7):
        await until(partial(has_failed, tries))
        await clock.advance(1)
    await until(lambda: intake.arrivals)


async def test_what_was_not_committed_waits_for_the_next_process(
    make_adapter: MakeAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    intake.failures.append(StoreError())
    await telegram.send(MINA, MINA, "hello")
    first_process = make_adapter()
    await first_process.start()
    await until(lambda: intake.handed_in)
    await first_process.stop()
    assert intake.arrivals == []
    second_process = make_adapter()
    await second_process.start()
    assert (await message(intake)).text == "hello"
    await second_process.stop()


async def test_an_unreadable_update_blocks_nothing(
    adapter: TelegramAdapter,
    telegram: TelegramDriver,
    intake: MemoryIntake,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await telegram.deliver({"update_id": 900_000, "message": {"text": "my secret"}})
    await telegram.deliver(update(900_001))
    assert (await message(intake)).id == "900001"
    assert "900000" in caplog.text
    assert "secret" not in caplog.text


async def test_a_second_program_that_polls_is_named_and_outlasted(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock, api_url: str
) -> None:
    other = TelegramAdapter(
        settings=Settings.model_validate({"telegram_bot_token": TOKEN, "telegram_api_url": api_url}),
        policies=Policies(),
        intake=intake,
        cabinet=MemoryCabinet(),
        leases=SharedLeases(),
        pacer=Pacer(clock),
        clock=clock,
        reading_room=ReadingRoom(None, Policies(), None),
        files=FakeFiles(),
    )
    await telegram.wait_for(lambda state: state["polled"])
    await other.start()
    await until(lambda: not (adapter.health().ok and other.health().ok))
    assert any("Another program" in each.health().detail for each in (adapter, other))
    await other.stop()
    await telegram.send(MINA, MINA, "hello")
    await until(lambda: intake.arrivals, clock)


async def test_only_one_of_our_processes_polls(
    make_adapter: MakeAdapter,
    adapter: TelegramAdapter,
    leases: SharedLeases,
    clock: FakeClock,
    intake: MemoryIntake,
    cabinet: MemoryCabinet,
    api_url: str,
    telegram: TelegramDriver,
) -> None:
    await telegram.wait_for(lambda state: state["polled"])
    standby = TelegramAdapter(
        settings=Settings.model_validate({"telegram_bot_token": TOKEN, "telegram_api_url": api_url}),
        policies=Policies(),
        intake=intake,
        cabinet=cabinet,
        leases=SharedLeases(leases.holders),
        pacer=Pacer(clock),
        clock=clock,
        reading_room=ReadingRoom(None, Policies(), None),
        files=FakeFiles(),
    )
    await standby.start()
    await until(lambda: "standing by" in standby.health().detail)
    assert adapter.health().ok
    await adapter.stop()
    await telegram.send(MINA, MINA, "hello")
    await until(lambda: intake.arrivals, clock)
    await standby.stop()


async def test_the_offset_never_runs_ahead_of_what_is_committed(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    intake.failures.extend(StoreError() for _ in range(8))
    for number in range(10):
        await telegram.send(MINA, MINA, f"message {number}")
    while len(intake.arrivals) < 10:
        pending = (await telegram.state())["pending"]
        assert pending >= 10 - len(intake.arrivals)
        await clock.advance(1)
    await telegram.wait_for(lambda state: state["pending"] == 0)
    events = [each.event for each in intake.arrivals]
    assert [each.text for each in events if isinstance(each, Message)] == [f"message {n}" for n in range(10)]


async def test_a_server_error_while_polling_heals(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    await telegram.add_fault("server_error", method="*etUpdates", remaining=2)
    await telegram.add_fault("too_many_requests", method="*etUpdates", remaining=1, retry_after=3)
    await telegram.send(MINA, MINA, "hello")
    await telegram.send(MINA, MINA, "again")
    await until(lambda: len(intake.arrivals) == 2, clock)
    await until(lambda: adapter.health().ok, clock)


async def test_an_unreachable_server_is_waited_for(
    make_adapter: MakeAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    await telegram.add_fault("server_error", method="getMe", remaining=2)
    adapter = make_adapter()
    await adapter.start()
    assert not adapter.health().ok
    await telegram.send(MINA, MINA, "hello")
    await until(lambda: intake.arrivals, clock)
    assert adapter.health().ok
    await adapter.stop()


@pytest.mark.parametrize("token", ["", "nonsense", "12:short", TOKEN + "\n"])
async def test_a_malformed_token_stops_the_start(make_adapter: MakeAdapter, token: str) -> None:
    adapter = make_adapter(telegram_bot_token=token)
    with pytest.raises(ConfigurationError, match="BotFather"):
        await adapter.start()


async def test_a_refused_token_stops_the_start(make_adapter: MakeAdapter) -> None:
    adapter = make_adapter(telegram_bot_token="424242:AAWrongTokenWrongTokenWrongToken")
    with pytest.raises(ConfigurationError, match="BotFather"):
        await adapter.start()
    await adapter.stop()


async def test_the_menu_lists_the_commands_in_each_language(
    adapter: TelegramAdapter, telegram: TelegramDriver
) -> None:
    state = await telegram.state()
    menus = {json.loads(menu["scope"])[1]: menu["commands"] for menu in state["commands"]}
    assert set(menus) == {"", *LANGUAGES}
    for menu in menus.values():
        assert {each["command"] for each in menu} == COMMANDS - {"start", "human"}
    assert menus[""] == menus["en"]
    assert "Was ich kann" in [each["description"] for each in menus["de"]]


async def test_a_webhook_left_behind_gives_way_to_polling(
    make_adapter: MakeAdapter, telegram: TelegramDriver, intake: MemoryIntake
) -> None:
    hooked = make_adapter(
        telegram_webhook_url="http://127.0.0.1:1/telegram/webhook", telegram_webhook_secret="secret"
    )
    await hooked.start()
    await telegram.send(MINA, MINA, "hello")
    await hooked.stop()
    polling = make_adapter()
    await polling.start()
    assert (await message(intake)).text == "hello"
    await polling.stop()


async def test_the_token_stays_out_of_the_log(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await telegram.send(MINA, MINA, "hello")
    await until(lambda: intake.arrivals)
    assert TOKEN not in caplog.text
    assert "hello" not in caplog.text
