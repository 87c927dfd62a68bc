"""How long a million messages take from SQLite to Postgres and back, and that they stay the same."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlite_utils import Database

from bots.store import DATABASE
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.store.migrations import MIGRATIONS
from tests.postgres import serving
from tests.vaults import empty_database

MESSAGES, CONVERSATION = 1_000_000, 100
"""Messages in all, and in one conversation."""
WORDS = {"message": "m" * 250, "answer": "a" * 450}
"""About what an event and an answer take."""
SECRET = "s" * 40
_CONVERSATION = """
INSERT INTO conversations (key, platform, tenant, channel, thread, direct, began_at)
VALUES (?, 'terminal', 't', ?, '', 1, 0)
"""
_INBOX = """
INSERT INTO inbox (key, conversation, sender, type, message_id, state, turn, event, received_at)
VALUES (?, ?, ?, 'message', ?, 'done', ?, ?, ?)
"""
_TURNS = """
INSERT INTO turns (id, conversation, state, route, model, began_at, ended_at, question, reply, evidence)
VALUES (?, ?, 'answered', 'chat', 'm@1', ?, ?, ?, ?, '{}')
"""
_OUTBOX = """
INSERT INTO outbox (id, turn, conversation, state, part, platform_id, recipient, body, created_at, sent_at)
VALUES (?, ?, ?, 'sent', 0, ?, 'null', ?, ?, ?)
"""


def fill(home: Path, messages: int) -> None:
    """An installation whose people wrote so many messages, each answered, all encrypted."""
    home.mkdir()
    sealer = KeyedSealer(Keys(SqliteVault(home / FILE), SECRET))
    with closing(sqlite3.connect(home / DATABASE)) as database:
        MIGRATIONS.apply(Database(database))
        database.execute("PRAGMA synchronous=OFF")
        for number in track(range(messages // CONVERSATION), description="filling"):
            key = f"terminal:t:p{number}:"
            database.execute(_CONVERSATION, [key, f"p{number}"])
            rows = list(_turns(number, key, sealer))
            for statement, values in zip((_INBOX, _TURNS, _OUTBOX), zip(*rows, strict=True), strict=True):
                database.executemany(statement, values)
        database.commit()


def _turns(number: int, key: str, sealer: KeyedSealer) -> Iterator[tuple[tuple[Any, ...], ...]]:
    for at in range(CONVERSATION):
        turn, when = f"t{number}-{at}", float(number * CONVERSATION + at) + 0.1
        message, answer = (sealer.seal(key, text) for text in WORDS.values())
        yield (
            (turn, key, f"terminal:t:{number}", turn, turn, message, when),
            (turn, key, when, when + 3.3, message, answer),
            (f"p{turn}", turn, key, turn, answer, when, when + 3.5),
        )


def moved(home: Path, server: dict[str, str], target: str) -> tuple[float, dict[str, dict[str, Any]]]:
    """Seconds that the command takes, and what it says of each table."""
    environment = os.environ | {"FRONTDESK_HOME": str(home), "FRONTDESK_SECRET_KEY": SECRET, **server}
    command = [sys.executable, "-c", "from bots.cli import main; main()", "migrate-store", target, "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - started, json.loads(done.stdout)


def megabytes(home: Path, url: str) -> tuple[float, float]:
    """What the messages take in SQLite, and in Postgres."""
    with psycopg.connect(url) as connection:
        ((size,),) = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    return (home / DATABASE).stat().st_size / 1e6, size / 1e6


def main() -> None:
    """Measure and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    messages = parser.parse_args().messages
    table = Table("to", "seconds", "rows", "rows a second", "MB", title=f"Moving {messages:,} messages")
    with tempfile.TemporaryDirectory() as folder, serving(hurried=False) as server:
        first, back = Path(folder) / "first", Path(folder) / "back"
        fill(first, messages)
        back.mkdir()
        url = server.fresh()
        urls = {"FRONTDESK_DATABASE_URL": url, "FRONTDESK_KEYS_URL": empty_database(server)}
        there, found = moved(first, urls, "postgres")
        sizes = megabytes(first, url)
        again, same = moved(back, urls, "sqlite")
        found.pop("audit"), same.pop("audit")  # the second move is noted in it
        assert found == same, "what came back is not what went"
        rows = sum(each["rows"] for each in found.values())
        for name, seconds, size in (("Postgres", there, sizes[1]), ("SQLite", again, sizes[0])):
            table.add_row(name, f"{seconds:.0f}", f"{rows:,}", f"{rows / seconds:,.0f}", f"{size:,.0f}")
    table.caption = "Copied, read on both sides and compared by SHA-256: the same there and back."
    Console().print(table)


if __name__ == "__main__":
    main()
