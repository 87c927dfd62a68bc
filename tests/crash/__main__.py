"""The long form: `python -m tests.crash`; `make crash` runs it."""

import asyncio
import sys
import time
from pathlib import Path
from random import Random

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.crash.builds import BLIND, HASTY, SOUND
from tests.crash.fleet import Part
from tests.crash.round import (
    AT_RANDOM,
    FLEET_POINTS,
    POINTS,
    WORKER_POINTS,
    Plan,
    play,
)
from tests.crash.verdict import AFTER_ALL, Verdict, Wrong

ROUND = 1250
"""Questions per round."""
NOTES = 20
"""Findings printed in full."""
OF_FLEET = (*FLEET_POINTS, *WORKER_POINTS, *Part)
PROOF = 20
"""Promises that a broken build must break."""


def plans(
    *,
    messages: int,
    kills: int,
    seed: int,
    build: str,
    keep: Path | None,
    size: int = ROUND,
    desk: bool = False,
    fleet: bool = False,
) -> list[Plan]:
    """Rounds that make up so many messages and kills together, every other one over HTTP."""
    random = Random(seed)
    rounds = max(2, -(-messages // size))
    points = [*POINTS, AT_RANDOM, *(OF_FLEET if fleet else ())]
    deaths = [points[number % len(points)] for number in range(kills)]
    random.shuffle(deaths)
    return [
        Plan(
            seed=random.randrange(2**32),
            messages=-(-messages // rounds),
            kills=tuple(deaths[number::rounds]),
            over_http=number % 2 == 1,
            build=build,
            keep=keep,
            desk=desk,
            fleet=fleet,
        )
        for number in range(rounds)
    ]


async def campaign(rounds: list[Plan], console: Console) -> Verdict:
    """Play all rounds, with a progress bar."""
    whole = Verdict()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bars:
        asked = bars.add_task("answered", total=sum(plan.messages for plan in rounds))
        killed = bars.add_task("killed", total=sum(len(plan.kills) for plan in rounds))
        for plan in rounds:
            before = (whole.asked, whole.all_kills)

            def tell(answers: int, kills: int, before: tuple[int, int] = before) -> None:
                bars.update(asked, completed=before[0] + answers)
                bars.update(killed, completed=before[1] + kills)

            whole.add(await play(plan, tell))
    return whole


def table(verdict: Verdict, title: str) -> Table:
    """Every finding by the point at which the service had died."""
    shown = Table("killed at", "kills", *Wrong, "back after s", "caught up after s", title=title)
    for column in shown.columns[1:]:
        column.justify = "right"
    for point in (*POINTS, AT_RANDOM, *OF_FLEET, AFTER_ALL):
        found = [verdict.wrong[kind].get(point, 0) for kind in Wrong]
        if verdict.kills.get(point) or any(found):
            times = [
                f"{each[point]:.1f}" if point in each else "" for each in (verdict.back, verdict.caught_up)
            ]
            shown.add_row(point, str(verdict.kills.get(point, 0)), *map(str, found), *times)
    shown.add_section()
    shown.add_row("all", str(verdict.all_kills), *(str(verdict.total(kind)) for kind in Wrong))
    return shown


@click.command()
@click.option("--messages", default=10_000, show_default=True)
@click.option("--kills", default=250, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Where to leave what went wrong.")
@click.option("--build", type=click.Choice([SOUND, HASTY, BLIND, "all"]), default="all", show_default=True)
@click.option("--desk", is_flag=True, help="Customers and agents write to each other.")
@click.option("--fleet", is_flag=True, help="Two cores on Postgres and two workers on NATS: any dies.")
def crash(
    messages: int, kills: int, seed: int, build: str, keep: Path | None, desk: bool, fleet: bool
) -> None:
    """Kill the service at every failpoint while people write; then two broken builds, which must fail."""
    console = Console()
    if not console.is_terminal:
        console.width = 120  # all columns, whole, in a file
    passed = True
    for name in (SOUND, HASTY, BLIND) if build == "all" else (build,):
        began = time.monotonic()
        share = 1 if name == SOUND else 2  # half as much is plenty to find a broken build out
        rounds = plans(
            messages=messages // share,
            kills=kills // share,
            seed=seed,
            build=name,
            keep=keep if name == SOUND else None,
            desk=desk,
            fleet=fleet,
        )
        verdict = asyncio.run(campaign(rounds, console))
        minutes = (time.monotonic() - began) / 60
        console.print(table(verdict, f"{name}: {verdict.asked} messages, {minutes:.1f} min"))
        is_as_wished = verdict.is_kept if name == SOUND else verdict.broken_promises >= PROOF
        if not is_as_wished:
            for note in verdict.notes[:NOTES]:
                console.print(note, markup=False, highlight=False)
        console.print("[green]as promised" if is_as_wished else "[red]not as promised")
        passed = passed and is_as_wished
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    crash()
