"""Files that people sent in Slack: fetched from the emulator, and from nowhere but Slack."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.adapter import SlackAdapter
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_TOKEN
from core.errors import Refused, TooLarge
from core.message import Attachment, Conversation, Message, Platform
from tests.adapters.slack.conftest import MakeAdapter, MemoryIntake
from tests.adapters.slack.scripted import TEAM, ScriptedSlack
from tests.playground.slack.conftest import Slack
from tests.playground.slack.conftest import slack as emulated

__all__ = ["emulated"]

HERE = Conversation(platform=Platform.SLACK, tenant=TEAM, channel="C1", direct=False)
FILE = Attachment(id="F1", kind="document")


@pytest.fixture
async def connected(emulated: Slack, make_adapter: MakeAdapter) -> AsyncIterator[SlackAdapter]:
    """An adapter that is connected to the emulator."""
    url = f"{emulated.url}/api/"
    adapter = make_adapter(slack_api_url=url, slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN)
    await adapter.start()
    await emulated.driver.wait_for(lambda state: state["sockets"] == 1)
    yield adapter
    await adapter.stop()


async def sent(emulated: Slack, intake: MemoryIntake) -> Message:
    """A message with a file."""
    channel = await emulated.driver.open_dm(ANA)
    await emulated.driver.send(ANA, channel, "here", files=[{"name": "menu.md", "text": "bread and butter"}])
    await emulated.driver.wait_for_journal(method="message", outcome="ok")
    message = intake.arrivals[0].event
    assert isinstance(message, Message)
    return message


async def test_a_document_comes_as_it_was_sent(
    connected: SlackAdapter, emulated: Slack, intake: MemoryIntake
) -> None:
    message = await sent(emulated, intake)
    (attachment,) = message.attachments
    assert attachment.name == "menu.md"
    assert await connected.files.fetch(attachment, message.conversation, limit=16) == b"bread and butter"


async def test_what_has_more_bytes_than_allowed_is_not_fetched(
    connected: SlackAdapter, emulated: Slack, intake: MemoryIntake
) -> None:
    message = await sent(emulated, intake)
    with pytest.raises(TooLarge):
        await connected.files.fetch(message.attachments[0], message.conversation, limit=15)
    assert await emulated.driver.journal(method="download") == []


async def test_without_the_scope_it_is_refused(
    connected: SlackAdapter, emulated: Slack, intake: MemoryIntake
) -> None:
    message = await sent(emulated, intake)
    emulated.scopes.remove("files:read")
    with pytest.raises(Refused):
        await connected.files.fetch(message.attachments[0], message.conversation, limit=16)


ELSEWHERE = [
    "",
    "https://drive.example.com/file",
    "https://slack.com.example.com/file",
    "http://localhost/file",
    "file:///etc/passwd",
    "http://[",
    "http://127.0.0.1:port/",
]


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_file_that_lies_elsewhere_is_not_fetched(
    adapter: SlackAdapter, slack: ScriptedSlack, url: str
) -> None:
    file: dict[str, Any] = {"id": "F1", "size": 3, "url_private_download": url}
    slack.script("files.info", {"ok": True, "file": file})
    with pytest.raises(Refused):
        await adapter.files.fetch(FILE, HERE, limit=100)
