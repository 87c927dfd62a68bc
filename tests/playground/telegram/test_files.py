"""Files from people and from the bot."""

from io import BytesIO

import aiohttp
from telegram import Bot

from bots.playground.telegram.driver import TelegramDriver, chat_of
from bots.playground.telegram.seed import MINA
from tests.playground.telegram.client import Client

MEGABYTE = 1024 * 1024


async def test_a_persons_file_is_downloaded(bot: Bot, people: TelegramDriver) -> None:
    await people.send(
        MINA, MINA, "Here", files=[{"kind": "document", "name": "order.txt", "text": "two chairs"}]
    )
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    assert (update.message.caption, update.message.document.file_name) == ("Here", "order.txt")
    file = await update.message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"two chairs"


async def test_photos_voices_and_their_like(client: Client, people: TelegramDriver) -> None:
    kinds = ("photo", "voice", "audio", "video", "animation", "video_note", "sticker")
    for kind in kinds:
        await people.send(MINA, MINA, files=[{"kind": kind, "data": "T2dnUw==", "duration": 3}])
    messages = [each["message"] for each in await client.updates()]
    assert [kind in message for kind, message in zip(kinds, messages, strict=True)] == [True] * len(kinds)
    assert messages[0]["photo"][-1]["file_size"] == 4
    assert (messages[1]["voice"]["duration"], messages[1]["voice"]["mime_type"]) == (3, "audio/ogg")


async def test_an_album_shares_its_id_and_has_one_caption(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "The chairs", files=[{"kind": "photo", "data": "/9g="}] * 3)
    messages = [each["message"] for each in await client.updates()]
    assert len({each["media_group_id"] for each in messages}) == 1
    assert [each.get("caption") for each in messages] == ["The chairs", None, None]


async def test_a_file_over_20_megabytes_is_out_of_reach(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, files=[{"kind": "document", "size": 20 * MEGABYTE + 1}])
    ((update),) = await client.updates()
    file_id = update["message"]["document"]["file_id"]
    assert await client.error("getFile", file_id=file_id) == (400, "Bad Request: file is too big")


async def test_a_link_works_for_an_hour_and_with_the_token_alone(
    client: Client, people: TelegramDriver
) -> None:
    await people.send(MINA, MINA, files=[{"text": "two chairs"}])
    ((update),) = await client.updates()
    file_id = update["message"]["document"]["file_id"]
    path = (await client.result("getFile", file_id=file_id))["file_path"]

    async def fetched(token: str) -> int:
        async with client.session.get(f"{client.url}/file/bot{token}/{path}") as answer:
            return answer.status

    assert [await fetched(client.token), await fetched("424242:AAanother")] == [200, 401]
    await people.advance(3601)
    assert await fetched(client.token) == 404
    await client.result("getFile", file_id=file_id)
    assert await fetched(client.token) == 200


async def test_the_bot_uploads(bot: Bot, people: TelegramDriver) -> None:
    await people.start(MINA)
    sent = await bot.send_document(MINA, b"invoice", filename="invoice.txt", caption="Yours")
    assert sent.document is not None
    again = await bot.send_document(MINA, sent.document.file_id)
    assert again.document == sent.document
    await bot.send_photo(MINA, b"\xff\xd8", caption="A chair")
    await bot.send_voice(MINA, b"OggS")
    shown = chat_of(await people.state(), MINA)["messages"][1:]
    assert [next(iter(each["media"])) for each in shown] == ["document", "document", "photo", "voice"]
    edited = await bot.edit_message_caption(MINA, sent.message_id, caption="Your invoice")
    assert not isinstance(edited, bool)
    assert edited.caption == "Your invoice"


async def test_the_bot_sends_an_album(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    form = aiohttp.FormData({"chat_id": str(MINA)})
    form.add_field(
        "media",
        '[{"type":"photo","media":"attach://a","caption":"Two"},{"type":"photo","media":"attach://b"}]',
    )
    form.add_field("a", b"\xff\xd8", filename="a.jpg")
    form.add_field("b", b"\xff\xd8", filename="b.jpg")
    async with client.session.post(client.address("sendMediaGroup"), data=form) as answer:
        sent = (await answer.json())["result"]
    assert len({each["media_group_id"] for each in sent}) == 1
    assert [each.get("caption") for each in sent] == ["Two", None]


async def test_an_empty_file_is_refused(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    form = aiohttp.FormData({"chat_id": str(MINA)})
    form.add_field("document", b"", filename="empty.txt")
    async with client.session.post(client.address("sendDocument"), data=form) as answer:
        assert (await answer.json())["description"] == "Bad Request: file must be non-empty"


async def test_a_photo_over_ten_megabytes_is_refused(client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    form = aiohttp.FormData({"chat_id": str(MINA)})
    form.add_field("photo", BytesIO(bytes(10 * MEGABYTE + 1)), filename="big.jpg")
    async with client.session.post(client.address("sendPhoto"), data=form) as answer:
        assert (answer.status, "too big for a photo" in (await answer.json())["description"]) == (400, True)


async def test_people_see_files_without_a_token(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, files=[{"text": "two chairs"}])
    file_id = chat_of(await people.state(), MINA)["messages"][0]["media"]["document"]["file_id"]
    async with client.session.get(f"{client.url}/_control/files/{file_id}") as answer:
        assert await answer.read() == b"two chairs"
