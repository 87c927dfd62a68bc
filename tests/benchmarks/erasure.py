"""How long it takes to erase one of 1,000 people among 100,000 messages, and what others notice of it."""

import asyncio
import hashlib
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.store.sealing import PlainSealer, Sealer
from tests.benchmarks.pipeline import SECRET, Bench, latencies, open_bench, percentile

PEOPLE, MESSAGES, IN_GROUPS, GROUPS = 1000, 100, 10, 50
"""Of each person's messages, so many are in groups; 20 people share one."""
RATE = 40
"""Turns a second that others are served meanwhile."""
WORDS = {"message": "m" * 300, "raw": "r" * 1500, "answer": "a" * 500}
"""About what an event, the platform's own JSON and an answer take."""
CANARY = "canary"


def fill(path: Path, sealer: Sealer) -> None:
    """Store everybody's messages in finished turns."""
    with closing(sqlite3.connect(path)) as database, database:
        for number in track(range(PEOPLE), description="storing 100,000 messages"):
            for at in range(MESSAGES):
                for statement, values in _turn(number, at, sealer):
                    database.execute(statement, values)


def _turn(number: int, at: int, sealer: Sealer) -> Iterator[tuple[str, list[object]]]:
    person, turn = f"terminal:t:p{number}", f"t{number}-{at}"
    is_group = at >= MESSAGES - IN_GROUPS
    channel, thread = (f"g{number % GROUPS}", "1") if is_group else (f"p{number}", "")
    key = f"terminal:t:{channel}:{thread}"
    if at in (0, MESSAGES - IN_GROUPS):
        yield (
            """INSERT OR IGNORE INTO conversations (key, platform, tenant, channel, thread, direct, began_at)
            VALUES (?, 'terminal', 't', ?, ?, ?, 0)""",
            [key, channel, thread, int(not is_group)],
        )
    mark = f"{CANARY}-{number}-{at} " if number == 0 else ""
    message, raw, answer = (sealer.seal(key, mark + text) for text in WORDS.values())
    yield (
        """INSERT INTO inbox (
            key, conversation, sender, type, message_id, state, turn, event, raw, received_at)
        VALUES (?, ?, ?, 'message', ?, 'done', ?, ?, ?, ?)""",
        [turn, key, person, turn, turn, message, raw, at],
    )
    yield (
        """INSERT INTO turns (id, conversation, state, began_at, ended_at, question, reply, prompt, evidence)
        VALUES (?, ?, 'answered', ?, ?, ?, ?, ?, '{}')""",
        [turn, key, at, at, message, answer, message],
    )
    yield (
        """INSERT INTO outbox (id, turn, conversation, state, part, platform_id, recipient, body, created_at)
        VALUES (?, ?, ?, 'sent', 0, ?, 'null', ?, ?)""",
        [f"p{turn}", turn, key, turn, answer, at],
    )


def others(path: Path) -> str:
    """A hash over every row of everybody else; prompts of groups are left out, as they quote those before."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(path)) as database:
        for query in (
            "SELECT * FROM inbox WHERE sender LIKE 'terminal:t:p%' AND sender != 'terminal:t:p0' ORDER BY id",
            """SELECT id, conversation, state, question, reply, evidence FROM turns
            WHERE id LIKE 't%-%' AND id NOT LIKE 't0-%' ORDER BY seq""",
            "SELECT * FROM outbox WHERE turn LIKE 't%-%' AND turn NOT LIKE 't0-%' ORDER BY seq",
        ):
            for row in database.execute(query):
                digest.update(repr(row).encode())
    return digest.hexdigest()


async def measure(home: Path, secret: str) -> tuple[float, list[float], list[float], dict[str, object]]:
    """Seconds that the command takes, milliseconds per turn of others before and meanwhile, what it said."""
    path = home / "frontdesk.db"
    async with open_bench(path):
        pass  # makes the schema
    fill(path, KeyedSealer(Keys(SqliteVault(home / FILE), secret)) if secret else PlainSealer())
    before = others(path)
    async with open_bench(path, secret) as bench:
        quiet = await latencies(bench, 10 * RATE, RATE)
        started = time.perf_counter()
        meanwhile, said = await asyncio.gather(_load(bench), _command(home, secret))
        assert not any(CANARY.encode() in each.read_bytes() for each in home.rglob("*") if each.is_file())
    assert others(path) == before, "somebody else's rows changed"
    return said[0] - started, quiet, meanwhile, said[1]


async def _load(bench: Bench) -> list[float]:
    return await latencies(bench, 10 * RATE, RATE)


async def _command(home: Path, secret: str) -> tuple[float, dict[str, object]]:
    environment = os.environ | {"FRONTDESK_HOME": str(home), "FRONTDESK_SECRET_KEY": secret}
    command = "from bots.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", command, "privacy", "erase", "terminal:t:p0", "--yes", "--json"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return time.perf_counter(), json.loads(out)


async def main() -> None:
    """Measure and print the table."""
    table = Table(
        "kept", "seconds", "rows", "others: median, p99 ms", "meanwhile", title="Erasing one of 1,000 people"
    )
    for secret in ("", SECRET):
        with tempfile.TemporaryDirectory() as folder:
            seconds, quiet, meanwhile, said = await measure(Path(folder) / "home", secret)
        figures = [
            f"{statistics.median(each):.1f}, {percentile(each, 0.99):.1f}" for each in (quiet, meanwhile)
        ]
        table.add_row("encrypted" if secret else "in clear", f"{seconds:.1f}", str(said["rows"]), *figures)
    table.caption = f"100,000 messages; {RATE} turns a second of others meanwhile."
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
