"""The control API: what the page and the tests rest on."""

from contextlib import aclosing

import aiohttp
import pytest

from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import FORUM, GROUP, MINA
from tests.playground.telegram.client import Client


async def test_the_world_a_newcomer_finds(people: TelegramDriver) -> None:
    state = await people.state()
    assert [each["first_name"] for each in state["people"]] == ["Mina", "Jonas", "Aya"]
    assert [each["type"] for each in state["chats"]] == ["private"] * 3 + ["group", "supergroup"]
    assert [each["name"] for each in state["chats"][-1]["topics"]] == ["Orders", "Returns"]


async def test_changes_come_in_order_and_can_be_resumed(client: Client, people: TelegramDriver) -> None:
    before = (await people.state())["seq"]
    await people.send(MINA, MINA, "hello")
    await client.result("sendMessage", chat_id=MINA, text="Hi")
    seen = []
    async with aclosing(people.changes(before)) as changes:
        async for change in changes:
            seen.append(change)
            if change["kind"] == "request":
                break
    assert [each["seq"] for each in seen] == list(range(before + 1, before + 1 + len(seen)))
    written = [each["body"]["message"]["text"] for each in seen if each["kind"] == "message"]
    assert written == ["hello", "Hi"]
    async with aclosing(people.changes(seen[1]["seq"])) as changes:
        assert await anext(changes) == seen[2]


async def test_a_watcher_is_told_to_start_over(client: Client, people: TelegramDriver) -> None:
    url = f"{client.url}/_control/stream"
    async with client.session.get(url, headers={"Last-Event-ID": "123456"}) as stream:
        first = await stream.content.readuntil(b"\n\n")
    assert b'"kind": "reset"' in first


async def test_a_reset_brings_everything_back(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, GROUP, "/help")
    await people.add_fault("server_error", method="sendMessage")
    await client.result("setWebhook", url="http://127.0.0.1:9/")
    await people.reset()
    state = await people.state()
    assert all(not each["messages"] for each in state["chats"] if each["id"] != FORUM)
    assert (state["faults"], state["webhook"], state["pending"]) == ([], "", 0)


async def test_the_journal_holds_both_directions(client: Client, people: TelegramDriver) -> None:
    await people.send(MINA, MINA, "hello")
    await client.updates()
    await client.result("sendMessage", chat_id=MINA, text="Hi")
    delivery, poll, request = await people.journal()
    assert (delivery["direction"], delivery["method"], delivery["outcome"]) == (
        "delivery",
        "message",
        "polled",
    )
    assert delivery["body"]["message"]["text"] == "hello"
    assert (poll["method"], request["method"]) == ("getUpdates", "sendMessage")
    assert (request["place"], request["body"]["text"]) == (str(MINA), "Hi")
    assert await people.journal(place=str(MINA), direction="request") == [request]
    assert await people.journal(after=poll["number"]) == [request]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("act", "{"),
        ("act", "[]"),
        ("act", '{"action": "send", "person": "x", "chat": 1}'),
        ("act", '{"action": "send", "person": 1001, "chat": 1001, "text": "hi", "colour": "red"}'),
        ("faults", '{"kind": "fire"}'),
        ("clock", '{"advance": "soon"}'),
        ("limits", "{}"),
    ],
)
async def test_a_wrong_wish_is_refused_with_its_reason(path: str, body: str, client: Client) -> None:
    async with client.session.post(f"{client.url}/_control/{path}", data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


@pytest.mark.parametrize("form", ["json", "form", "multipart", "query"])
async def test_arguments_come_in_any_form(form: str, client: Client, people: TelegramDriver) -> None:
    await people.start(MINA)
    entities = '[{"type": "bold", "offset": 0, "length": 2}]'
    given = {"chat_id": str(MINA), "text": "Hi", "entities": entities}
    how: dict[str, dict[str, object]] = {
        "json": {"json": given},
        "form": {"data": given},
        "multipart": {"data": _multipart(given)},
        "query": {"params": given},
    }
    async with client.session.request("POST", client.address("SENDmessage"), **how[form]) as answer:  # type: ignore[arg-type]  # every kind of argument in turn
        result = (await answer.json())["result"]
    assert (result["text"], result["entities"][0]["type"]) == ("Hi", "bold")


def _multipart(fields: dict[str, str]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    return form


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
async def test_a_broken_body_is_refused(body: bytes, client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    async with client.session.post(client.address("sendMessage"), data=body, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
async def test_pages_from_elsewhere_are_kept_out(headers: dict[str, str], client: Client) -> None:
    async with client.session.get(f"{client.url}/_control/state", headers=headers) as answer:
        assert answer.status == 403


async def test_pages_from_here_come_in(client: Client) -> None:
    headers = {"Origin": "http://localhost:8080"}
    async with client.session.get(f"{client.url}/_control/state", headers=headers) as answer:
        assert answer.status == 200


async def test_faults_and_the_journal_over_http(client: Client, people: TelegramDriver) -> None:
    url, session = f"{client.url}/_control", client.session
    fault = await people.add_fault("server_error", method="getMe")
    async with session.get(f"{url}/faults") as answer:
        assert [each["id"] for each in await answer.json()] == [fault]
    async with session.delete(f"{url}/faults/{fault}") as answer:
        assert answer.status == 200
    async with session.delete(f"{url}/faults/{fault}") as answer:
        assert (await answer.json())["error"] == f"there is no fault {fault}"
    await client.result("getMe")
    assert len(await people.journal(method="getMe")) == 1
    async with session.delete(f"{url}/journal") as answer:
        assert answer.status == 200
    assert await people.journal() == []
