"""The search: which settings are tried, and which one is kept.

One chat alone decides which settings are good enough, a crowd which of these is best: most of the time nobody
else is there, and when somebody is, batches are what counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from core.engine.calibration.machine import cores, this_machine
from core.engine.calibration.setting import Calibration, Setting
from core.engine.calibration.trial import Request, Result, measure
from core.engine.device import cpu_types
from core.engine.scheduling.cost import fit
from core.errors import ModelError

TOLERANCE = 1.05
"""How much longer than the quickest one chat alone may take: half of 10%, as machines waver."""
GAIN = 1.10
"""What a larger batch must bring over the one before it."""
CROWD = 16
"""Answers per replica by which settings are compared."""
BATCHES = (1, 4, 8, 16, 32)
PROMPTS = ((1, 32), (4, 64), (1, 256), (1, 768))
ISAS = ("AVX2",)
"""Tried beside CTranslate2's own choice: wide vectors lower some processors' clocks."""

Measure = Callable[[Request], Result]
Progress = Callable[[int, int, str], None]
"""Told the number of trials done, of those there will be about, and what is tried now."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A setting and what came of it."""

    setting: Setting
    result: Result

    @property
    def crowd(self) -> float:
        return self.result.crowd[CROWD]


def calibrate(folder: Path, progress: Progress, run: Measure = measure) -> tuple[Calibration, list[Tried]]:
    """Find the best setting for the model in `folder` on this machine.

    Args:
        folder: of the model.
        progress: told how far it is.
        run: measures one setting.

    Returns:
        What to keep, and all that was tried.

    Raises:
        ModelError: no setting works.
    """
    search = _Search(folder, progress, run)
    search.try_all(shapes(cores()))
    best = search.best()
    search.try_all(variants(best.setting))
    best = search.best()
    batch, final = search.finish(best.setting)
    found = Calibration(
        machine=this_machine(),
        setting=best.setting,
        batch=batch,
        cost=fit(final.readings, final.steppings),
        reason=_reason(best, search.tried, batch),
    )
    return found, search.tried


def shapes(available: int) -> list[Setting]:
    """Ways to share the cores: from a replica on each to one on all, halving."""
    found, replicas = [], available
    while replicas >= 1:
        found.append(Setting(replicas=replicas, threads=available // replicas))
        replicas //= 2
    return found


def variants(setting: Setting) -> list[Setting]:
    """The same shape with other numbers, instructions and placement."""
    found = [replace(setting, compute_type=name) for name in cpu_types()[1:]]
    found += [replace(setting, isa=isa) for isa in ISAS]
    if setting.threads == 1:
        found.append(replace(setting, pinned=True))
    return found


class _Search:
    def __init__(self, folder: Path, progress: Progress, run: Measure) -> None:
        self._folder = folder
        self._progress = progress
        self._run = run
        self._expected = len(shapes(cores())) + len(variants(Setting(replicas=1, threads=1))) + 1
        self.tried: list[Tried] = []
        self.refusals: list[str] = []

    def try_all(self, settings: Sequence[Setting]) -> None:
        for setting in settings:
            self._progress(len(self.tried) + len(self.refusals), self._expected, str(setting))
            try:
                result = self._run(Request(folder=self._folder, setting=setting, batches=(CROWD,)))
            except ModelError as error:
                self.refusals.append(str(error))
            else:
                self.tried.append(Tried(setting=setting, result=result))

    def best(self) -> Tried:
        """Of those that serve one chat well enough, the best for a crowd; the first tried of near equals."""
        if not self.tried:
            raise ModelError(f"The model could not be measured. {' '.join(self.refusals)}")
        quickest = min(each.result.alone for each in self.tried)
        good = [each for each in self.tried if each.result.alone <= TOLERANCE * quickest]
        most = max(each.crowd for each in good)
        return next(each for each in good if each.crowd >= most / TOLERANCE)

    def finish(self, setting: Setting) -> tuple[int, Result]:
        """The size from which larger batches bring little, and what the cost model is fitted to."""
        self._progress(self._expected - 1, self._expected, f"{setting}: batches")
        result = self._run(
            Request(folder=self._folder, setting=setting, batches=BATCHES, prompts=PROMPTS, repeats=2)
        )
        batch = BATCHES[0]
        for smaller, larger in pairwise(BATCHES):
            if result.crowd[larger] < GAIN * result.crowd[smaller]:
                break
            batch = larger
        self._progress(self._expected, self._expected, "done")
        return batch, result


def _reason(best: Tried, tried: Sequence[Tried], batch: int) -> str:
    quickest = min(each.result.alone for each in tried)
    most = max(each.crowd for each in tried)
    return (
        f"{best.setting}: one chat takes {best.result.alone:.2f} s for 32 tokens "
        f"(the quickest of {len(tried)} settings {quickest:.2f} s), a crowd gets {best.crowd:.0f} tokens "
        f"a second (at most {most:.0f}). "
        f"More than {batch} answers per replica bring less than {GAIN - 1:.0%} more."
    )
