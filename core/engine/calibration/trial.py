"""One setting, measured in a process of its own: `python -m core.engine.calibration.trial REQUEST`.

The instruction set is chosen once per process, and what one setting left in memory must not help the next.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import ctranslate2
from pydantic import TypeAdapter

from core.engine.calibration import placement
from core.engine.calibration.setting import ISA, Setting
from core.engine.device import cpu_types
from core.engine.prefixes import half
from core.engine.scheduling.cost import Reading, Stepping
from core.engine.tokens import Vocabulary
from core.errors import ModelError

ALONE_PROMPT, ALONE_ANSWER = 64, 32
STEPS = 10
TIMEOUT = 60.0
"""Seconds a setting gets."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure."""

    folder: Path
    setting: Setting
    batches: tuple[int, ...]
    """Sizes, written by every replica at once."""
    prompts: tuple[tuple[int, int], ...] = ()
    """Numbers and lengths of prompts to read besides."""
    repeats: int = 3


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured."""

    alone: float
    """Seconds for one chat: 64 tokens read, 32 written, the best of the repeats."""
    crowd: dict[int, float]
    """Tokens a second of all replicas together, by the size of their batches."""
    readings: list[Reading]
    steppings: list[Stepping]


_REQUEST, _RESULT = TypeAdapter(Request), TypeAdapter(Result)


def measure(request: Request) -> Result:
    """Measure a setting in a child process.

    Raises:
        ModelError: it cannot be used on this machine.
    """
    environment = {**os.environ, **({ISA: request.setting.isa} if request.setting.isa else {})}
    command = [sys.executable, "-m", "core.engine.calibration.trial", _REQUEST.dump_json(request).decode()]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, env=environment, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"{request.setting} took longer than {TIMEOUT:.0f} s") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ModelError(f"{request.setting} cannot be used: {reason[0]}")
    return _RESULT.validate_json(done.stdout)


def main() -> None:
    """Measure what the command line asks for, and print the result as JSON."""
    request = _REQUEST.validate_json(sys.argv[1])
    sys.stdout.buffer.write(_RESULT.dump_json(_Trial(request).run()))


class _Trial:
    def __init__(self, request: Request) -> None:
        self._request = request
        setting, before = request.setting, placement.threads()
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

    def run(self) -> Result:
        self._write(1, 8, 2)
        repeats = range(self._request.repeats)
        alone = min(self._write(1, ALONE_PROMPT, ALONE_ANSWER)[-1] for _ in repeats)
        crowd, steppings = {}, []
        for size in self._request.batches:
            times = self._together(partial(self._write, size, ALONE_PROMPT, 1 + STEPS))
            step = min((each[-1] - each[0]) / STEPS for each in times)
            crowd[size] = self._request.setting.replicas * size / step
            steppings.append(Stepping(batch=size, context=ALONE_PROMPT + STEPS / 2, seconds=step))
        readings = []
        for size, tokens in self._request.prompts:
            times = self._together(partial(self._write, size, tokens, 1 + STEPS))
            readings.append(Reading(batch=size, tokens=tokens, seconds=min(each[0] for each in times)))
            step = min((each[-1] - each[0]) / STEPS for each in times)
            steppings.append(Stepping(batch=size, context=tokens + STEPS / 2, seconds=step))
        return Result(alone=alone, crowd=crowd, readings=readings, steppings=steppings)

    def _write(self, batch: int, prompt: int, answer: int) -> list[float]:
        """Seconds from the start to each step's end."""
        times: list[float] = []

        def note(step: Any) -> bool:
            if step.batch_id == batch - 1:
                times.append(time.perf_counter() - started)
            return False

        prompts = [list(islice(cycle(self._words[place:]), prompt)) for place in range(batch)]
        ahead = half(prompt, batch)
        started = time.perf_counter()
        self._generator.generate_batch(
            [words[ahead:] for words in prompts],
            static_prompt=prompts[0][:ahead] or None,
            cache_static_prompt=False,
            max_length=answer,
            end_token=[],
            include_prompt_in_result=False,
            callback=note,
        )
        return times

    def _together(self, work: Callable[[], Sequence[float]]) -> list[Sequence[float]]:
        """`work` by every replica at the same time, twice: the second is noisy machines' chance."""
        results: list[Sequence[float]] = []

        def job() -> None:
            results.append(work())

        for _ in range(min(2, self._request.repeats)):
            threads = [threading.Thread(target=job) for _ in range(self._request.setting.replicas)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return results


if __name__ == "__main__":
    main()
