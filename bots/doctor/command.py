"""`frontdesk doctor`."""

import asyncio
import json
import logging
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bots.doctor.diagnosis import Reported, diagnose, is_well
from bots.doctor.finding import Level
from core import log
from core.privacy.detection.secrets import without_tokens

SIGNS = {
    Level.FINE: Text("✓", style="green"),
    Level.DOUBTFUL: Text("!", style="yellow"),
    Level.BROKEN: Text("✗", style="bold red"),
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def doctor(as_json: bool) -> None:
    """Check the set-up, and name each mend.

    Fails when something is broken. Nothing is changed, neither here nor on a platform.
    """
    if not logging.getLogger("bots").isEnabledFor(logging.DEBUG):
        log.setup(logging.WARNING)
    reported = asyncio.run(diagnose())
    if as_json:
        click.echo(json.dumps(_as_data(reported), indent=2, ensure_ascii=False))
    else:
        Console().print(_table(reported))
    if not is_well(reported):
        raise SystemExit(1)


def _as_data(reported: Sequence[Reported]) -> dict[str, object]:
    findings = [
        {
            "check": each.check,
            "level": str(each.finding.level),
            "sentence": without_tokens(each.finding.sentence),
            "mend": without_tokens(each.finding.mend),
        }
        for each in reported
    ]
    return {"ok": is_well(reported), "findings": findings}


def _table(reported: Sequence[Reported]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for each in reported:
        words = Text(without_tokens(each.finding.sentence))
        if each.finding.mend:
            words.append(f"\n→ {without_tokens(each.finding.mend)}", style="dim")
        table.add_row(SIGNS[each.finding.level], "" if each.check == before else each.check, words)
        before = each.check
    return table
