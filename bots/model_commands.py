"""`frontdesk model`: the models on this machine and those there are."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from bots.accounting import accounting, done_here
from core import policy, settings
from core.engine import bench, download, provision
from core.engine.calibration import machine, search, setting
from core.engine.catalogue import (
    CATALOGUE,
    DEFAULT,
    ENCODERS,
    CatalogueEncoder,
    CatalogueModel,
    find_encoder,
)
from core.engine.local import open_engine
from core.engine.manifest import Kind
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel, check_kind
from core.errors import ModelError
from core.learning import promotion
from core.learning.evaluation import report
from core.media.speech_models import SPEECH_MODELS, SpeechModel, find_speech_model, pull_speech_model
from core.privacy.audit import Action
from core.settings import Settings

MEGABYTE = 1_000_000
BUSY = 0.5
"""Load per core from which on a calibration measures other programs too."""

as_json = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")


@click.group()
def model() -> None:
    """Fetch, convert and choose models."""


@model.command()
@click.argument("reference", default=DEFAULT)
@click.option("--again", is_flag=True, help="Fetch and convert it even where it is here already.")
@as_json
def pull(reference: str, again: bool, as_json: bool) -> None:
    """Fetch a model and convert it for CTranslate2.

    REFERENCE is a name of the catalogue (`frontdesk model list` shows it), or hf:OWNER/NAME or
    hf:OWNER/NAME/FILE.gguf of a model hub.
    """
    shelf = _shelf()
    with fetching(shelf) as progress:
        here = next((each for each in shelf.models() if each.manifest.name == reference), None)
        if here and not again:
            _report(here, "is here already", as_json)
            return
        if speech := find_speech_model(reference):
            pulled = pull_speech_model(speech, shelf, progress)
        else:
            pulled = provision.pull(reference, shelf, progress)
    _report(pulled, "is ready", as_json)


@model.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="What the model is to be called here.")
@as_json
def convert(path: Path, name: str, as_json: bool) -> None:
    """Convert a model that is on this machine.

    PATH is a GGUF file, a Hugging Face folder or a CTranslate2 folder; a sentence encoder is known by its
    1_Pooling folder, a reranker by its model.onnx.
    """
    with Console(stderr=True).status(f"Converting {path.name}"):
        converted = provision.convert(path, _shelf(), name=name)
    _report(converted, "is ready", as_json)


@model.command("list")
@as_json
def list_models(as_json: bool) -> None:
    """Show models here, and models to be had."""
    shelf = _shelf()
    if as_json:
        here = [_described(each, active=each.reference == shelf.active()) for each in shelf.models()]
        click.echo(
            json.dumps(
                {
                    "models": here,
                    "catalogue": [_offered(each) for each in CATALOGUE],
                    "encoders": [_offered_encoder(each) for each in ENCODERS],
                    "speech": [_offered_speech(each) for each in SPEECH_MODELS],
                },
                indent=2,
            )
        )
        return
    console = Console()
    console.print(_shelf_table(shelf))
    console.print(_catalogue_table())
    console.print(_encoders_table())
    console.print(_speech_table())


@model.command()
@click.argument("reference")
@as_json
def use(reference: str, as_json: bool) -> None:
    """Choose the model that answers.

    A running service takes it up within seconds. REFERENCE is NAME, NAME@VERSION, or `previous` for the one
    that was active before. No gate of quality or fairness is asked: `frontdesk learn promote` asks them.
    """
    shelf = _shelf()
    found, before = shelf.find(reference), shelf.active() or ""
    asyncio.run(_choose(shelf, found))
    _report(found, "is the active model now", as_json)
    if unproved := _unproved(settings.load().home, found, before):
        click.echo(f"No gate was asked, and it has not proved that it is better. {unproved}", err=True)


@model.command()
@click.argument("reference", default=ACTIVE)
@as_json
def calibrate(reference: str, as_json: bool) -> None:
    """Find how REFERENCE runs best on this machine.

    What it finds is kept for the next start. Takes a minute at most, in which nothing else should keep the
    machine busy; says what there was no time to try.
    """
    found = _shelf().find(reference)
    check_kind(found, Kind.CHAT)
    _warn_of_others()
    with _trials() as show:
        calibration, tried = search.calibrate(found.folder, show)
    setting.write(found.folder, calibration)
    if as_json:
        click.echo(json.dumps(_calibrated(found, calibration, tried), indent=2))
        return
    table = Table("Setting", "one chat s", "crowd tokens/s", title=found.reference, title_justify="left")
    for each in tried:
        table.add_row(str(each.setting), f"{each.alone:.2f}", f"{each.crowd:.0f}")
    Console().print(table)
    click.echo(calibration.reason)


@model.command("bench")
@click.argument("reference", default=ACTIVE)
@click.option("--seconds", default=20.0, show_default=True, help="For which each crowd asks.")
@click.option("--people", default=16, show_default=True, help="Who ask at once, at most.")
@as_json
def measure(reference: str, seconds: float, people: int, as_json: bool) -> None:
    """Measure how many people REFERENCE can serve.

    One person, then two, four and so on ask one question after another: docs/operate.md plans with it.
    """
    configured = settings.load()
    found = _shelf().find(reference)
    check_kind(found, Kind.CHAT)
    _warn_of_others()
    served = asyncio.run(_served(configured, found, seconds, people))
    if as_json:
        report = {"model": found.reference, "served": [asdict(each) for each in served]}
        click.echo(json.dumps(report, indent=2))
        return
    table = Table("People", "answers an hour", "tokens/s", "first token s", "95th percentile")
    for each in served:
        waits = (f"{each.first_token_median:.2f}", f"{each.first_token_p95:.2f}")
        table.add_row(str(each.people), str(each.answers_per_hour), f"{each.tokens_per_second:.0f}", *waits)
    Console().print(table)


async def _served(
    configured: Settings, found: ShelvedModel, seconds: float, people: int
) -> list[bench.Served]:
    engine = await open_engine(found, device=configured.device)
    try:
        await bench.serve(engine, 1, 0.0)  # the first answer takes longer
        return [await bench.serve(engine, each, seconds) for each in bench.crowds(people)]
    finally:
        await engine.close()


def _warn_of_others() -> None:
    if (load := os.getloadavg()[0]) > BUSY * machine.cores():
        click.echo(f"This machine is busy (load {load:.1f}): measure again when it is quiet.", err=True)


def bring_encoder(configured: Settings) -> None:
    """Fetch the configured sentence encoder where it is missing and the catalogue has it, with a bar.

    Where it cannot be had, a sentence says so: passages are then found by their words.
    """
    offer, shelf = find_encoder(configured.encoder), Shelf(configured.home)
    if offer is None or shelf.get(offer.name):
        return
    size = offer.download_bytes // MEGABYTE
    try:
        with fetching(shelf) as progress:
            if shelf.get(offer.name):
                return
            click.echo(f"Fetching {offer.name} ({size} MB), to find passages by what they mean.", err=True)
            provision.pull(offer.name, shelf, progress)
    except ModelError as error:
        click.echo(f"{error} Passages are found by their words until there is one.", err=True)


def _shelf() -> Shelf:
    configured = settings.load()
    settings.make_home(configured)
    return Shelf(configured.home)


@contextmanager
def fetching(shelf: Shelf) -> Iterator[download.Progress]:
    """Models are fetched onto the shelf by this process alone, with a bar for each thing."""

    def waiting() -> None:
        click.echo("Another process fetches models here: waiting for its end.", err=True)

    with shelf.fetching(waiting), download_progress() as progress:
        yield progress


@contextmanager
def download_progress() -> Iterator[download.Progress]:
    """A bar for each thing that is fetched."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield show


@contextmanager
def _trials() -> Iterator[search.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("")

        def show(done: int, total: int, what: str) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield show


def _calibrated(
    found: ShelvedModel, calibration: setting.Calibration, tried: Sequence[search.Tried]
) -> dict[str, object]:
    return {
        "model": found.reference,
        **asdict(calibration),
        "tried": [
            {"setting": asdict(each.setting), "one_chat_seconds": each.alone, "crowd": each.crowd}
            for each in tried
        ],
    }


def _unproved(home: Path, found: ShelvedModel, before: str) -> str:
    """What would have spoken against a model, had it been promoted; empty for who takes over from nobody."""
    if before in ("", found.reference):
        return ""
    against = promotion.newest(report.of(home, found.reference), before)
    return "\n".join(promotion.objections(found.reference, before, against, policy.load().learning.gates))


async def _choose(shelf: Shelf, found: ShelvedModel) -> None:
    entry = done_here(Action.PROMOTE, f"model:{found.reference}", detail="by hand")
    async with accounting(settings.load(), entry):
        shelf.use(found)


def _report(found: ShelvedModel, news: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_described(found), indent=2))
    else:
        click.echo(f"{found.reference} {news} ({found.size // MEGABYTE} MB, {found.folder})")


def _described(found: ShelvedModel, active: bool | None = None) -> dict[str, object]:
    manifest = found.manifest
    described: dict[str, object] = {
        "name": manifest.name,
        "version": manifest.version,
        "kind": str(manifest.facts.kind),
        "source": manifest.source,
        "licence": manifest.facts.licence,
        "quantisation": manifest.facts.quantisation,
        "context_length": manifest.facts.context_length,
        "bytes": found.size,
        "folder": str(found.folder),
    }
    return described if active is None else {**described, "active": active}


def _offered(offer: CatalogueModel) -> dict[str, object]:
    return {
        "name": offer.name,
        "summary": offer.summary,
        "sha256": offer.sha256,
        "download_bytes": offer.download_bytes,
        "memory_megabytes": offer.memory_megabytes,
        "tokens_per_second": offer.tokens_per_second,
        "languages": list(offer.languages),
        "licence": offer.licence,
    }


def _offered_encoder(offer: CatalogueEncoder) -> dict[str, object]:
    return {
        "name": offer.name,
        "kind": str(offer.kind),
        "summary": offer.summary,
        "files": dict(offer.files),
        "download_bytes": offer.download_bytes,
        "memory_megabytes": offer.memory_megabytes,
        "texts_per_second": offer.texts_per_second,
        "languages": list(offer.languages),
        "licence": offer.licence,
    }


def _offered_speech(offer: SpeechModel) -> dict[str, object]:
    return {
        "name": offer.name,
        "summary": offer.summary,
        "files": dict(offer.files),
        "download_bytes": offer.download_bytes,
        "memory_megabytes": offer.memory_megabytes,
        "real_time_factor": offer.real_time_factor,
        "languages": list(offer.languages),
        "licence": offer.licence,
    }


def _shelf_table(shelf: Shelf) -> Table:
    table = Table(
        "Model", "Version", "Kind", "MB", "Context", "Licence", "", title="Here", title_justify="left"
    )
    for found in shelf.models():
        facts = found.manifest.facts
        table.add_row(
            found.manifest.name,
            found.manifest.version,
            str(facts.kind),
            str(found.size // MEGABYTE),
            str(facts.context_length),
            facts.licence,
            "active" if found.reference == shelf.active() else "",
        )
    return table


def _catalogue_table() -> Table:
    table = _offers("To be had with `frontdesk model pull`", "tokens/s")
    for offer in CATALOGUE:
        _add_offer(table, offer, offer.tokens_per_second)
    return table


def _encoders_table() -> Table:
    table = _offers("Sentence encoders and rerankers, for finding passages", "texts/s")
    for offer in ENCODERS:
        _add_offer(table, offer, offer.texts_per_second)
    return table


def _speech_table() -> Table:
    table = _offers("Speech models, for recordings", "times as quick as speech")
    for offer in SPEECH_MODELS:
        _add_offer(table, offer, round(1 / offer.real_time_factor))
    return table


def _offers(title: str, speed: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("Model", "MB to fetch", "MB memory", speed):
        table.add_column(heading, no_wrap=True)
    table.add_column("What it is")
    return table


def _add_offer(table: Table, offer: CatalogueModel | CatalogueEncoder | SpeechModel, speed: int) -> None:
    table.add_row(
        offer.name,
        str(offer.download_bytes // MEGABYTE),
        str(offer.memory_megabytes),
        str(speed),
        f"{offer.summary}. {', '.join(offer.languages)}; {offer.licence}",
    )
