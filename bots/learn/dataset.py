"""`frontdesk learn dataset`: what a model learns from."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bots.accounting import done_here
from bots.learn.shared import as_json
from bots.store import opened_store
from core import policy, settings
from core.clock import SystemClock
from core.language.pipeline import Pipeline
from core.learning import assembling, building, examples, exporting, leaving
from core.learning.assembling import Recipe
from core.learning.examples import Dataset
from core.privacy.audit import Action, AuditEntry
from core.settings import Settings


@click.group()
def dataset() -> None:
    """Build what a model learns from, and look at it."""


@dataset.command()
@click.argument("name")
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Also learn from this file (.jsonl or .csv); may be given several times.",
)
@click.option("--licence", "licences", multiple=True, help="Under which the files may be learnt from.")
@click.option("--no-feedback", is_flag=True, help="Learn from the files alone.")
@click.option(
    "--held-out",
    default=building.HELD_OUT,
    show_default=True,
    type=click.FloatRange(0, 0.9),
    help="Share of the people on whom a model is tried.",
)
@as_json
def build(
    name: str,
    sources: Sequence[Path],
    licences: Sequence[str],
    no_feedback: bool,
    held_out: float,
    as_json: bool,
) -> None:
    """Build the dataset NAME from reviewed answers and from files.

    The same examples give the same version, others a new one; what there is already never changes.
    """
    recipe = Recipe(
        name=name,
        system=policy.load().assistant.system_prompt,
        sources=sources,
        licences=licences,
        held_out=held_out,
        with_feedback=not no_feedback,
    )
    _report(asyncio.run(_built(settings.load(), recipe)), as_json)


@dataset.command("list")
@as_json
def list_datasets(as_json: bool) -> None:
    """Show the datasets.

    Each with how many people whose words are in it have withdrawn their consent since.
    """
    found = asyncio.run(_listed(settings.load()))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif found:
        Console().print(_table(found))
    else:
        click.echo("There is no dataset yet.")


@dataset.command()
@click.argument("reference")
@as_json
def show(reference: str, as_json: bool) -> None:
    """Show the card of the dataset REFERENCE."""
    configured = settings.load()
    found = examples.find(configured.home, reference)
    asyncio.run(_note(configured, done_here(Action.READ, f"dataset:{found.reference}")))
    _report(found, as_json)


@dataset.command()
@click.argument("reference")
@click.argument("form", type=click.Choice(sorted(exporting.FORMS)))
@click.option("--part", type=click.Choice(["train", "held-out"]), default="train", show_default=True)
def export(reference: str, form: str, part: str) -> None:
    """Print a part of the dataset REFERENCE as other tools read it."""
    configured = settings.load()
    found = examples.find(configured.home, reference)
    entry = done_here(Action.EXPORT, f"dataset:{found.reference}", detail=f"{part}, {form}")
    asyncio.run(_note(configured, entry))
    every = found.train() if part == "train" else found.held_out()
    click.echo(exporting.FORMS[form](every), nl=False)


@dataset.command()
@click.argument("reference")
def remove(reference: str) -> None:
    """Delete the dataset REFERENCE, and what was made of it.

    Trainings on it and answers to it that were compared go too. Models that learnt from it stay.
    """
    configured = settings.load()
    found = examples.find(configured.home, reference)
    asyncio.run(_note(configured, done_here(Action.ERASE, f"dataset:{found.reference}")))
    leaving.remove(configured.home, found)
    click.echo(f"{found.reference} is gone.")


async def _note(configured: Settings, entry: AuditEntry) -> None:
    async with opened_store(configured) as store:
        await store.audit.record(entry)


async def _built(configured: Settings, recipe: Recipe) -> Dataset:
    clock, pipeline = SystemClock(), Pipeline()
    try:
        async with opened_store(configured, clock) as store:
            made = await assembling.build(recipe, configured.home, store, pipeline, clock.now())
            await store.audit.record(done_here(Action.CHANGE, f"dataset:{made.reference}", detail="built"))
            return made
    finally:
        await pipeline.close()


async def _listed(configured: Settings) -> list[dict[str, object]]:
    async with opened_store(configured) as store:
        found = await assembling.listed(configured.home, store)
    return [
        {
            "dataset": each.reference,
            "train": each.train,
            "held_out": each.held_out,
            "made_at": each.made_at,
            "withdrawn": each.withdrawn,
        }
        for each in found
    ]


def _table(found: Sequence[dict[str, object]]) -> Table:
    table = Table("Dataset", "Train", "Held out", "Made", "People who withdrew")
    for row in found:
        table.add_row(*(str(row[name]) for name in ("dataset", "train", "held_out", "made_at", "withdrawn")))
    return table


def _report(found: Dataset, as_json: bool) -> None:
    card = {"dataset": found.reference, **found.card}
    if as_json:
        click.echo(json.dumps(card, indent=2, ensure_ascii=False))
        return
    table = Table(show_header=False)
    for name, value in card.items():
        shown = len(value) if name == "people" and isinstance(value, list) else value
        table.add_row(name.replace("_", " "), json.dumps(shown, ensure_ascii=False).strip('"'))
    Console().print(table)
