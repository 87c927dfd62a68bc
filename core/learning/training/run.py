"""A training, seen from the process that starts it."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from core.engine.chat_tokens import ChatTokens
from core.engine.shelf import ShelvedModel, sha256
from core.errors import TrainingError
from core.learning import examples
from core.learning.examples import Dataset, Example
from core.learning.lineage import Point
from core.learning.training import events
from core.learning.training.events import Ended, Event
from core.learning.training.plan import (
    CURVE,
    EVERYDAY,
    RUNS,
    Job,
    Limits,
    Parameters,
    Row,
    run_id,
    write_job,
)

EXTRA = ("torch", "transformers", "peft")
LOG = "trainer.log"
LOCK = ".lock"
PATIENCE = 10.0
"""Seconds the process gets to end before it is killed."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training, begun or done."""

    folder: Path
    dataset: Dataset
    base: ShelvedModel
    weights: Path
    weights_sha256: str
    job: Job
    examples: int
    left_out: int

    @property
    def curve(self) -> tuple[Point, ...]:
        """The loss of every step so far."""
        path = self.folder / CURVE
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return tuple(Point(**json.loads(line)) for line in lines)


def prepare(
    home: Path,
    dataset: Dataset,
    base: ShelvedModel,
    weights: Path,
    parameters: Parameters,
    limits: Limits,
) -> Run:
    """Write down what is to be trained; the same again is the same run, and goes on where it stopped.

    Args:
        home: FRONTDESK_HOME.
        dataset: what is learnt.
        base: whose chat template and vocabulary the examples are written in.
        weights: the GGUF file that the base was converted from.
        parameters: how.
        limits: with what of this machine.

    Raises:
        DatasetError: the dataset is damaged.
        ModelError: the base is damaged.
        TrainingError: the weights are others, or nothing is left to learn.
    """
    checksum = sha256(weights)
    if checksum not in base.manifest.source:
        raise TrainingError(f"{weights.name} is not the file that {base.reference} was converted from")
    learnt = dataset.train()
    rows = [row for row in _rows(base, learnt) if row.tokens <= parameters.max_tokens]
    if not rows:
        raise TrainingError(f"{dataset.reference} has no example to learn from")
    folder = home / RUNS / run_id(dataset.reference, checksum, parameters)
    folder.mkdir(parents=True, exist_ok=True)
    job = Job(dataset=dataset.reference, weights=weights.absolute(), parameters=parameters, limits=limits)
    everyday = _rows(base, examples.read(Path(str(files("core.learning.training") / EVERYDAY))))
    write_job(folder, job, rows, list(everyday))
    return Run(
        folder=folder,
        dataset=dataset,
        base=base,
        weights=weights,
        weights_sha256=checksum,
        job=job,
        examples=len(rows),
        left_out=len(learnt) - len(rows),
    )


def train(run: Run, *, estimate_only: bool = False) -> Iterator[Event]:
    """Train in a process of its own, and tell how far it is; ending the iteration ends the process.

    The last event is `Ended`.

    Raises:
        TrainingError: the extra is missing, or the process failed; says why.
    """
    if any(find_spec(name) is None for name in EXTRA):
        raise TrainingError(
            "Training needs the extra `train`; docs/train.md says how to install it without a GPU's libraries"
        )
    with _alone(run), _process(run, estimate_only) as process:
        ended = False
        for line in process.stdout or ():
            event = events.parsed(line)
            if event is None:
                continue
            ended = isinstance(event, Ended)
            yield event
        if process.wait() != 0 or not ended:
            raise TrainingError(_failure(run, process.returncode))


def _rows(base: ShelvedModel, every: Sequence[Example]) -> Iterator[Row]:
    tokens = ChatTokens(base)
    for example in every:
        rejected = tokens.answer(example.rejected) if example.rejected else ()
        yield Row(
            prompt=tuple(tokens.prompt(example.messages)),
            answer=tuple(tokens.answer(example.answer)),
            rejected=tuple(rejected),
        )


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Nobody else goes on with the same training meanwhile; the lock goes with the process that holds it."""
    with (run.folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TrainingError(f"This training is under way already ({run.folder})") from None
        yield


@contextmanager
def _process(run: Run, estimate_only: bool) -> Iterator["subprocess.Popen[str]"]:
    threads = str(run.job.limits.threads)
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait for each other take no time from those who serve
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "core.learning.training.child", str(run.folder)]
    with (
        (run.folder / LOG).open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - ourselves
            [*command, *(["--estimate"] if estimate_only else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        ) as process,
    ):
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _failure(run: Run, code: int) -> str:
    log = (run.folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = log[-1] if log else ""
    if "memory" in last.lower():
        megabytes = run.job.limits.memory_mb
        return f"Training needs more than the {megabytes} MB it may take: raise --memory, or lower --batch"
    how = f"was ended by signal {-code}" if code < 0 else "failed"
    return f"Training {how}: {last} ({run.folder / LOG}). Start it again, and it goes on where it stopped."
