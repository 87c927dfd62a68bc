"""What the libraries under us do by default, each shown to be off: ways to lose, double or tell too much.

More is told elsewhere: Bolt's parsing before it verifies in `tests/adapters/slack/test_http.py`, replays
within five minutes there and in the stories, PTB's offset under failures in `tests/adapters/telegram`.
"""

import importlib.metadata
import logging
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import adapters
import bots
import core
from adapters.slack.api import Api as SlackApi
from adapters.telegram.api import Api as TelegramApi
from bots.playground.slack.seed import ANA, GENERAL
from bots.store import DATABASE
from core.clock import SystemClock
from core.delivery.pacing import Pacer
from core.store.database import Database
from core.store.records import EntryState
from core.store.sqlite.store import open_store
from tests.delivery.stories.bot import Bot, Side
from tests.delivery.stories.conftest import bot, keys, nats, place, slack, telegram, topology
from tests.samples import HERE, arrival, message

__all__ = ["bot", "keys", "nats", "place", "slack", "telegram", "topology"]
SOURCES = [path for package in (core, adapters, bots) for path in Path(package.__path__[0]).rglob("*.py")]


async def test_ptb_confirms_no_update_by_itself(bot: Bot, telegram: Side) -> None:
    """Its updater and its application are not used: only our own loop moves the offset."""
    assert not [path for path in SOURCES if "ApplicationBuilder" in path.read_text(encoding="utf-8")]
    await bot.start(held=True)
    await telegram.say("hello")
    await telegram.driver.wait_for(lambda state: state["pending"] == 0)
    assert len(bot.ask("SELECT 1 FROM inbox")) == 1


async def test_bolt_has_no_listener_that_could_run_behind_its_answer(bot: Bot, slack: Side) -> None:
    await bot.start()
    (adapter,) = [each for each in bot.adapters if each.platform == "slack"]
    app: Any = vars(vars(adapter)["_receiver"])["app"]
    assert app._async_listeners == []


async def test_slack_sdk_repeats_no_post_by_itself() -> None:
    api = SlackApi(base_url="http://127.0.0.1:1/api/", pacer=Pacer(SystemClock()))
    assert api.client("xoxb-1").retry_handlers == []


async def test_bodies_tokens_and_words_stay_out_of_the_log_at_every_level(
    bot: Bot, slack: Side, telegram: Side, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("core", "adapters", "bots"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.INFO)
    await bot.start()
    for side in (slack, telegram):
        await side.say("the canary sings")
        await side.sees("echo: the canary sings")
    # the emulators run in this process, and aiohttp writes down what they are asked
    said = "\n".join(each.getMessage() for each in caplog.records if each.name != "aiohttp.access")
    for secret in ("canary", "xoxb-", "xapp-", "424242:AAF"):
        assert secret not in said


async def test_httpx_says_no_addresses() -> None:
    TelegramApi(token="1:a", root="http://127.0.0.1:1", pacer=Pacer(SystemClock()))
    assert logging.getLogger("httpx").getEffectiveLevel() >= logging.WARNING
    assert logging.getLogger("httpcore").getEffectiveLevel() >= logging.WARNING


async def test_bolt_hands_the_retry_headers_of_sockets_on_and_a_retry_is_answered(
    bot: Bot, slack: Side
) -> None:
    """Bolt dropped them before 1.28; nothing here is dropped for being a retry."""
    version = tuple(int(part) for part in importlib.metadata.version("slack_bolt").split(".")[:2])
    assert version >= (1, 28)
    await bot.start()
    await bot.stop()
    await bot.slack.send(ANA, GENERAL, "nothing for us")
    await slack.say("are you back?")
    await bot.start()
    async with bot.hurrying():
        await slack.sees("echo: are you back?")


async def test_what_is_committed_survives_a_power_cut(tmp_path: Path) -> None:
    """WAL alone may roll commits back: the writer's `synchronous` is FULL (2), and a deletion overwrites."""
    database = Database(tmp_path / DATABASE)
    try:
        pragmas = [
            await database.write(lambda db, name=name: db.execute(f"PRAGMA {name}").fetchone()[0])  # type: ignore[misc]  # mypy infers no lambda with a default
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        ]
    finally:
        await database.close()
    assert pragmas == ["wal", 2, 1, 1]


async def test_a_forgotten_message_is_in_no_byte_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    async with open_store(path, SystemClock()) as store:
        await store.inbox.accept(arrival(message("the canary sings", id="q")))
        (entry,) = await store.inbox.waiting(HERE.key)
        await store.inbox.close(HERE.key, [entry.id], EntryState.DROPPED, "deleted")
        await store.people.forget(HERE.key, "q")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert b"canary" not in b"".join(
        each.read_bytes() for each in tmp_path.glob(f"{DATABASE}*") if each.is_file()
    )


_WITHOUT_PICKLES = re.compile(r"torch\.load\([^()]*, weights_only=True\)")
"""Reads tensors and plain values alone."""


def test_models_bring_no_code_and_no_pickles() -> None:
    """CTranslate2 would load both, if told to; nothing here tells it."""
    for path in SOURCES:
        text = _WITHOUT_PICKLES.sub("", path.read_text(encoding="utf-8"))
        for door in (
            "trust_remote_code",
            "unsafe_deserialization",
            "import pickle",
            "allow_pickle",
            "torch.load",
        ):
            assert door not in text, f"{door} in {path}"
