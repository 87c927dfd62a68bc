"""What bots do with messages besides sending them."""

from bots.playground.telegram.driver import TelegramDriver, chat_of, texts
from bots.playground.telegram.seed import FORUM, GROUP, MINA
from tests.playground.telegram.client import Client


async def test_a_bot_deletes_its_own_and_as_administrator_others(
    client: Client, people: TelegramDriver
) -> None:
    own = await client.result("sendMessage", chat_id=GROUP, text="Lunch?")
    assert await client.result("deleteMessage", chat_id=GROUP, message_id=own["message_id"])
    theirs = await people.send(MINA, FORUM, "Buy now!")
    more = await people.send(MINA, FORUM, "Buy more!")
    assert await client.result("deleteMessages", chat_id=FORUM, message_ids=[theirs, more, 9999])
    shown = [each["text"] for each in chat_of(await people.state(), FORUM)["messages"]]
    assert shown == ["", ""]


async def test_an_administrator_pins(client: Client, people: TelegramDriver) -> None:
    message = await people.send(MINA, FORUM, "Read this")
    await client.result("pinChatMessage", chat_id=FORUM, message_id=message)
    assert chat_of(await people.state(), FORUM)["messages"][-1]["pinned"]
    await client.result("unpinChatMessage", chat_id=FORUM, message_id=message)
    assert not chat_of(await people.state(), FORUM)["messages"][-1]["pinned"]


async def test_an_answer_may_go_without_what_it_answers(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    lenient = {"message_id": 9999, "allow_sending_without_reply": True}
    sent = await client.result("sendMessage", chat_id=MINA, text="Hi", reply_parameters=lenient)
    assert "reply_to_message" not in sent


async def test_limits_are_met_exactly(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    longest = ["a" * 4096, "😀" * 2048, f"  {'a' * 4096}  "]
    for text in longest:
        await client.result("sendMessage", chat_id=MINA, text=text)
    assert texts(await people.state(), MINA) == [each.strip() for each in longest]
    button = {"text": "ok", "callback_data": "é" * 32}
    await client.result("sendMessage", chat_id=MINA, text="?", reply_markup={"inline_keyboard": [[button]]})


async def test_other_keyboards_pass(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    for markup in ({"force_reply": True}, {"remove_keyboard": True}, {"keyboard": [[{"text": "Yes"}]]}):
        sent = await client.result("sendMessage", chat_id=MINA, text="Sure?", reply_markup=markup)
        assert "reply_markup" not in sent


async def test_what_is_strange_is_cleaned(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    sent = await client.result("sendMessage", chat_id=MINA, text="a\x00b\r\n\u202ec\ud800")
    assert sent["text"] == "a b\nc\ufffd"


async def test_a_webhook_is_described(client: Client) -> None:
    given = {"url": "https://example.com/hook", "max_connections": 7, "allowed_updates": ["message"]}
    await client.result("setWebhook", **given)
    info = await client.result("getWebhookInfo")
    assert {name: info[name] for name in given} == given
