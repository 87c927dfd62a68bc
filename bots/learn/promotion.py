"""`frontdesk learn promote`, `rollback`, `status` and `lineage`: which model answers, and why."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bots.accounting import accounting, done_here
from bots.learn.shared import as_json, gone, home
from bots.store import opened_store
from core import policy
from core.clock import SystemClock
from core.engine.shelf import ACTIVE, Canary, Shelf, ShelvedModel
from core.errors import ModelError
from core.learning import leaving, lineage, promotion
from core.learning.canary import told, weighed
from core.learning.evaluation import report
from core.learning.promotion import Promotion
from core.learning.sequential import Evidence
from core.learning_policy import Gates
from core.privacy.audit import Action, AuditEntry
from core.settings import Settings


@click.command()
@click.argument("candidate")
@click.option("--despite", is_flag=True, help="Promote it whatever the gates say; that is written down.")
@click.option(
    "--canary", type=click.IntRange(1, 50), help="Per cent of the conversations it answers at first."
)
@as_json
def promote(candidate: str, despite: bool, canary: int | None, as_json: bool) -> None:
    """Let CANDIDATE answer people, if its evaluation passed.

    It must have been compared with the model that answers now. A running service takes it up within seconds,
    and takes a canary back by itself when it does worse.
    """
    configured, gates = home(), policy.load().learning.gates
    shelf = Shelf(configured.home)
    share = canary / 100 if canary else None
    found = shelf.find(candidate)
    detail = f"{canary} % of the conversations" if canary else "despite its gates" if despite else ""
    entry = done_here(Action.PROMOTE, f"model:{found.reference}", detail=detail)
    promoting = partial(promotion.promote, configured.home, shelf, found, gates, despite=despite, share=share)
    made = asyncio.run(_accounted(configured, entry, promoting))
    _report_promotion(made, configured, as_json)


@click.command()
@as_json
def rollback(as_json: bool) -> None:
    """Take the canary back, or go back to the model before."""
    configured = home()
    entry = done_here(Action.ROLL_BACK, "models")
    rolling_back = partial(promotion.rollback, configured.home, Shelf(configured.home))
    made = asyncio.run(_accounted(configured, entry, rolling_back))
    _report_promotion(made, configured, as_json)


@click.command()
@as_json
def status(as_json: bool) -> None:
    """Show which model answers, and what the others have proved."""
    configured, gates = home(), policy.load().learning.gates
    shelf = Shelf(configured.home)
    left = asyncio.run(gone(configured))
    states = [_state(configured.home, shelf, model, gates, left) for model in _trained(shelf)]
    past = promotion.history(configured.home)
    if as_json:
        report = {
            "active": shelf.active(),
            "canary": asdict(canary) if (canary := shelf.canary()) else None,
            "candidates": states,
            "history": [_as_told(each) for each in past],
        }
        click.echo(json.dumps(report, indent=2))
        return
    click.echo(f"{shelf.active() or 'No model'} answers.")
    if canary := shelf.canary():
        evidence = asyncio.run(_weighed(configured, canary))
        click.echo(f"{canary.reference} answers {canary.share:.0%} of the conversations.")
        click.echo(told(evidence) if evidence else "Nothing is known of it yet.")
    table = Table("Model", "Learnt from", "Trained", "State", "People who left since")
    for state in states:
        table.add_row(*(str(state[key]) for key in ("model", "dataset", "created", "state", "left")))
    Console().print(table)
    for each in past:
        despite = ", despite its gates" if each.despite else ""
        click.echo(
            f"{each.at:%Y-%m-%d %H:%M} {each.action}: {each.before or 'none'} to {each.model}{despite}"
        )


@click.command("lineage")
@click.argument("what", default=ACTIVE)
@as_json
def show_lineage(what: str, as_json: bool) -> None:
    """Show what a model was made of, and how.

    WHAT is a model; or an answer, by the id that `frontdesk learn review list` shows: then it is the model
    that wrote it; or a dataset, as NAME@HASH: then it is every model that learnt from it.
    """
    configured = home()
    shelf = Shelf(configured.home)
    records = lineage.trained_on(shelf, what)
    if not records:
        writer = asyncio.run(_writer(configured, what))
        records = [_lineage(shelf.find(writer or what))]
    left = asyncio.run(gone(configured))
    for record in records:
        took_over = [each for each in promotion.history(configured.home) if each.model == record.model]
        if as_json:
            click.echo(json.dumps(_traced(configured.home, record, took_over, left), indent=2))
        else:
            _show_lineage(configured.home, record, took_over, left)


async def _accounted(configured: Settings, entry: AuditEntry, deed: Callable[[], Promotion]) -> Promotion:
    async with accounting(configured, entry):
        return await asyncio.to_thread(deed)


async def _writer(configured: Settings, answer: str) -> str:
    """The model that wrote an answer; empty where there is no such answer."""
    async with opened_store(configured) as store:
        return await store.history.model_of(answer)


async def _weighed(configured: Settings, canary: Canary) -> Evidence | None:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        return await weighed(configured.home, canary, store.history, clock)


def _trained(shelf: Shelf) -> list[ShelvedModel]:
    return [model for model in shelf.models() if lineage.of(model) is not None]


def _lineage(model: ShelvedModel) -> lineage.Lineage:
    record = lineage.of(model)
    if record is None:
        raise ModelError(f"{model.reference} was not trained here: it comes from {model.manifest.source}")
    return record


def _state(
    home: Path, shelf: Shelf, model: ShelvedModel, gates: Gates, gone: Collection[str]
) -> dict[str, object]:
    record, serving = _lineage(model), shelf.active() or ""
    against = promotion.newest(report.of(home, model.reference), serving)
    reasons = promotion.objections(model.reference, serving, against, gates)
    state = "may serve" if not reasons else "refused by its gates" if against else "not evaluated"
    if model.reference == serving:
        state, reasons = "answers", []
    return {
        "model": model.reference,
        "dataset": record.dataset,
        "created": f"{record.created:%Y-%m-%d %H:%M}",
        "state": state,
        "left": leaving.left(home, record, gone),
        "reasons": reasons,
    }


def _report_promotion(made: Promotion, configured: Settings, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_as_told(made), indent=2))
        return
    for reason in made.despite:
        click.echo(f"Despite: {reason}")
    match made.action:
        case "canary":
            click.echo(
                f"{made.model} answers a share of the conversations; {made.before} answers the others."
            )
        case _:
            click.echo(f"{made.model} answers from now on; {made.before or 'none'} did before.")
    if configured.model != ACTIVE:
        click.echo(f"But FRONTDESK_MODEL pins {configured.model}: set it to {ACTIVE} to follow promotions.")


def _as_told(made: Promotion) -> dict[str, object]:
    return {**asdict(made), "at": made.at.isoformat(timespec="seconds")}


def _traced(
    home: Path, record: lineage.Lineage, took_over: list[Promotion], gone: Collection[str]
) -> dict[str, object]:
    told = {**asdict(record), "created": record.created.isoformat(timespec="seconds")}
    return told | {
        "people": len(leaving.people_behind(home, record)),
        "left": leaving.left(home, record, gone),
        "promotions": [_as_told(each) for each in took_over],
    }


def _show_lineage(
    home: Path, record: lineage.Lineage, took_over: list[Promotion], gone: Collection[str]
) -> None:
    packages = ", ".join(f"{name} {version}" for name, version in record.packages.items())
    parameters = ", ".join(f"{name} {value}" for name, value in asdict(record.parameters).items())
    people, left = leaving.people_behind(home, record), leaving.left(home, record, gone)
    rows = [
        ("dataset", f"{record.dataset}: {record.examples} examples, {record.left_out} left out"),
        ("people", f"{len(people)}, of whom {left} left since"),
        ("base", f"{record.base}, weights sha256:{record.weights_sha256}"),
        ("parameters", parameters),
        ("loss", f"{record.curve[0].loss:.3f} to {record.curve[-1].loss:.3f} in {len(record.curve)} steps"),
        ("packages", packages),
        ("run", record.run),
        *((f"{each.at:%Y-%m-%d %H:%M}", f"{each.action}: before it {each.before}") for each in took_over),
    ]
    table = Table(title=record.model, title_justify="left", show_header=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
