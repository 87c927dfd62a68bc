"""`frontdesk privacy audit`: who did what."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots.store import opened_store
from core import settings
from core.privacy.audit import Action, AuditRecord, Verified

SHOWN = 50


@click.command()
@click.option("--verify", is_flag=True, help="Go through the whole chain, and fail where it does not hold.")
@click.option("--head", default="", metavar="NUMBER:DIGEST", help="Given by --verify before: must be in it.")
@click.option("--action", type=click.Choice([str(each) for each in Action]), help="Only what was done so.")
@click.option("--by", "actor", default="", help="Only what this actor did.")
@click.option("--whose", default="", help="Only what concerned this person or conversation, by its key.")
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="Newest first.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def audit(
    verify: bool, head: str, action: str | None, actor: str, whose: str, limit: int, as_json: bool
) -> None:
    """Show who read, changed or erased what.

    Whose data it was is told as long as something of them is kept.
    """
    if verify or head:
        _report(asyncio.run(_verified(head)), as_json)
        return
    found = asyncio.run(_records(limit, Action(action) if action else None, actor, whose))
    if as_json:
        click.echo(json.dumps([_described(each) for each in found], indent=2, ensure_ascii=False))
    elif found:
        Console().print(_table(found))
    else:
        click.echo("Nothing was done yet that is accounted for.")


async def _verified(head: str) -> Verified:
    async with opened_store(settings.load()) as store:
        return await store.audit.verify(head)


async def _records(limit: int, action: Action | None, actor: str, whose: str) -> Sequence[AuditRecord]:
    async with opened_store(settings.load()) as store:
        return await store.audit.records(limit, action=action, actor=actor, whose=whose)


def _report(found: Verified, as_json: bool) -> None:
    if as_json:
        told = {"holds": not found.fault, "entries": found.count, "head": found.head, "fault": found.fault}
        click.echo(json.dumps(told, indent=2))
    elif not found.fault:
        click.echo(f"The trail holds: {found.count} entries, head {found.head}")
    if not found.fault:
        return
    if not as_json:
        click.echo(
            f"The trail does not hold. {found.fault}\nUp to {found.count} it does: {found.head}", err=True
        )
    raise SystemExit(1)


def _described(record: AuditRecord) -> dict[str, object]:
    entry = record.entry
    return {
        "number": record.number,
        "at": record.at.isoformat(timespec="seconds"),
        "actor": entry.actor,
        "action": entry.action,
        "end": entry.end,
        "subject": entry.subject,
        "whose": record.known or None,
        "whose_hash": entry.whose or None,
        "detail": entry.detail,
        "digest": record.digest,
    }


def _table(found: Sequence[AuditRecord]) -> Table:
    table = Table("No.", "When", "Who", "Did", "To what", "Whose", title="Audit trail", title_justify="left")
    for each in found:
        entry = each.entry
        deed = f"{entry.action}, {entry.end}" if entry.end == "refused" else str(entry.action)
        subject = f"{entry.subject} ({entry.detail})" if entry.detail else entry.subject
        whose = each.known or (f"#{entry.whose[:8]}" if entry.whose else "")
        row = (str(each.number), f"{each.at:%Y-%m-%d %H:%M:%S}", entry.actor, deed, subject, whose)
        table.add_row(*map(escape, row))
    return table
