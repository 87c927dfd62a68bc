"""One setting, measured in a process of its own: `python -m core.engine.calibration.trial REQUEST`.

The instruction set is chosen once per process, and what one setting left in memory must not help the next.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import ctranslate2
from pydantic import TypeAdapter

from core.engine.calibration import placement
from core.engine.calibration.setting import ISA, Setting
from core.engine.device import cpu_types
from core.engine.prefixes import half
from core.engine.tokens import Vocabulary
from core.errors import ModelError

STEPS = 6
REPEATED = 1.0
"""Seconds for which a workload is repeated, and the best counts: a busy machine's second chance. What takes
longer is measured once."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Something to measure: prompts are read, and answers to them begun."""

    batch: int
    tokens: int
    """Of each prompt."""
    alone: bool = False
    """One replica works, else each of them on as much."""

    def __str__(self) -> str:
        return f"{self.batch} x {self.tokens} tokens"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What came of it, in seconds."""

    workload: Workload
    read: float
    """Until the first token."""
    step: float
    """For one more token of every answer."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure."""

    folder: Path
    setting: Setting
    workloads: tuple[Workload, ...]


_REQUEST, _TIMING = TypeAdapter(Request), TypeAdapter(Timing)


def measure(request: Request, seconds: float) -> list[Timing]:
    """Measure a setting in a child process.

    Args:
        request: what to measure.
        seconds: it gets; what is not measured by then is left out.

    Raises:
        ModelError: it cannot be used on this machine.
    """
    environment = {**os.environ, **({ISA: request.setting.isa} if request.setting.isa else {})}
    command = [sys.executable, "-m", "core.engine.calibration.trial", _REQUEST.dump_json(request).decode()]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, env=environment, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as late:
        return _timings(late.stdout or b"")
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ModelError(f"{request.setting} cannot be used: {reason[0]}")
    return _timings(done.stdout)


def _timings(output: bytes) -> list[Timing]:
    """Of all lines that are whole."""
    return [_TIMING.validate_json(line) for line in output.split(b"\n")[:-1]]


def main() -> None:
    """Measure what the command line asks for, and print each timing as a line of JSON as it comes."""
    request = _REQUEST.validate_json(sys.argv[1])
    trial = _Trial(request)
    for workload in request.workloads:
        sys.stdout.buffer.write(_TIMING.dump_json(trial.run(workload)) + b"\n")
        sys.stdout.buffer.flush()


class _Trial:
    def __init__(self, request: Request) -> None:
        setting, before = request.setting, placement.threads()
        self._replicas = setting.replicas
        self._generator: Any = ctranslate2.Generator(
            str(request.folder),
            compute_type=setting.compute_type or cpu_types()[0],
            inter_threads=setting.replicas,
            intra_threads=setting.threads,
            max_queued_batches=-1,
        )
        if setting.pinned:
            placement.pin(placement.threads() - before)
        # Ordinary words: the second half of a vocabulary holds no control tokens.
        words = Vocabulary.load(request.folder).tokens
        self._words = words[len(words) // 2 :]
        self._together(Workload(batch=1, tokens=8), steps=1)  # sets up what later ones find ready

    def run(self, workload: Workload) -> Timing:
        until = time.perf_counter() + REPEATED
        runs = self._together(workload)
        while time.perf_counter() < until:
            runs += self._together(workload)
        return Timing(
            workload=workload,
            read=min(times[0] for times in runs),
            step=min((times[-1] - times[0]) / STEPS for times in runs),
        )

    def _together(self, workload: Workload, steps: int = STEPS) -> list[Sequence[float]]:
        """Every replica's times, all at work at once."""
        runs: list[Sequence[float]] = []

        def job() -> None:
            runs.append(self._write(workload.batch, workload.tokens, steps))

        threads = [threading.Thread(target=job) for _ in range(1 if workload.alone else self._replicas)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return runs

    def _write(self, batch: int, tokens: int, steps: int) -> Sequence[float]:
        """Seconds from the start to each step's end."""
        times: list[float] = []

        def note(step: Any) -> bool:
            if step.batch_id == batch - 1:
                times.append(time.perf_counter() - started)
            return False

        prompts = [list(islice(cycle(self._words[place:]), tokens)) for place in range(batch)]
        ahead = half(tokens, batch)
        started = time.perf_counter()
        self._generator.generate_batch(
            [words[ahead:] for words in prompts],
            static_prompt=prompts[0][:ahead] or None,
            cache_static_prompt=False,
            max_length=1 + steps,
            end_token=[],
            include_prompt_in_result=False,
            callback=note,
        )
        return times


if __name__ == "__main__":
    main()
