"""The search: which settings are tried, and which one is kept.

One chat alone decides which settings are good enough, a crowd which of these is best: most of the time nobody
else is there, and when somebody is, batches are what counts. A minute has to do, for large models too: what
has been measured tells how many settings still fit into it, and those that matter most are tried first.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from core.engine.calibration.machine import cores, this_machine
from core.engine.calibration.setting import Calibration, Setting
from core.engine.calibration.trial import STEPS, Request, Timing, Workload, measure
from core.engine.device import cpu_types
from core.engine.scheduling.cost import Reading, Stepping, fit
from core.errors import ModelError

BUDGET = 55.0
"""Seconds for all of it."""
PATIENCE = 300.0
"""Seconds the first setting may take: without it there is nothing to compare."""
FINISH = 3.0
"""Trials' times that are kept for what the cost model is fitted to; it gets one at least."""
TOLERANCE = 1.05
"""How much longer than the quickest one chat alone may take: half of 10%, as machines waver."""
GAIN = 1.10
"""What a larger batch must bring over the one before it."""
ANSWER = 32
"""Tokens of the answer by which settings are compared."""
ALONE = Workload(batch=1, tokens=64, alone=True)
CROWD = Workload(batch=16, tokens=32)
REST = (
    Workload(batch=1, tokens=256),
    Workload(batch=4, tokens=32),
    Workload(batch=8, tokens=32),
    Workload(batch=32, tokens=32),
    Workload(batch=1, tokens=32),
    Workload(batch=1, tokens=768),
)
"""What the cost model is fitted to beside the crowd; two of them are measured at least."""
ISAS = ("AVX2",)
"""Tried beside CTranslate2's own choice: wide vectors lower some processors' clocks."""

Measure = Callable[[Request, float], list[Timing]]
Progress = Callable[[int, int, str], None]
"""Told the number of trials done, of those there will be about, and what is tried now."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A setting and what came of it."""

    setting: Setting
    alone: float
    """Seconds for one chat: 64 tokens read, 32 written."""
    timing: Timing
    """Of a crowd."""
    seconds: float
    """The trial took."""

    @property
    def crowd(self) -> float:
        """Tokens a second of all replicas together."""
        return _rate(self.setting, self.timing)


def calibrate(
    folder: Path, progress: Progress, run: Measure = measure, clock: Callable[[], float] = time.monotonic
) -> tuple[Calibration, list[Tried]]:
    """Find the best setting for the model in `folder` on this machine.

    Args:
        folder: of the model.
        progress: told how far it is.
        run: measures one setting.
        clock: seconds that pass.

    Returns:
        What to keep, and all that was tried.

    Raises:
        ModelError: no setting works.
    """
    search = _Search(folder, progress, run, clock)
    search.try_all(shapes(cores()), kept=0)
    search.try_all(variants(search.best().setting), kept=FINISH)
    best = search.best()
    timings = search.finish(best)
    batch = _batch(best.setting, timings)
    found = Calibration(
        machine=this_machine(),
        setting=best.setting,
        batch=batch,
        cost=fit([_reading(each) for each in timings], [_stepping(each) for each in timings]),
        reason=_reason(best, search.tried, batch, search.untried),
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
    """The same shape with other instructions, numbers and placement. Pinned replicas take no turns: they come
    last, and are kept for a gain alone."""
    found = [replace(setting, isa=isa) for isa in ISAS]
    found += [replace(setting, compute_type=name) for name in cpu_types()[1:]]
    if setting.threads == 1:
        found.append(replace(setting, pinned=True))
    return found


def chat_seconds(timing: Timing) -> float:
    """Until the comparing answer is written."""
    return timing.read + (ANSWER - 1) * timing.step


class _Search:
    def __init__(self, folder: Path, progress: Progress, run: Measure, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._progress = progress
        self._run = run
        self._clock = clock
        self._until = clock() + BUDGET
        self._expected = len(shapes(cores())) + len(variants(Setting(replicas=1, threads=1))) + 1
        self._done = 0
        self.tried: list[Tried] = []
        self.untried: list[str] = []
        """What there was no time for."""
        self._refusals: list[str] = []

    def try_all(self, settings: Sequence[Setting], kept: float) -> None:
        """Try those for which there is time, leaving as many trials' times as `kept`."""
        for setting in settings:
            usual = max((each.seconds for each in self.tried), default=0.0)
            if self._left() - kept * usual >= usual:
                self._try(setting, self._left() - kept * usual if self.tried else PATIENCE)
            else:
                self.untried.append(str(setting))
            self._done += 1

    def best(self) -> Tried:
        """Of those that serve one chat well enough, the best for a crowd; the first tried of near equals."""
        if not self.tried:
            raise ModelError(f"The model could not be measured. {' '.join(self._refusals)}")
        quickest = min(each.alone for each in self.tried)
        good = [each for each in self.tried if each.alone <= TOLERANCE * quickest]
        most = max(each.crowd for each in good)
        return next(each for each in good if each.crowd >= most / TOLERANCE)

    def finish(self, best: Tried) -> list[Timing]:
        """What the cost model is fitted to, in the time that is left.

        Raises:
            ModelError: the model is too slow.
        """
        self._progress(self._expected - 1, self._expected, f"{best.setting}: batches")
        seconds = max(self._left(), best.seconds)
        timings = self._run(Request(folder=self._folder, setting=best.setting, workloads=REST), seconds)
        if len(timings) < 2:
            raise ModelError(f"The model is too slow for this machine: {seconds:.0f} s are not enough")
        self.untried += [str(each) for each in REST[len(timings) :]]
        self._progress(self._expected, self._expected, "done")
        return [best.timing, *timings]

    def _left(self) -> float:
        return self._until - self._clock()

    def _try(self, setting: Setting, seconds: float) -> None:
        self._progress(self._done, self._expected, str(setting))
        before = self._clock()
        request = Request(folder=self._folder, setting=setting, workloads=(ALONE, CROWD))
        try:
            timings = self._run(request, seconds)
        except ModelError as error:
            self._refusals.append(str(error))
            return
        if len(timings) < len(request.workloads):
            self.untried.append(f"{setting} (given up after {seconds:.0f} s)")
            self._refusals.append(f"{setting} took longer than {seconds:.0f} s.")
            return
        alone, crowd = timings
        self.tried.append(
            Tried(
                setting=setting,
                alone=chat_seconds(alone),
                timing=crowd,
                seconds=self._clock() - before,
            )
        )


def _rate(setting: Setting, timing: Timing) -> float:
    return setting.replicas * timing.workload.batch / timing.step


def _batch(setting: Setting, timings: Sequence[Timing]) -> int:
    """The size from which larger batches bring little."""
    rates = {
        each.workload.batch: _rate(setting, each)
        for each in sorted(timings, key=lambda each: each.workload.batch)
        if each.workload.tokens == CROWD.tokens
    }
    batch = min(rates)
    for smaller, larger in pairwise(rates):
        if rates[larger] < GAIN * rates[smaller]:
            break
        batch = larger
    return batch


def _reading(timing: Timing) -> Reading:
    return Reading(batch=timing.workload.batch, tokens=timing.workload.tokens, seconds=timing.read)


def _stepping(timing: Timing) -> Stepping:
    # The first step looks back on the prompt and a token, the last on as many more as there were steps.
    context = timing.workload.tokens + (1 + STEPS) / 2
    return Stepping(batch=timing.workload.batch, context=context, seconds=timing.step)


def _reason(best: Tried, tried: Sequence[Tried], batch: int, untried: Sequence[str]) -> str:
    quickest = min(each.alone for each in tried)
    most = max(each.crowd for each in tried)
    missing = f" There was no time for: {', '.join(untried)}." if untried else ""
    return (
        f"{best.setting}: one chat takes {best.alone:.2f} s for {ANSWER} tokens "
        f"(the quickest of {len(tried)} settings {quickest:.2f} s), a crowd gets {best.crowd:.0f} tokens "
        f"a second (at most {most:.0f}). "
        f"More than {batch} answers per replica bring less than {GAIN - 1:.0%} more.{missing}"
    )
