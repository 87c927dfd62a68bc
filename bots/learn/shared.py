"""What the commands of `frontdesk learn` have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bots.store import opened_store
from core import settings
from core.learning import leaving
from core.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")


def home() -> Settings:
    """The settings, with the home folder made where it was missing."""
    configured = settings.load()
    settings.make_home(configured)
    return configured


async def gone(configured: Settings) -> set[str]:
    """Hashes of those who may not be learnt from any more."""
    async with opened_store(configured) as store:
        return await leaving.gone(store)


@contextmanager
def bar() -> Iterator[Progress]:
    """A bar on the standard error, with the time that is left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        yield shown
