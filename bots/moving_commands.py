"""`frontdesk migrate-store`: everything that is kept, moved between SQLite and Postgres."""

import asyncio
import json
from dataclasses import asdict
from typing import Literal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from bots import moving
from bots.accounting import done_here
from bots.knowledge import KNOWLEDGE
from bots.store import DATABASE, opened_store
from core import settings
from core.errors import ConfigurationError
from core.privacy.audit import Action
from core.privacy.vaults import FILE
from core.settings import Settings
from core.store.moving import PASSES, Fingerprint

Place = Literal["postgres", "sqlite"]
_NEXT = {
    "postgres": "All of it is in Postgres, and the same. Start the cores. Once you trust them, delete "
    f"{FILE}, {DATABASE} and {KNOWLEDGE} under FRONTDESK_HOME: what people have erased from now on still "
    "stands there.",
    "sqlite": "All of it is in SQLite, and the same. Empty FRONTDESK_DATABASE_URL and FRONTDESK_KEYS_URL, "
    "and start one core. Once you trust it, drop both databases: what people have erased from now on still "
    "stands there.",
}


@click.command(name="migrate-store")
@click.argument("target", type=click.Choice(["postgres", "sqlite"]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def migrate_store(target: Place, as_json: bool) -> None:
    """Move what is kept to another database.

    Copies messages, tickets, documents, the audit trail and all else, and the keys to them, between files
    under FRONTDESK_HOME and the databases of FRONTDESK_DATABASE_URL and FRONTDESK_KEYS_URL; compares every
    row. Stop every core before. What was broken off goes on where it was. Nothing is taken away.
    """
    found = asyncio.run(_moved(settings.load(), target))
    if as_json:
        click.echo(json.dumps({name: asdict(each) for name, each in found.items()}, indent=2))
        return
    shown = Table("table", "rows", "SHA-256, the same on both sides")
    for name, each in found.items():
        shown.add_row(name, f"{each.rows:,}", each.digest)
    Console().print(shown)
    click.echo(_NEXT[target])


async def _moved(configured: Settings, target: Place) -> dict[str, Fingerprint]:
    if configured.database_url is None:
        raise ConfigurationError("FRONTDESK_DATABASE_URL is missing: it names the Postgres database.")
    here = configured.apart(configured.home)
    old, new = (here, configured) if target == "postgres" else (configured, here)
    async with opened_store(old) as store:
        await store.audit.record(done_here(Action.CHANGE, "store", detail=f"move to {target}"))
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        async with moving.begun(old, new) as moves:
            total = PASSES * sum([await move.rows() for move in moves])
            task = progress.add_task("", total=total)

            def show(doing: str, rows: int) -> None:
                progress.update(task, description=doing, advance=rows)

            found: dict[str, Fingerprint] = {}
            for move in moves:
                found |= await move.run(show)
            for move in moves:
                await move.end()
            return found
