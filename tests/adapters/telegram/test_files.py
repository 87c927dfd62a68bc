"""Files that people sent in Telegram, fetched from the emulator."""

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from core.errors import Gone, PlatformError, Refused, TooLarge, Unreachable
from core.message import Attachment, Message
from core.testing import FakeClock
from tests.adapters.telegram.conftest import MakeAdapter, MemoryIntake, conversation, done, until

HERE = conversation(MINA)
PLENTY = 64_000_000


async def sent(telegram: TelegramDriver, intake: MemoryIntake, **file: object) -> Attachment:
    """A file that Mina sends, as the adapter hands it in."""
    await telegram.send(MINA, MINA, "here", files=[{"name": "menu.md", **file}])
    await until(lambda: intake.arrivals)
    message = intake.arrivals[0].event
    assert isinstance(message, Message)
    return message.attachments[0]


async def test_a_document_comes_as_it_was_sent(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    attachment = await sent(telegram, intake, text="bread and butter")
    assert attachment.name == "menu.md"
    assert await done(adapter.files.fetch(attachment, HERE, limit=16), clock) == b"bread and butter"


async def test_what_has_more_bytes_than_allowed_is_not_fetched(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    attachment = await sent(telegram, intake, text="bread and butter")
    with pytest.raises(TooLarge):
        await done(adapter.files.fetch(attachment, HERE, limit=15), clock)


async def test_what_telegram_does_not_give_out_is_too_large(
    adapter: TelegramAdapter, telegram: TelegramDriver, intake: MemoryIntake, clock: FakeClock
) -> None:
    attachment = await sent(telegram, intake, size=21_000_000)
    with pytest.raises(TooLarge):
        await done(adapter.files.fetch(attachment, HERE, limit=PLENTY), clock)


async def test_a_file_that_is_not_there_is_refused(
    adapter: TelegramAdapter, telegram: TelegramDriver, clock: FakeClock
) -> None:
    with pytest.raises(Refused):
        await done(adapter.files.fetch(Attachment(id="no", kind="document"), HERE, limit=PLENTY), clock)


async def test_without_a_connection_no_token_is_told(make_adapter: MakeAdapter, clock: FakeClock) -> None:
    adapter = make_adapter(telegram_api_url="http://127.0.0.1:1")
    with pytest.raises(PlatformError) as failed:
        await done(adapter.files.fetch(Attachment(id="no", kind="document"), HERE, limit=PLENTY), clock)
    assert isinstance(failed.value, Unreachable | Gone)
    assert "127.0.0.1" not in str(failed.value)
