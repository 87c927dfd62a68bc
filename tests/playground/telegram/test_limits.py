"""How often a bot may call."""

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import FORUM, GROUP, MINA
from tests.playground.telegram.client import Client


async def let_through(client: Client, method: str, times: int, **arguments: object) -> int:
    """How many of so many calls in a row succeed."""
    return sum([(await client.call(method, **arguments))[0] == 200 for _ in range(times)])


async def test_a_chat_takes_a_burst_and_then_one_a_second(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    assert await let_through(client, "sendMessage", 8, chat_id=MINA, text="hi") == 5
    status, body = await client.call("sendMessage", chat_id=MINA, text="hi")
    wait = body["parameters"]["retry_after"]
    assert (status, body["description"]) == (429, f"Too Many Requests: retry after {wait}")
    assert 1 <= wait <= 5
    await people.advance(wait)
    assert await let_through(client, "sendMessage", 1, chat_id=MINA, text="hi") == 1


async def test_a_group_takes_twenty_a_minute(client: Client, people: TelegramDriver) -> None:
    sent = 0
    for _ in range(5):
        sent += await let_through(client, "sendMessage", 5, chat_id=GROUP, text="hi")
        await people.advance(5)
    assert sent == 20
    await people.advance(60)
    assert await let_through(client, "sendMessage", 1, chat_id=GROUP, text="hi") == 1


async def test_all_chats_together_take_thirty_a_second(client: Client, people: TelegramDriver) -> None:
    persons = [(await people.act("create_person", name=f"P{number}"))["id"] for number in range(40)]
    for each in persons:
        await people.start(each)
    sent = [(await client.call("sendChatAction", chat_id=each, action="typing"))[0] for each in persons]
    assert sent.count(200) >= 30
    assert sent.count(429) == 40 - sent.count(200)


async def test_edits_count_too(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    sent = await client.result("sendMessage", chat_id=MINA, text="0")
    edits = [
        (
            await client.call(
                "editMessageText", chat_id=MINA, message_id=sent["message_id"], text=f"{number}."
            )
        )[0]
        for number in range(8)
    ]
    assert edits == [200] * 4 + [429] * 4


async def test_limits_scale_and_can_be_switched_off(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    await people.set_limits(2)
    assert await let_through(client, "sendMessage", 12, chat_id=MINA, text="hi") == 10
    await people.set_limits(0)
    assert await let_through(client, "sendMessage", 50, chat_id=MINA, text="hi") == 50
    assert await let_through(client, "sendMessage", 50, chat_id=FORUM, text="hi") == 50
