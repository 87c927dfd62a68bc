"""`frontdesk desk`: the help desk in figures."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bots.store import opened_store
from core import policy, settings
from core.clock import SystemClock
from core.desk.report import report as figures


@click.group()
def desk() -> None:
    """The help desk."""


@desk.command()
@click.option("--days", default=28, show_default=True, type=click.IntRange(1, 3650), help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report(days: int, as_json: bool) -> None:
    """Tell how the help desk does, in figures.

    Times are medians, in opening time. Containment is the share of conversations that needed no person.
    """
    found = asyncio.run(_report(days))
    if as_json:
        click.echo(json.dumps({"days": days, **found}, indent=2))
    else:
        Console().print(_table(found))


async def _report(days: int) -> dict[str, Any]:
    configured, policies = settings.load(), policy.load()
    clock = SystemClock()
    begin = clock.now() - timedelta(days=days)
    hours = policies.desk.hours if policies.desk else None
    async with opened_store(configured, clock) as store:
        return figures(
            await store.tickets.since(begin),
            await store.tickets.contacts(begin),
            await store.tickets.verdicts(begin),
            hours,
        )


def _table(found: dict[str, Any]) -> Table:
    columns = {"all": found["all"], **found["platforms"], **found["weeks"]}
    table = Table("", *columns)
    for name in found["all"]:
        cells = [_cell(each[name]) for each in columns.values()]
        table.add_row(name.replace("_", " "), *cells)
    return table


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_cell(each)}" for name, each in value.items()) or "–"
    return "–" if value is None else str(value)
