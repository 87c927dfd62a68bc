"""`frontdesk learn figures`: for data scientists."""

import json
from pathlib import Path

import click

from bots.learn.shared import as_json
from bots.store import looked_into
from core import settings
from core.learning.figures import as_parquet, as_sqlite, read


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--parquet", is_flag=True, help="As Parquet rather than SQLite; needs the extra `science`.")
@as_json
def figures(folder: Path, parquet: bool, as_json: bool) -> None:
    """Write figures of answers, tickets, gaps and consents to FOLDER.

    They tell neither who it was nor what they said.
    """
    write = as_parquet if parquet else as_sqlite
    files = write(looked_into(settings.load(), read), folder)
    if as_json:
        click.echo(json.dumps([str(each) for each in files], indent=2))
        return
    for each in files:
        click.echo(each)
