"""One chat alone: is the setting in use, calibrated or not, within a tenth of the best fixed one?

Every shape with every variant is measured in turns, the one in use among them, and the best of the turns
counts. Run it on a quiet machine: `python -m tests.benchmarks.engine.alone [TURNS]`.
"""

import sys

from rich.console import Console
from rich.table import Table

from core import settings
from core.engine.calibration.machine import cores
from core.engine.calibration.search import ALONE, ANSWER, chat_seconds, shapes, variants
from core.engine.calibration.setting import Setting, of_this_machine
from core.engine.calibration.trial import Request, measure
from core.engine.shelf import ACTIVE, Shelf
from core.errors import ModelError

ALLOWED = 1.10
LONGEST = 300.0
"""Seconds for one setting."""


def main() -> None:
    """Measure and print the table and the verdict."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = Shelf(settings.load().home).find(ACTIVE).folder
    kept = of_this_machine(folder).setting
    every = [each for shape in shapes(cores()) for each in (shape, *variants(shape))]
    seconds: dict[Setting, float] = {}
    for _ in range(turns):
        for each in dict.fromkeys([kept, *every]):
            try:
                [timing] = measure(Request(folder=folder, setting=each, workloads=(ALONE,)), LONGEST)
            except ModelError as error:
                print(error)
            else:
                found = chat_seconds(timing)
                seconds[each] = min(found, seconds.get(each, found))
    best = min(seconds.values())
    table = Table("Setting", f"s for {ANSWER} tokens", "of the best", "")
    for each, taken in sorted(seconds.items(), key=lambda pair: pair[1]):
        table.add_row(str(each), f"{taken:.3f}", f"{taken / best:.2f}", "in use" if each == kept else "")
    Console().print(table)
    verdict = "within" if seconds[kept] <= ALLOWED * best else "NOT within"
    print(f"One chat alone: {kept} is {verdict} a tenth of the best of {len(seconds)} settings.")


if __name__ == "__main__":
    main()
