"""`frontdesk delivery`: posts that could not be sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import click
from rich.console import Console
from rich.table import Table

from bots.accounting import done_here
from bots.store import opened_store
from core import settings
from core.errors import FrontdeskError
from core.privacy.audit import Action
from core.store.ports import Store
from core.store.records import DeadLetter


@click.group()
def delivery() -> None:
    """See to posts that no platform took."""


@delivery.command("list")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def list_letters(as_json: bool) -> None:
    """Show the dead letters.

    Each with where it should have gone, and why it did not.
    """
    letters = asyncio.run(_letters())
    if as_json:
        click.echo(json.dumps([_described(letter) for letter in letters], indent=2))
    elif letters:
        Console().print(_table(letters))
    else:
        click.echo("There are no dead letters.")


@delivery.command()
@click.argument("post_ids", metavar="ID...", nargs=-1, required=True)
def retry(post_ids: Sequence[str]) -> None:
    """Send dead letters anew. A running service takes them up within seconds, else the next one does."""
    asyncio.run(_retry(post_ids))
    click.echo(f"{len(post_ids)} to be sent anew.")


@delivery.command()
@click.argument("post_ids", metavar="ID...", nargs=-1, required=True)
def discard(post_ids: Sequence[str]) -> None:
    """Give dead letters up."""
    asyncio.run(_discard(post_ids))
    click.echo(f"{len(post_ids)} given up.")


async def _letters() -> Sequence[DeadLetter]:
    async with _store() as store:
        return await store.outbox.dead_letters()


async def _retry(post_ids: Sequence[str]) -> None:
    async with _store() as store:
        for post_id in post_ids:
            if not await store.outbox.revive(post_id):
                raise FrontdeskError(f"'{post_id}' is no dead letter, or its words were forgotten.")
            await store.audit.record(done_here(Action.CHANGE, f"post:{post_id}", detail="retry"))


async def _discard(post_ids: Sequence[str]) -> None:
    async with _store() as store:
        for post_id in post_ids:
            if not await store.outbox.discard(post_id):
                raise FrontdeskError(f"'{post_id}' is no dead letter: `frontdesk delivery list` shows them.")
            await store.audit.record(done_here(Action.CHANGE, f"post:{post_id}", detail="discard"))


@asynccontextmanager
async def _store() -> AsyncIterator[Store]:
    async with opened_store(settings.load()) as store:
        yield store


def _described(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.post_id,
        "turn": letter.turn_id,
        "conversation": letter.conversation,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "since": letter.created_at.isoformat(timespec="seconds"),
        "has_text": letter.has_text,
    }


def _table(letters: Sequence[DeadLetter]) -> Table:
    table = Table(
        "ID", "Conversation", "Since", "Attempts", "Why", title="Dead letters", title_justify="left"
    )
    for letter in letters:
        why = letter.reason if letter.has_text else f"{letter.reason} (its words were forgotten)"
        since = f"{letter.created_at:%Y-%m-%d %H:%M}"
        table.add_row(letter.post_id, letter.conversation, since, str(letter.attempts), why)
    return table
