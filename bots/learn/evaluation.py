"""`frontdesk learn evaluate`."""

import asyncio
import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bots.learn.shared import as_json, bar, home
from core import policy
from core.engine.device import Device
from core.engine.local import open_engine
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.errors import TrainingError
from core.learning import examples, lineage
from core.learning.evaluation import comparing, measuring, plots, report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import Gated, Verdict, judge


@click.command()
@click.argument("candidate")
@click.argument("dataset")
@click.option("--against", default=ACTIVE, help="The model to compare with; by default the one that answers.")
@as_json
def evaluate(candidate: str, dataset: str, against: str, as_json: bool) -> None:
    """Try CANDIDATE on DATASET against the model that answers.

    Only what the dataset holds out is used. The gates of frontdesk.yaml give the verdict. A page with plots
    is written beside the figures.
    """
    configured, gates = home(), policy.load().learning.gates
    shelf = Shelf(configured.home)
    held_out = examples.find(configured.home, dataset)
    serving, tried = shelf.find(against), shelf.find(candidate)
    if serving.reference == tried.reference:
        raise TrainingError(f"{tried.reference} is the model that answers: there is nothing to compare")
    with bar() as shown:
        ours = asyncio.run(_measured(serving, configured.device, held_out, shown))
        theirs = asyncio.run(_measured(tried, configured.device, held_out, shown))
    comparison = comparing.compare(held_out.reference, ours, theirs)
    verdict = judge(comparison, gates)
    record, page = report.save(configured.home, comparison, verdict, lineage.of(tried))
    if as_json:
        told = {
            "passed": verdict.passed,
            "reasons": verdict.reasons,
            "measures": [_measured_as(each) for each in verdict.gated],
            "report": str(record),
            "page": str(page),
        }
        click.echo(json.dumps(told, indent=2))
        return
    Console().print(_table(comparison, verdict))
    click.echo(_said(verdict, tried.reference))
    click.echo(f"The whole report: {page}")


async def _measured(
    model: ShelvedModel, device: Device, dataset: examples.Dataset, shown: Progress
) -> measuring.Measured:
    task = shown.add_task(model.reference, total=None)
    engine = await open_engine(model, device)
    try:
        return await measuring.measure(
            engine, model.size, dataset, lambda done, total: shown.update(task, completed=done, total=total)
        )
    finally:
        await engine.close()


def _measured_as(gated: Gated) -> dict[str, object]:
    return {**asdict(gated.measure), "limit": gated.limit, "passed": gated.passed}


def _table(comparison: Comparison, verdict: Verdict) -> Table:
    table = Table("Measure", "Serving", "Candidate", "Change, 95 % interval", "Gate")
    table.title, table.title_justify = f"{comparison.candidate} against {comparison.serving}", "left"
    for each, change in zip(verdict.gated, plots.changes(verdict), strict=True):
        measure = each.measure
        both = (measure.serving, measure.candidate)
        texts = [f"{value:.2f}" if measure.ratio else f"{value:.0%}" for value in both]
        state = "[green]passed" if each.passed else "[red]failed"
        table.add_row(change.title, *texts, change.text, f"{change.limit_text} {state}")
    return table


def _said(verdict: Verdict, candidate: str) -> str:
    if verdict.passed:
        return f"It may serve people: frontdesk learn promote {candidate}"
    return "\n".join(["It may not serve people.", *verdict.reasons])
