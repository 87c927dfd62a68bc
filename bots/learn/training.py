"""`frontdesk learn train`."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console

from bots.learn.shared import as_json, bar, gone, home
from bots.model_commands import fetching
from core.engine import provision
from core.engine.manifest import Kind
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel, check_kind, check_name
from core.errors import TrainingError
from core.learning import examples, leaving, lineage
from core.learning.training import candidate as candidates
from core.learning.training import run
from core.learning.training.events import Ended, Estimated, Stepped
from core.learning.training.plan import Limits, Parameters

DEFAULTS, LIMITS = Parameters(), Limits.default()


@click.command()
@click.argument("dataset")
@click.option("--base", help="The model to begin from; by default the one that answers, or its own base.")
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The GGUF file the base was converted from; those of the catalogue are fetched.",
)
@click.option("--name", help="What the model is to be called; by default BASE-DATASET.")
@click.option("--epochs", type=click.IntRange(1), default=DEFAULTS.epochs, show_default=True)
@click.option("--learning-rate", type=click.FloatRange(0, 1, min_open=True), default=DEFAULTS.learning_rate)
@click.option("--rank", type=click.IntRange(1, 256), default=DEFAULTS.rank, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=DEFAULTS.batch, help="Examples a step.")
@click.option(
    "--beta",
    type=click.FloatRange(0),
    default=DEFAULTS.beta,
    show_default=True,
    help="How strongly preferences count; 0 learns better answers alone, in half the time.",
)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True)
@click.option(
    "--threads", type=click.IntRange(1), default=LIMITS.threads, help="Half of the cores by default."
)
@click.option("--memory", type=click.IntRange(1), default=LIMITS.memory_mb, help="MB; half of the machine's.")
@click.option("--hours", type=click.FloatRange(0), default=LIMITS.hours, help="Stop after so long.")
@click.option("--estimate", is_flag=True, help="Say how long it would take, and stop.")
@as_json
def train(
    dataset: str,
    base: str | None,
    weights: Path | None,
    name: str | None,
    epochs: int,
    learning_rate: float,
    rank: int,
    batch: int,
    beta: float,
    seed: int,
    threads: int,
    memory: int,
    hours: float,
    estimate: bool,
    as_json: bool,
) -> None:
    """Train a candidate on DATASET, and put it on the shelf.

    DATASET is NAME or NAME@HASH; one that holds words of people who withdrew is refused. Nobody is answered
    by the candidate until it is promoted. What was interrupted goes on where it stopped when the same command
    is given again.
    """
    configured = home()
    shelf = Shelf(configured.home)
    learnt = examples.find(configured.home, dataset)
    leaving.check(learnt, asyncio.run(gone(configured)))
    origin = _base(shelf, base)
    called = _name(name, origin, learnt)
    with fetching(shelf) as progress:
        file = weights or provision.weights_of(origin, shelf, progress)
    prepared = run.prepare(
        configured.home,
        learnt,
        origin,
        file,
        Parameters(
            epochs=epochs,
            learning_rate=learning_rate,
            rank=rank,
            alpha=2 * rank,
            batch=batch,
            beta=beta,
            seed=seed,
        ),
        Limits(threads=threads, memory_mb=memory, hours=hours),
    )
    estimated, ended = _followed(prepared, estimate_only=estimate)
    if ended.reason != "trained":
        _report_unfinished(estimated, ended, as_json)
        return
    with Console(stderr=True).status("Merging, converting and comparing"):
        model, record = candidates.shelve(prepared, estimated, ended, shelf, called)
    _report_trained(model, record, ended, learnt, as_json)


def _base(shelf: Shelf, reference: str | None) -> ShelvedModel:
    """Always one that was not trained here: what is learnt twice over drifts away."""
    found = shelf.find(reference or ACTIVE)
    check_kind(found, Kind.CHAT)
    record = lineage.of(found)
    return shelf.find(record.base) if record else found


def _name(wanted: str | None, base: ShelvedModel, dataset: examples.Dataset) -> str:
    """A base's own name means its newest version, which a candidate must not become."""
    name = wanted or f"{base.manifest.name}-{dataset.reference.partition('@')[0]}"
    check_name(name)
    if name == base.manifest.name:
        raise TrainingError(f"--name {name} is the base's own: whoever names it means the base")
    return name


def _followed(prepared: run.Run, *, estimate_only: bool) -> tuple[Estimated, Ended]:
    """Train with a bar; what it told first and last."""
    estimated, ended = None, None
    with bar() as shown:
        task = shown.add_task("Loading", total=None)
        for event in run.train(prepared, estimate_only=estimate_only):
            match event:
                case Estimated():
                    estimated = event
                    shown.console.print(_foretold(prepared, event))
                    shown.update(task, description="Training", total=event.steps, completed=event.done)
                case Stepped(step=step, loss=loss):
                    shown.update(task, description=f"Training, loss {loss:.3f}", completed=step)
                case Ended():
                    ended = event
    if estimated is None or ended is None:
        raise TrainingError
    return estimated, ended


def _foretold(prepared: run.Run, event: Estimated) -> str:
    limits = prepared.job.limits
    threads = "1 thread" if limits.threads == 1 else f"{limits.threads} threads"
    left_out = f", {prepared.left_out} too long and left out" if prepared.left_out else ""
    resumed = f", {event.done} done before" if event.done else ""
    text = (
        f"{prepared.examples} examples{left_out}; {event.steps} steps{resumed}; about "
        f"{_time(event.seconds)} at {event.tokens_per_second:.0f} tokens/s on {threads} in {event.precision}"
    )
    if event.seconds > 3600 * limits.hours:
        text += f". It stops after {limits.hours:g} hours: give the command again to go on"
    return text


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _report_unfinished(estimated: Estimated, ended: Ended, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(
                {"ended": ended.reason, "seconds": estimated.seconds, "steps": estimated.steps}, indent=2
            )
        )
    elif ended.reason == "time":
        click.echo("The time is up. Give the same command again to go on.")
    else:
        click.echo(f"It would take about {_time(estimated.seconds)}.")


def _report_trained(
    model: ShelvedModel, record: lineage.Lineage, ended: Ended, dataset: examples.Dataset, as_json: bool
) -> None:
    if as_json:
        first, last = record.curve[0].loss, record.curve[-1].loss
        told = {
            "ended": ended.reason,
            "model": model.reference,
            "dataset": record.dataset,
            "base": record.base,
            "run": record.run,
            "loss": {"first": first, "last": last},
            "divergence": record.fidelity.divergence,
            "peak_megabytes": ended.peak_megabytes,
        }
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(
        f"{model.reference} is on the shelf: loss {record.curve[0].loss:.3f} to {record.curve[-1].loss:.3f}, "
        f"{ended.peak_megabytes:.0f} MB at most, int8 within {record.fidelity.divergence:.3f} nats.\n"
        f"Next: frontdesk learn evaluate {model.reference} {dataset.reference}"
    )
