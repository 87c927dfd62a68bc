"""`frontdesk privacy`: the keys to what people wrote."""

import asyncio
import sys
from getpass import getpass

import click
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from bots.store import opened_keys, opened_store
from core import settings
from core.errors import ConfigurationError
from core.privacy.keys import Keys
from core.settings import SECRET_LENGTH, Settings


@click.group()
def privacy() -> None:
    """See to what is kept of people."""


@privacy.command()
def seal() -> None:
    """Encrypt what was kept in clear before there was a secret.

    A running service goes on meanwhile.
    """
    configured = settings.load()
    _keys(configured).close()
    click.echo(f"{asyncio.run(_sealed(configured))} rows encrypted.")


@privacy.command()
def rotate() -> None:
    """Change the secret: wrap every key anew.

    Asks for the new secret, or takes what is piped in. Stop the service before, and set
    FRONTDESK_SECRET_KEY to the new one afterwards.
    """
    keys = _keys(settings.load())
    try:
        count = keys.rotate(_new_secret())
    finally:
        keys.close()
    click.echo(f"{count} keys are wrapped anew. Set FRONTDESK_SECRET_KEY to the new secret now.")


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
    columns = (TextColumn("encrypted {task.completed} rows"), TimeElapsedColumn())
    async with opened_store(configured) as store:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("")
            while done := await store.people.seal_clear():
                total += done
                progress.update(task, completed=total)
    return total
