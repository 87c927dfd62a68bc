"""No call, however strange, makes the emulator fail: it is refused, or answered as aiogram's models want."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.playground.telegram.app import build_app
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.methods import METHODS
from bots.playground.telegram.seed import FORUM, GROUP, MINA, TOKEN
from tests.playground.telegram.client import Client

NAMES = st.sampled_from(
    [
        "action",
        "allowed_updates",
        "business_connection_id",
        "callback_query_id",
        "caption",
        "commands",
        "draft_id",
        "entities",
        "file_id",
        "from_chat_id",
        "limit",
        "link_preview_options",
        "max_connections",
        "media",
        "menu_button",
        "message_id",
        "message_ids",
        "message_thread_id",
        "name",
        "offset",
        "parse_mode",
        "photo",
        "reaction",
        "reply_markup",
        "reply_parameters",
        "rich_message",
        "scope",
        "text",
        "url",
        "user_id",
    ]
)
ODD = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
KINDS = st.sampled_from(
    [
        "bold",
        "text_mention",
        "text_link",
        "custom_emoji",
        "photo",
        "document",
        "emoji",
        "chat",
        "default",
        "web_app",
    ]
)
OBJECT = st.fixed_dictionaries(
    {},
    optional={
        "type": KINDS | ODD,
        "offset": st.integers(-1, 9) | ODD,
        "length": st.integers(-1, 9) | ODD,
        "url": st.just("https://a.example") | ODD,
        "text": ODD,
        "user": st.just({"id": MINA}) | ODD,
        "custom_emoji_id": st.just("5368324170671202286") | ODD,
        "callback_data": ODD,
        "command": ODD,
        "description": ODD,
        "emoji": st.just("👍") | ODD,
        "media": ODD,
        "message_id": st.integers(100, 103) | ODD,
        "markdown": ODD,
        "blocks": st.lists(ODD, max_size=2) | ODD,
    },
)
KEYBOARD = st.fixed_dictionaries(
    {"inline_keyboard": st.lists(st.lists(OBJECT | ODD, max_size=2) | ODD, max_size=2)}
)
JSON = (
    st.just("hello 😀 world")
    | ODD
    | OBJECT
    | KEYBOARD
    | st.lists(OBJECT | ODD | st.lists(ODD, max_size=2), max_size=3)
)
CHATS: st.SearchStrategy[Any] = st.sampled_from([MINA, GROUP, FORUM, "--5", "@x", "", None, 2**70, [], True])


class Emulator:
    """An emulator that lives through all examples, in an event loop of its own."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.server = TestServer(build_app())
        self.client = self.runner.run(self._start())

    async def _start(self) -> Client:
        await self.server.start_server()
        url = str(self.server.make_url("")).rstrip("/")
        async with TelegramDriver(url) as people:
            await people.set_limits(0)
            await people.configure(rich=True)
            await people.start(MINA)
        return Client(url, TOKEN)

    def status(self, method: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The answer to a call."""
        return self.runner.run(self.client.call(method, **arguments))

    def close(self) -> None:
        """Stop it."""
        self.runner.run(self.client.session.close())
        self.runner.run(self.server.close())
        self.runner.close()


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    started = Emulator()
    yield started
    started.close()


@settings(max_examples=600)
@given(st.sampled_from(sorted(METHODS)), CHATS, st.dictionaries(NAMES, JSON, max_size=6))
def test_any_call_is_answered_or_refused(
    emulator: Emulator, method: str, chat: Any, arguments: dict[str, Any]
) -> None:
    status, body = emulator.status(method, {"chat_id": chat, **arguments})
    assert status in (200, 400, 403, 404, 409), body
    assert body["ok"] is (status == 200)
    assert status == 200 or body["description"]
