"""What is trained on what, and how much of the machine that may take."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from core.engine import memory
from core.engine.calibration import machine

RUNS = "runs"
"""Folder under the home folder."""
JOB = "job.json"
ROWS = "rows.jsonl"
EVERYDAY = "everyday.jsonl"
CURVE = "curve.jsonl"
"""The loss of every step so far."""
ADAPTER = "adapter"
"""Folder of the finished adapter, in the format of `peft`."""
REFERENCE = "reference.npz"
"""What the merged model computes for a few rows, to compare the converted one with."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How an adapter is trained. The same parameters, data and base give the same adapter on one machine."""

    epochs: int = 3
    learning_rate: float = 4e-4
    """At its highest; it rises over the first twentieth of the steps and then falls to nothing."""
    rank: int = 16
    """Of the adapter: LoRA on all linear layers, as https://arxiv.org/abs/2305.14314 recommends."""
    alpha: int = 32
    batch: int = 8
    """Examples a step."""
    beta: float = 0.1
    """How strongly preferences count: the temperature of DPO, https://arxiv.org/abs/2305.18290; 0: not at
    all, and a step takes half the time, as nobody looks at the worse answers."""
    retention: float = 2.0
    """How strongly it counts that everyday questions are answered as before: the weight of a divergence from
    the base, as in https://arxiv.org/abs/1606.09282; 0: what was known may be forgotten."""
    max_tokens: int = 1024
    """Examples that are longer are left out."""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a training may take, so that a machine that serves people stays responsive."""

    threads: int
    niceness: int = 19
    """Of the process, 0 to 19: what serves goes first."""
    memory_mb: int
    hours: float = 12.0
    """After so long it stops, and goes on from there when it is started again."""

    @classmethod
    def default(cls) -> "Limits":
        """Half of the cores and of the memory."""
        return cls(threads=max(1, machine.cores() // 2), memory_mb=int(memory.machine() / 2 / 1_000_000))


@dataclass(frozen=True, kw_only=True)
class Row:
    """An example as token ids; answers end with the token that ends an answer."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    rejected: tuple[int, ...] = ()

    @property
    def tokens(self) -> int:
        """Of the prompt with the longer answer."""
        return len(self.prompt) + max(len(self.answer), len(self.rejected))


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything the training process is told, beside the rows."""

    weights: Path
    """GGUF file of the base."""
    parameters: Parameters
    limits: Limits
    dataset: str = ""
    """NAME@HASH; empty for a training that was begun before this was noted."""


def run_id(dataset: str, weights_sha256: str, parameters: Parameters) -> str:
    """The same for the same training: what was interrupted is found again."""
    return hashlib.sha256(repr((dataset, weights_sha256, parameters)).encode()).hexdigest()[:12]


_JOB = TypeAdapter(Job)
_ROW = TypeAdapter(Row)


def write_job(folder: Path, job: Job, rows: Sequence[Row], everyday: Sequence[Row] = ()) -> None:
    """Write what `read_job`, `read_rows` and `read_everyday` read."""
    (folder / JOB).write_bytes(_JOB.dump_json(job, indent=2))
    for name, written in ((ROWS, rows), (EVERYDAY, everyday)):
        (folder / name).write_bytes(b"".join(_ROW.dump_json(row) + b"\n" for row in written))


def read_job(folder: Path) -> Job:
    return _JOB.validate_json((folder / JOB).read_bytes())


def read_rows(folder: Path) -> list[Row]:
    """What is learnt."""
    return _read(folder / ROWS)


def read_everyday(folder: Path) -> list[Row]:
    """What is to stay as it was."""
    return _read(folder / EVERYDAY)


def _read(path: Path) -> list[Row]:
    return [_ROW.validate_json(line) for line in path.read_bytes().splitlines()]
