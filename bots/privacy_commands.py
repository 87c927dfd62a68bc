"""`frontdesk privacy`: the keys to what people wrote."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adapters.web.files import WebFiles
from bots.accounting import done_here, login
from bots.audit_commands import audit
from bots.copies import Copies
from bots.egress_commands import egress
from bots.erasing import LOOK_SECONDS, erase_asked
from bots.knowledge import open_knowledge
from bots.retaining import retention
from bots.store import DATABASE, opened_keys, opened_store
from core import policy, settings
from core.clock import SystemClock
from core.errors import ConfigurationError
from core.learning import leaving
from core.policy import Policies
from core.privacy import register as processing
from core.privacy.audit import Action
from core.privacy.erasure import proof_of
from core.privacy.export import model as copy_model
from core.privacy.keys import Keys
from core.settings import SECRET_LENGTH, Settings
from core.store.sqlite.store import open_store

_MANY = 1000
"""Entries of the audit trail that are counted at most."""


@click.group()
def privacy() -> None:
    """See to what is kept of people."""


privacy.add_command(audit)
privacy.add_command(egress)


@privacy.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def register(as_json: bool) -> None:
    """Print the register of processing: what is kept, why, how long."""
    if as_json:
        places = {
            place: {name: asdict(record) for name, record in records.items()}
            for place, records in processing.PLACES.items()
        }
        click.echo(json.dumps(places, indent=2))
    else:
        click.echo(processing.markdown(), nl=False)


@privacy.command()
@click.argument("person")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("export.zip"),
    show_default=True,
    help="The file to write.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
def export(person: str, target: Path, as_json: bool) -> None:
    """Write a copy of all that is kept of PERSON (platform:tenant:id).

    A ZIP file: a page to read, JSON, and the files that they sent. Its schema is docs/export.schema.json.
    """
    configured = settings.load()
    if as_json:
        click.echo(json.dumps(asyncio.run(_document(configured, person)), ensure_ascii=False, indent=1))
        return
    target.touch(mode=0o600)
    target.write_bytes(asyncio.run(_copy(configured, person)))
    click.echo(f"{target} is written. Whoever has it reads everything: hand it over safely, then delete it.")


@privacy.command()
def schema() -> None:
    """Print the JSON schema of what `export --json` prints."""
    click.echo(json.dumps(asyncio.run(_schema()), indent=1))


@privacy.command()
@click.argument("person")
@click.option("--dry-run", is_flag=True, help="Only tell what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def erase(person: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Erase all that is kept of PERSON (platform:tenant:id).

    A running service goes on meanwhile. What stands in Slack or Telegram stays there, and models that learnt
    from the person stay; they are named.
    """
    configured = settings.load()
    found = asyncio.run(_found(configured, person))
    if not as_json or dry_run:
        _tell(found, as_json)
    if dry_run:
        return
    if not found["rows"]:
        raise ConfigurationError(
            f"Nothing is kept of {person}. A person is written platform:tenant:id, as the log names them."
        )
    if not yes:
        click.confirm("Erase it all? It cannot be undone.", abort=True, err=True)
    done = asyncio.run(_erased(configured, person))
    _tell(done, as_json)
    if copies := found["copies"]:
        click.echo(
            f"Copies that were made of it before ({copies}) are not among what is erased here: files of "
            "`frontdesk privacy export` are deleted by hand, wherever they were put.",
            err=True,
        )


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Only tell what is too old.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def retain(dry_run: bool, as_json: bool) -> None:
    """Delete what is older than frontdesk.yaml lets be kept.

    A running service does it by itself, every hour.
    """
    found = asyncio.run(_retained(settings.load(), policy.load(), dry_run))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif found:
        _tell(found, as_json=False)
    else:
        click.echo("Nothing is too old.")


@privacy.command()
def seal() -> None:
    """Encrypt what was kept in clear before there was a secret.

    What people wrote among others is encrypted with their own keys, too, where it was not yet. A running
    service goes on meanwhile.
    """
    configured = settings.load()
    _keys(configured).close()
    click.echo(f"{asyncio.run(_sealed(configured))} rows and files encrypted.")


@privacy.command()
def rotate() -> None:
    """Change the secret: wrap every key anew.

    Asks for the new secret, or takes what is piped in. Stop the service before, and set
    FRONTDESK_SECRET_KEY to the new one afterwards.
    """
    configured = settings.load()
    keys = _keys(configured)
    try:
        secret = _new_secret()
        asyncio.run(_note_rotation(configured))
        count = keys.rotate(secret)
    finally:
        keys.close()
    click.echo(f"{count} keys are wrapped anew. Set FRONTDESK_SECRET_KEY to the new secret now.")


async def _retained(configured: Settings, policies: Policies, dry_run: bool) -> dict[str, int]:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        kept = retention(configured, policies, store, clock)
        return dict(await kept.preview() if dry_run else await kept.sweep())


async def _schema() -> dict[str, object]:
    with TemporaryDirectory() as folder:
        async with open_store(Path(folder) / DATABASE, SystemClock()) as store:
            fields = await store.subjects.fields()
    return copy_model(tuple((table, tuple(columns)) for table, columns in fields)).model_json_schema()


async def _document(configured: Settings, person: str) -> dict[str, object]:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        await store.audit.record(done_here(Action.EXPORT, "copy", whose=person))
        return await Copies(configured, store, clock).document(person)


async def _copy(configured: Settings, person: str) -> bytes:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        await store.audit.record(done_here(Action.EXPORT, "copy", whose=person))
        return await Copies(configured, store, clock).packed(person)


async def _found(configured: Settings, person: str) -> dict[str, object]:
    """What is there of a person, in figures and ids."""
    async with opened_store(configured) as store:
        holdings = await store.subjects.holdings(person)
        learnt = await leaving.learnt_from(configured.home, store, person)
        copies = await store.audit.records(_MANY, action=Action.EXPORT, whose=person)
    return {
        "rows": holdings.rows,
        "conversations": list(holdings.own),
        "shared": list(holdings.shared),
        "tickets": list(holdings.tickets),
        "datasets": list(learnt.datasets),
        "models": list(learnt.models),
        "copies": len(copies),
    }


async def _erased(configured: Settings, person: str) -> dict[str, object]:
    async with opened_store(configured) as store:
        await store.subjects.ask(person, login())
        while any(each.person == person for each in await store.subjects.asked()):
            if not await erase_asked(configured, SystemClock()):  # the service is at it
                await asyncio.sleep(LOOK_SECONDS)
        proved = await store.subjects.proved(await proof_of(person, store.cabinet))
    return dict(proved[-1])


def _tell(found: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table(show_header=False)
    for name, value in found.items():
        shown = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
        table.add_row(name.replace("_", " "), str(shown))
    Console().print(table)


async def _note_rotation(configured: Settings) -> None:
    async with opened_store(configured) as store:
        await store.audit.record(done_here(Action.CHANGE, "keys", detail="rotate"))


def _new_secret() -> str:
    secret = getpass("New secret: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if len(secret) < SECRET_LENGTH:
        raise ConfigurationError(
            f"The new secret is shorter than {SECRET_LENGTH} characters: take what `openssl rand -base64 33` "
            "prints."
        )
    return secret


def _keys(configured: Settings) -> Keys:
    keys = opened_keys(configured)
    if keys is None:
        raise ConfigurationError(
            "Nothing is encrypted here: set FRONTDESK_SECRET_KEY, see docs/privacy.md, and start anew."
        )
    return keys


async def _sealed(configured: Settings) -> int:
    total = 0
    columns = (TextColumn("encrypted {task.completed} rows and files"), TimeElapsedColumn())
    async with opened_store(configured) as store:
        await store.audit.record(done_here(Action.CHANGE, "keys", detail="seal"))
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("")
            while done := await store.people.seal_anew():
                total += done
                progress.update(task, completed=total)
            files = WebFiles(configured.home / "widget", store.sealer)
            for place in await store.retention.places():
                total += await files.seal_clear(place.key)
                progress.update(task, completed=total)
            async with open_knowledge(configured) as knowledge:
                while done := await knowledge.library.seal_clear():
                    total += done
                    progress.update(task, completed=total)
                await knowledge.library.clear_log()
    return total
