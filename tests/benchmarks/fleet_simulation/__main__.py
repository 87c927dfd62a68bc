"""What many workers and ten million messages a day would do: `python -m tests.benchmarks.fleet_simulation`.

The costs were measured on two cores (docs/scaling.md); `--check` holds the simulation against
`python -m tests.benchmarks.fleet`, which runs one to four workers for real.
"""

from dataclasses import replace
from statistics import quantiles

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.benchmarks.fleet_simulation.model import Costs, Fleet, Found, Load, simulate

COSTS = Costs(core=0.0045, token=0.0001, writer=0.0059)
"""Processor time of a core and of Postgres for a turn, as `tests.benchmarks.cores` measured it on a busy
machine; what a token costs is a guess."""
DAY = 86_400
PEAK = 3.0
"""The busiest hour's rate over the day's mean, as office hours make it."""
SECONDS = 120.0
PLANS = (
    *((10**5, 2, workers) for workers in (2, 10)),
    *((10**6, 4, workers) for workers in (10, 20, 100)),
    *((10**7, 16, workers) for workers in (100, 200, 1000)),
)
"""Messages a day, cores, workers."""
RATES = (30, 60, 90, 120, 150, 180, 240, 300)
"""Turns a second, with as many cores as there are in the last plans."""
FLEETS = (
    ("10 workers", 10, COSTS),
    ("100 workers", 100, COSTS),
    ("1,000 workers", 1000, COSTS),
    ("100 workers, a database twice as fast", 100, replace(COSTS, writer=COSTS.writer / 2)),
)


@click.command()
@click.option("--check", is_flag=True, help="One to four workers, as the benchmark runs them.")
def main(check: bool) -> None:
    """Print the tables."""
    if check:
        Console().print(_checked())
    else:
        Console().print(_grown(), _limits())


def _checked() -> Table:
    table = Table("workers", "people", "tokens a second", "times", title="Simulated: a crowd")
    single = 0.0
    for workers in (1, 2, 3, 4):
        fleet = Fleet(cores=1, workers=workers)
        people = workers * fleet.processors * fleet.batch
        load = Load(people=people, rounds=4)
        found = simulate(fleet, load, COSTS)
        speed = len(found.whole) * load.answer / found.seconds
        single = single or speed
        table.add_row(str(workers), str(people), f"{speed:.0f}", f"{speed / single:.2f}")
    return table


def _grown() -> Table:
    table = Table("messages a day", "peak a second", "cores", "workers", "first word p50, p95 s", "busiest")
    table.title = f"Simulated, at {PEAK:.0f} times the day's mean"
    for messages, cores, workers in track(PLANS, "simulating"):
        rate = PEAK * messages / DAY
        found = simulate(
            Fleet(cores=cores, workers=workers), Load(turns_per_second=rate, seconds=SECONDS), COSTS
        )
        table.add_row(
            f"{messages:,}", f"{rate:.0f}", str(cores), str(workers), _waits(found), _busiest(found)
        )
    return table


def _limits() -> Table:
    table = Table("turns a second", *(name for name, _, _ in FLEETS))
    table.title = "Simulated: 95th percentile of the wait for the first word, in seconds"
    for rate in track(RATES, "looking for limits"):
        load = Load(turns_per_second=rate, seconds=SECONDS)
        found = [simulate(Fleet(cores=16, workers=workers), load, costs) for _, workers, costs in FLEETS]
        table.add_row(str(rate), *(f"{quantiles(each.first, n=20)[18]:.1f}" for each in found))
    return table


def _waits(found: Found) -> str:
    percentiles = quantiles(found.first, n=20)
    return f"{percentiles[9]:.1f}, {percentiles[18]:.1f}"


def _busiest(found: Found) -> str:
    part, share = max(found.busy.items(), key=lambda each: each[1])
    return f"{part}, {share:.0%}"


if __name__ == "__main__":
    main()
