"""`frontdesk learn evaluate`, and `judge`: how a candidate does beside the model that answers."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bots.learn.shared import as_json, bar, gone, home
from core import policy
from core.engine.device import Device
from core.engine.local import open_engine
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.errors import TrainingError
from core.learning import examples, leaving, lineage
from core.learning.evaluation import comparing, judging, measuring, pairs, plots, report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import Gated, Verdict, judge, sight
from core.learning.evaluation.pairs import Judged, Match, Pair
from core.settings import Settings


@click.command()
@click.argument("candidate")
@click.argument("dataset")
@click.option("--against", default=ACTIVE, help="The model to compare with; by default the one that answers.")
@as_json
def evaluate(candidate: str, dataset: str, against: str, as_json: bool) -> None:
    """Try CANDIDATE on DATASET against the model that answers.

    Only what the dataset holds out is used, without what CANDIDATE learnt; a dataset that holds words of
    people who withdrew is refused. The gates of frontdesk.yaml give the verdict. A page with plots is written
    beside the figures.
    """
    configured, gates = home(), policy.load().learning.gates
    shelf = Shelf(configured.home)
    held_out = _found_dataset(configured, dataset)
    serving, tried = shelf.find(against), shelf.find(candidate)
    if serving.reference == tried.reference:
        raise TrainingError(f"{tried.reference} is the model that answers: there is nothing to compare")
    record = lineage.of(tried)
    learnt = lineage.learnt(configured.home, record)
    with bar() as shown:
        ours = asyncio.run(_measured(serving, configured.device, held_out, learnt, shown))
        theirs = asyncio.run(_measured(tried, configured.device, held_out, learnt, shown))
    comparison = comparing.compare(held_out.reference, ours, theirs)
    verdict = judge(comparison, gates)
    pairs.save(configured.home, _match(held_out, ours, theirs))
    figures, page = report.save(configured.home, comparison, verdict, record)
    if as_json:
        told = {
            "passed": verdict.passed,
            "reasons": verdict.reasons,
            "measures": [_measured_as(each) for each in verdict.gated],
            "report": str(figures),
            "page": str(page),
        }
        click.echo(json.dumps(told, indent=2))
        return
    Console().print(_table(comparison, verdict))
    click.echo("\n".join(sight(verdict)))
    click.echo(_said(verdict, tried.reference))
    click.echo(f"The whole report: {page}")


@click.command("judge")
@click.argument("candidate")
@click.argument("dataset")
@click.option(
    "--against", default=ACTIVE, help="What it was compared with; by default the model that answers."
)
@click.option("--by", default=ACTIVE, help="The model that judges; by default the one that answers.")
@as_json
def judge_pairs(candidate: str, dataset: str, against: str, by: str, as_json: bool) -> None:
    """Let a model judge the answers of two models.

    CANDIDATE and the other one must have been evaluated together on DATASET. Every pair is judged in both
    orders; what hangs on the order is the judge's bias, and is told beside what it says.
    """
    configured = home()
    shelf = Shelf(configured.home)
    three = (
        shelf.find(candidate).reference,
        shelf.find(against).reference,
        _found_dataset(configured, dataset).reference,
    )
    match = _found(configured.home, three)
    with bar() as shown:
        judged = asyncio.run(_judged(shelf.find(by), configured.device, match, shown))
    others = [each for each in match.judged if each.judge != judged.judge]
    pairs.save(configured.home, replace(match, judged=(*others, judged)))
    if as_json:
        click.echo(json.dumps(asdict(judged), indent=2))
        return
    click.echo(
        f"{judged.judge} finds {match.candidate} better {judged.wins} times, {match.serving} {judged.losses} "
        f"times, and {judged.torn} times whichever stands in one place.\n"
        f"Bias: it took the first answer {judged.first:.0%} of the time, and the longer {judged.longer:.0%}."
    )


def _found_dataset(configured: Settings, reference: str) -> examples.Dataset:
    """Nothing is tried, and no words are copied, of people who withdrew."""
    found = examples.find(configured.home, reference)
    leaving.check(found, asyncio.run(gone(configured)))
    return found


def _found(home: Path, three: tuple[str, str, str]) -> Match:
    for match in pairs.matches(home):
        if (match.candidate, match.serving, match.dataset) == three:
            return match
    candidate, serving, dataset = three
    raise TrainingError(
        f"{candidate} was not evaluated against {serving} on {dataset}: run `frontdesk learn evaluate` first"
    )


def _match(dataset: examples.Dataset, ours: measuring.Measured, theirs: measuring.Measured) -> Match:
    """What people can judge: the questions that both models answered differently."""
    questions = {each.id: each.messages[-1].text for each in dataset.held_out()}
    both = zip(theirs.tried, ours.answers, theirs.answers, strict=True)
    found = [
        Pair(id=each.id, question=questions[each.id], serving=one, candidate=other)
        for each, one, other in both
        if one.split() != other.split()
    ]
    return Match(
        candidate=theirs.model,
        serving=ours.model,
        dataset=dataset.reference,
        pairs=tuple(found[: pairs.MOST]),
    )


async def _judged(judge: ShelvedModel, device: Device, match: Match, shown: Progress) -> Judged:
    task = shown.add_task(judge.reference, total=len(match.pairs))
    engine = await open_engine(judge, device)
    try:
        return await judging.judge(
            engine, match.pairs, lambda done, total: shown.update(task, completed=done, total=total)
        )
    finally:
        await engine.close()


async def _measured(
    model: ShelvedModel, device: Device, dataset: examples.Dataset, learnt: Collection[str], shown: Progress
) -> measuring.Measured:
    task = shown.add_task(model.reference, total=None)
    engine = await open_engine(model, device)
    try:
        return await measuring.measure(
            engine,
            model.size,
            dataset,
            lambda done, total: shown.update(task, completed=done, total=total),
            learnt,
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
