"""`frontdesk kb add`, `kb list` and `kb remove`: the documents that the assistant knows."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bots.accounting import accounting, done_here
from bots.knowledge import configured_sources, open_ingestion, open_knowledge
from bots.model_commands import bring_encoder
from bots.run import opened_encoder
from bots.store import opened_store
from core import policy, settings
from core.errors import ConfigurationError, Unreadable
from core.knowledge import ingestion
from core.knowledge.ingestion import Ingestion, Report
from core.knowledge.passages import Source
from core.knowledge.ports import Library
from core.knowledge.sources import make_source
from core.policy import KnowledgeSection
from core.privacy.audit import Action

SHOWN = 20
"""Documents named one by one on a terminal; with --json, all are."""
WIDTH = 40
"""Characters of a document's name beside the bar."""

as_json = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")


@dataclass(frozen=True, kw_only=True)
class _Failed:
    """A source that could not be looked at."""

    source: str
    reason: str


@click.command()
@click.argument("locations", metavar="[PATH|URL]...", nargs=-1)
@click.option(
    "--name", default="", help="What the source is to be called; by default, as its folder or page."
)
@click.option(
    "--audience",
    multiple=True,
    metavar="PATTERN",
    help="Channels that may see it (platform:tenant:channel, * for anything), or a team; may be repeated.",
)
@click.option(
    "--watch/--no-watch", default=None, help="Look through it again and again while Frontdesk runs."
)
@as_json
def add(
    locations: Sequence[str], name: str, audience: Sequence[str], watch: bool | None, as_json: bool
) -> None:
    """Read documents, or read again what changed.

    Takes folders, files, pages and sitemaps. Without any, looks through all sources again, those of
    frontdesk.yaml included. What was read already is not read again: it may be broken off at any time.

    The first time, the sentence encoder is fetched (84 MB), unless FRONTDESK_ENCODER is none.
    """
    if name and len(locations) != 1:
        raise click.UsageError("--name goes with one PATH or URL.")
    configured, section = settings.load(), policy.load().knowledge
    settings.make_home(configured)
    bring_encoder(configured)
    results = asyncio.run(_add(configured, section, locations, name, audience, watch, as_json))
    if as_json:
        click.echo(json.dumps([_described(each) for each in results], indent=2, ensure_ascii=False))
    for result in results if not as_json else ():
        _show(result)
    if any(isinstance(each, _Failed) for each in results):
        raise SystemExit(1)


@click.command("list")
@as_json
def list_sources(as_json: bool) -> None:
    """Show the sources, and how much was read of each."""
    listed = asyncio.run(_list())
    if as_json:
        click.echo(json.dumps([_listed(*each) for each in listed], indent=2, ensure_ascii=False))
    elif listed:
        headings = ("Name", "Documents", "Watched", "Audience", "Location")
        table = Table(*headings, title="Sources", title_justify="left")
        for source, documents in listed:
            watched, audience = "yes" if source.watched else "", " ".join(source.audience)
            location = source.location or "brought in the chat"
            table.add_row(*map(escape, (source.name, str(documents), watched, audience, location)))
        Console().print(table)
    else:
        click.echo("There are no sources: `frontdesk kb add PATH` reads documents.")


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@as_json
def remove(names: Sequence[str], as_json: bool) -> None:
    """Forget sources with everything that was read from them."""
    asyncio.run(_remove(names))
    if as_json:
        click.echo(json.dumps({"removed": list(names)}))
    else:
        click.echo(f"{', '.join(names)}: forgotten.")


async def _add(
    configured: settings.Settings,
    section: KnowledgeSection,
    locations: Sequence[str],
    name: str,
    audience: Sequence[str],
    watch: bool | None,
    quiet: bool,
) -> Sequence[Report | _Failed]:
    subject = f"source:{name}" if name else "sources"
    detail = f"{len(locations)} added" if locations else "looked through"
    async with (
        accounting(configured, done_here(Action.CHANGE, subject, detail=detail)),
        opened_encoder(configured) as encoder,
        open_knowledge(configured, encoder) as knowledge,
        open_ingestion(knowledge.library, policy.Policies(knowledge=section)) as reading,
    ):
        library = knowledge.library
        chosen: Sequence[Source] = [
            await _entered(library, section, location, name, audience, watch) for location in locations
        ]
        chosen = chosen or await _all(library, section)
        results = [await _refresh(reading, source, quiet) for source in chosen]
        with _bar("vectors", quiet) as show:
            await library.embed(lambda done, total: show(done, total, ""))
    return results


async def _all(library: Library, section: KnowledgeSection) -> Sequence[Source]:
    for source in configured_sources(section):
        await library.add(source)
    return [each for each in await library.sources() if each.location]  # not files that people brought


async def _entered(
    library: Library,
    section: KnowledgeSection,
    location: str,
    name: str,
    audience: Sequence[str],
    watch: bool | None,
) -> Source:
    """The source of a location: entered, or with what was given anew."""
    known = [each for each in await library.sources() if not each.owner]
    source = make_source(
        location, name=name, audience=audience or ("*",), watched=bool(watch), teams=section.teams
    )
    before = next((each for each in known if each.location == source.location), None)
    if before is not None:
        source = Source(
            name=name or before.name,
            location=source.location,
            audience=source.audience if audience else before.audience,
            watched=before.watched if watch is None else watch,
        )
    taken = next((each for each in known if each.name == source.name), None)
    if taken is not None and taken.location != source.location:
        raise ConfigurationError(
            f"'{source.name}' is the name of another source ({taken.location}): give a --name."
        )
    if before is not None and before.name != source.name:
        raise ConfigurationError(
            f"{source.location} is the source '{before.name}' already: remove that to call it something else."
        )
    await library.add(source)
    return source


async def _refresh(reading: Ingestion, source: Source, quiet: bool) -> Report | _Failed:
    with _bar(source.name, quiet) as show:
        try:
            return await reading.refresh(source, show)
        except Unreadable as error:
            return _Failed(source=source.name, reason=f"{source.location} {error}")


async def _list() -> Sequence[tuple[Source, int]]:
    async with open_knowledge(settings.load()) as knowledge:
        sources = await knowledge.library.sources()
        return [(source, len(await knowledge.library.documents(source.name))) for source in sources]


async def _remove(names: Sequence[str]) -> None:
    configured = settings.load()
    async with open_knowledge(configured) as knowledge:
        known = [source.name for source in await knowledge.library.sources()]
        for name in names:
            if name not in known:
                raise ConfigurationError(
                    f"There is no source '{name}': there are {', '.join(known) or 'none'}."
                )
        async with opened_store(configured) as store:
            for name in names:
                await store.audit.record(done_here(Action.ERASE, f"source:{name}"))
                await knowledge.library.remove(name)


@contextmanager
def _bar(name: str, quiet: bool) -> Iterator[ingestion.Progress]:
    if quiet:
        yield lambda done, total, document: None
        return
    columns = (
        TextColumn("{task.fields[source]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[document]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None, source=name, document="")

        def show(done: int, total: int, document: str) -> None:
            bars.update(task, completed=done, total=total, document=document[-WIDTH:])

        yield show


def _show(result: Report | _Failed) -> None:
    console = Console(highlight=False)
    if isinstance(result, _Failed):
        console.print(f"{result.source}: {result.reason}", markup=False)
        return
    counts = [f"{result.read} read ({result.passages} passages)", f"{result.unchanged} unchanged"]
    counts += [f"{result.forgotten} forgotten"] if result.forgotten else []
    counts += [f"{result.duplicates} equal to another"] if result.duplicates else []
    console.print(f"{result.source}: {', '.join(counts)}.", markup=False)
    for title, troubles in (("Could not be read", result.unreadable), ("Left out of it", result.hidden)):
        if troubles:
            console.print(f"{title}: {len(troubles)}")
        for each in troubles[:SHOWN]:
            console.print(f"  {each.location} {each.reason}", markup=False)
        if len(troubles) > SHOWN:
            console.print(f"  and {len(troubles) - SHOWN} more; --json names all")
    if result.others:
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in result.others.most_common(8))
        console.print(f"Of kinds that are not read: {kinds}", markup=False)


def _described(result: Report | _Failed) -> dict[str, object]:
    if isinstance(result, _Failed):
        return {"source": result.source, "failed": result.reason}
    return {
        "source": result.source,
        "read": result.read,
        "unchanged": result.unchanged,
        "forgotten": result.forgotten,
        "duplicates": result.duplicates,
        "passages": result.passages,
        "unreadable": [{"document": each.location, "reason": each.reason} for each in result.unreadable],
        "hidden": [{"document": each.location, "reason": each.reason} for each in result.hidden],
        "other_kinds": dict(result.others),
    }


def _listed(source: Source, documents: int) -> dict[str, object]:
    return {
        "name": source.name,
        "location": source.location,
        "audience": list(source.audience),
        "watched": source.watched,
        "documents": documents,
    }
