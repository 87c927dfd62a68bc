"""`frontdesk learn dataset`: what a model learns from."""

import asyncio
import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bots.store import opened_store
from core import policy, settings
from core.clock import SystemClock
from core.errors import DatasetError
from core.language.pipeline import Pipeline
from core.learning import building, examples, exporting, files, gathering
from core.learning.examples import Dataset, Example
from core.settings import Settings
from core.store.ports import Store

SALT = "learning.salt"
"""Under which the cabinet keeps what people are hashed with."""


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
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
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
    made = asyncio.run(
        _built(settings.load(), name, sources, licences, held_out, with_feedback=not no_feedback)
    )
    _report(made, as_json)


@dataset.command("list")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
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
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def show(reference: str, as_json: bool) -> None:
    """Show the card of the dataset REFERENCE."""
    _report(examples.find(settings.load().home, reference), as_json)


@dataset.command()
@click.argument("reference")
@click.argument("form", type=click.Choice(sorted(exporting.FORMS)))
@click.option("--part", type=click.Choice(["train", "held-out"]), default="train", show_default=True)
def export(reference: str, form: str, part: str) -> None:
    """Print a part of the dataset REFERENCE as other tools read it."""
    found = examples.find(settings.load().home, reference)
    every = found.train() if part == "train" else found.held_out()
    click.echo(exporting.FORMS[form](every), nl=False)


@dataset.command()
@click.argument("reference")
def remove(reference: str) -> None:
    """Delete the dataset REFERENCE. Models that learnt from it stay."""
    found = examples.find(settings.load().home, reference)
    shutil.rmtree(found.folder)
    click.echo(f"{found.reference} is gone.")


async def _built(
    configured: Settings,
    name: str,
    sources: Sequence[Path],
    licences: Sequence[str],
    held_out: float,
    *,
    with_feedback: bool,
) -> Dataset:
    system = policy.load().assistant.system_prompt
    every = [each for path in sources for each in await asyncio.to_thread(files.load, path, system)]
    people: set[str] = set()
    withheld = 0
    if with_feedback:
        async with opened_store(configured) as store:
            feedback, people, withheld = await _feedback(store, system)
            every += feedback
    if not every:
        raise DatasetError(
            "There is nothing to learn from: review answers with `frontdesk learn review`, or bring a file "
            "with --from."
        )
    parts = building.part(every, held_out)
    made_at = SystemClock().now().isoformat(timespec="seconds")
    card = building.card(parts, people=people, licences=licences, withheld=withheld, made_at=made_at)
    return await asyncio.to_thread(
        examples.add, configured.home, name, train=parts.train, held_out=parts.held_out, card=card
    )


async def _feedback(store: Store, system: str) -> tuple[list[Example], set[str], int]:
    """Examples of the reviewed answers, hashes of their people, and how many answers were withheld."""
    lessons = [each for each in await store.lessons.judged() if gathering.is_taught(each)]
    salt = await _salt(store)
    pipeline = Pipeline()
    try:
        gathered = await gathering.gather(lessons, system, pipeline, salt)
    finally:
        await pipeline.close()
    people = {gathering.hashed(person, salt) for each in lessons for person in each.people}
    return gathered, people, await store.lessons.withheld()


async def _salt(store: Store) -> bytes:
    kept = await store.cabinet.get(SALT)
    if kept is None:
        kept = secrets.token_hex(16)
        await store.cabinet.put(SALT, kept)
    return bytes.fromhex(kept)


async def _listed(configured: Settings) -> list[dict[str, object]]:
    async with opened_store(configured) as store:
        salt = await _salt(store)
        gone = {gathering.hashed(person, salt) for person in await store.lessons.withdrawn()}
    return [_line(each, gone) for each in await asyncio.to_thread(examples.datasets, configured.home)]


def _line(found: Dataset, gone: set[str]) -> dict[str, object]:
    card = found.card
    counts, people = card.get("examples"), card.get("people")
    return {
        "dataset": found.reference,
        "train": counts.get("train") if isinstance(counts, dict) else None,
        "held_out": counts.get("held_out") if isinstance(counts, dict) else None,
        "made_at": card.get("made_at"),
        "withdrawn": len(gone & set(people)) if isinstance(people, list) else 0,
    }


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
