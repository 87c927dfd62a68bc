"""Our engine against llama.cpp on the same weights: `make bench-engine`, or

    python -m tests.benchmarks.engine.llama_compare --llama PYTHON --models smollm2-135m

PYTHON is an interpreter that has llama-cpp-python. Every measurement is a process of its own, contenders
alternate, and each waits until the machine is quiet: what other processes took of it meanwhile stands next to
the figures, and the quietest of the repetitions counts.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from core import settings
from core.engine.catalogue import choose
from core.engine.download import fetch
from core.engine.local import Shape, open_engine
from core.engine.shelf import Shelf, ShelvedModel
from tests.benchmarks.engine import llama_loads as loads
from tests.benchmarks.engine import llama_report as report
from tests.benchmarks.engine.llama_clients import Load, Measured, write

HERE = Path(__file__).parent
QUIET = 0.1
"""Share of the processors that others may take."""
LONGEST = 600.0
"""Seconds after which a measurement is given up."""
OURS, PLAIN, LLAMA = "Frontdesk", "CTranslate2, one at a time", "llama.cpp"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One measurement."""

    model: str
    load: str
    contender: str
    others: float
    """Share of the processors that other processes took meanwhile."""
    measured: Measured


class Bench:
    """Runs contenders in processes of their own.

    Args:
        llama: an interpreter that has llama-cpp-python.
        folder: for loads and results.
        threads: of llama.cpp, and of CTranslate2 by itself.
        patience: seconds to wait for a quiet machine.
    """

    def __init__(self, llama: str, folder: Path, threads: int, patience: float) -> None:
        self._llama = llama
        self._folder = folder
        self._threads = str(threads)
        self._patience = patience

    def run(self, contender: str, model: ShelvedModel, gguf: Path, load: Load, repetitions: int) -> Result:
        """The quietest of some repetitions.

        Raises:
            RuntimeError: none came to an end.
        """
        results: list[Result] = []
        for _ in range(repetitions):
            if result := self._once(contender, model, gguf, load):
                results.append(result)
            if results and results[-1].others < QUIET:
                break
        if not results:
            raise RuntimeError(f"{contender} did not get through '{load.name}'")
        return min(results, key=lambda result: result.others)

    def _once(self, contender: str, model: ShelvedModel, gguf: Path, load: Load) -> Result | None:
        asked, answered = self._folder / "load.json", self._folder / "result.json"
        write(load, asked)
        answered.unlink(missing_ok=True)
        command = self._command(contender, model, gguf, asked, answered)
        _wait_until_quiet(self._patience)
        before, own = _processor_seconds(), os.times()
        try:
            done = subprocess.run(command, timeout=LONGEST, capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            raise RuntimeError(f"{contender} failed: {done.stderr[-500:]}")
        after, owned = _processor_seconds(), os.times()
        busy, total = after[0] - before[0], after[1] - before[1]
        spent = (owned.children_user + owned.children_system) - (own.children_user + own.children_system)
        return Result(
            model=model.manifest.name,
            load=load.name,
            contender=contender,
            others=max(0.0, busy - spent) / total,
            measured=Measured(**json.loads(answered.read_text())),
        )

    def _command(
        self, contender: str, model: ShelvedModel, gguf: Path, asked: Path, answered: Path
    ) -> list[str]:
        files = [str(asked), str(answered)]
        if contender == LLAMA:
            module = "tests.benchmarks.engine.llama_batch"
            return [self._llama, "-m", module, str(gguf), *files, self._threads]
        how = "batched" if contender == OURS else self._threads
        module = "tests.benchmarks.engine.llama_frontdesk"
        return [sys.executable, "-m", module, model.reference, *files, how]


def _processor_seconds() -> tuple[float, float]:
    """Seconds that all processors together were busy, and that there were."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    return (sum(fields) - fields[3] - fields[4]) / tick, sum(fields) / tick


def _wait_until_quiet(patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        before = _processor_seconds()
        time.sleep(1)
        after = _processor_seconds()
        if after[0] - before[0] < QUIET * (after[1] - before[1]):
            return


async def the_loads(model: ShelvedModel, small: bool) -> list[Load]:
    """What is asked of a model; a large one is given fewer chats and shorter answers."""
    engine = await open_engine(model, "cpu", Shape(replicas=1, threads=1))
    equal, brief, mixed = loads.fixed(60), loads.fixed(30), loads.spread(50, 1500)
    long = loads.fixed(96 if small else 32)
    short = loads.spread(20, 200) if small else loads.spread(10, 60)
    made = []
    for chats in (1, 4, 16, 32, 64) if small else (1, 4, 16):
        made.append(await loads.closed(engine, f"{chats} equal", chats, 2 if chats < 16 else 1, equal, long))
        made.append(await loads.closed(engine, f"{chats} mixed", chats, 2 if chats < 16 else 1, mixed, short))
    for chats in (16, 32) if small else ():
        made.append(await loads.closed(engine, f"{chats} brief", chats, 1, brief, long))
    for rate in (0.5, 1.0, 2.0) if small else (0.1,):
        made.append(await loads.opened(engine, f"{rate:g} a second", rate, 30, mixed, short))
    await engine.close()
    return made


@click.command()
@click.option("--llama", required=True, help="A Python that has llama-cpp-python.")
@click.option("--models", default="smollm2-135m", help="Names on the shelf, separated by commas.")
@click.option("--gguf", type=click.Path(exists=True, path_type=Path), help="Other weights for llama.cpp.")
@click.option("--only", default="", help="Names of loads, separated by commas; all by default.")
@click.option("--threads", default=len(os.sched_getaffinity(0)), help="Of llama.cpp.")
@click.option("--patience", default=45.0, help="Seconds to wait for a quiet machine.")
@click.option("--repetitions", default=2, help="At most, until one was quiet.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("docs/benchmarks"))
def main(
    llama: str,
    models: str,
    gguf: Path | None,
    only: str,
    threads: int,
    patience: float,
    repetitions: int,
    output: Path,
) -> None:
    """Measure, then write the figures, the table and the charts."""
    results: list[Result] = []
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(llama, Path(folder), threads, patience)
        for name in models.split(","):
            shelf = Shelf(settings.load().home)
            model = shelf.find(name)
            weights = gguf or fetch(choose(name), shelf.downloads(), lambda *_: None)
            small = model.size < 500_000_000
            for load in asyncio.run(the_loads(model, small)):
                if not only or load.name in only.split(","):
                    for contender in _contenders(load, small):
                        results.append(bench.run(contender, model, weights, load, repetitions))
                        click.echo(report.line(report.figures(results[-1])))
                        _keep(results, output)
    subprocess.run([llama, str(HERE / "llama_charts.py"), str(output)], check=True)


def _contenders(load: Load, small: bool) -> Sequence[str]:
    """One question after the other is measured once, where it says something."""
    return (LLAMA, OURS, PLAIN) if small and load.name in ("16 mixed", "32 equal") else (LLAMA, OURS)


def _keep(results: Sequence[Result], output: Path) -> None:
    """Write the figures beside those of loads that were measured before."""
    kept = output / "llama.json"
    before = json.loads(kept.read_text()) if kept.exists() else []
    measured = report.joined(before, [report.figures(result) for result in results])
    kept.write_text(json.dumps(measured, indent=1) + "\n")
    (output / "llama.md").write_text(report.table(measured))


if __name__ == "__main__":
    main()
