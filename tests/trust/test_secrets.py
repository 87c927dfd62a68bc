"""What people write and what is secret reaches no log, not at DEBUG and not when everything fails: P4."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bots.playground.slack.seed import ANA, BOT_TOKEN
from bots.playground.telegram.seed import MINA
from core import log
from core.clock import SystemClock
from core.errors import ModelError
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram, bare_environment, environment, start, telegram
from tests.delivery.conftest import open_desk
from tests.playground.slack.conftest import Slack, slack
from tests.process import Unpaced
from tests.samples import arrival, conversation, message
from tests.trust.page import Note

__all__ = ["bare_environment", "environment", "slack", "start", "telegram"]
CANARY = "the canary of the log sings"
SECRETS = {
    "FRONTDESK_SECRET_KEY": "wrapping-key-wrapping-key-wrapping-key",
    "FRONTDESK_CONSOLE_PASSWORD": "console-password-of-the-test",
    "FRONTDESK_API_KEYS": "api-key-of-the-test-0123456789",
    "FRONTDESK_WIDGET_SECRET": "widget-secret-of-the-test-0123456789abcdef",
    "FRONTDESK_WIDGET_ORIGINS": "https://shop.example",
}
FAILURES = 50


class Quoting(RuntimeError):
    """As libraries do: its words quote what it was given."""


@pytest.fixture
def engine() -> ScriptedEngine:
    """Fails with an error that quotes the prompt, then answers."""
    return ScriptedEngine(Quoting(f"cannot read {CANARY!r}"), *[f"You said: {CANARY}"] * 10)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG, as it is written in service."""
    before = logging.getLogger().handlers[:]
    log.setup(logging.DEBUG)
    stream = io.StringIO()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    log.setup(logging.NOTSET)
    logging.getLogger().handlers[:] = before


async def test_words_are_not_logged_whatever_fails(
    tmp_path: Path, written: io.StringIO, record_property: Note
) -> None:
    """The model fails everywhere at once, every other time with an error that quotes what it read."""
    failures = [
        ModelError() if number % 2 else Quoting(f"cannot read {CANARY!r}") for number in range(FAILURES)
    ]
    engine = ScriptedEngine(*failures)
    async with open_desk(tmp_path / "frontdesk.db", engine=engine, policy=Policy(settle_seconds=0)) as desk:
        for number in range(FAILURES):
            await desk.accept(arrival(message(CANARY, where=conversation(f"c{number}"))))
        await desk.until(lambda: len(engine.prompts) >= FAILURES)
        await desk.idle()
    assert written.getvalue().count("Quoting") >= FAILURES // 2  # they did fail, and that was told
    assert CANARY not in written.getvalue()
    record_property("P4", f"{FAILURES} failures at DEBUG: 0 words of people in the log")


async def test_neither_words_nor_secrets_are_logged_when_platforms_fail(
    slack: Slack,
    telegram: Telegram,
    start: Start,
    written: io.StringIO,
    environment: dict[str, str],
    record_property: Note,
) -> None:
    freely = Policy(settle_seconds=0, person_budget=0, channel_budget=0)
    async with start(policy=freely, pacer=Unpaced(SystemClock()), **SECRETS) as url:
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        channel = await slack.driver.open_dm(ANA)
        for driver in (slack.driver, telegram.driver):
            await driver.add_fault("server_error", method="*dit*", remaining=2)
            await driver.add_fault("too_many_requests", method="*end*", remaining=1)
        await telegram.driver.send(MINA, MINA, CANARY)
        await telegram.driver.wait_for_text(MINA, "something went wrong")
        await slack.driver.send(ANA, channel, CANARY)
        await slack.driver.wait_for_text(channel, "You said")
        async with aiohttp.ClientSession(url) as session:
            async with session.get("/metrics") as answer:
                shown = await answer.text()
            async with session.post("/v1/chat/completions", data=CANARY) as answer:
                shown += await answer.text()
    tokens = (environment["TELEGRAM_BOT_TOKEN"], environment["SLACK_APP_TOKEN"], BOT_TOKEN)
    secrets = [*(each for name, each in SECRETS.items() if name != "FRONTDESK_WIDGET_ORIGINS"), *tokens]
    logged = written.getvalue()
    assert "Quoting" in logged
    assert [each for each in (CANARY, *secrets) if each in logged + shown] == []
    record_property("P4", f"{len(secrets)} secrets in the log, the metrics and refusals: 0 hits")
