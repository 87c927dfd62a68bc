"""Training: what is written down for it, and, where the extra is installed, what comes out."""

import os
import signal
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.engine.shelf import Shelf, ShelvedModel
from core.errors import TrainingError
from core.learning import lineage
from core.learning.examples import Dataset
from core.learning.training import candidate, run
from core.learning.training.events import Ended, Estimated, Stepped
from core.learning.training.plan import ADAPTER, Limits, Parameters, read_job, read_rows
from core.learning.training.run import Run
from tests.engine.tiny import QWEN2, make_weights, write_gguf

EXTRA = all(find_spec(name) is not None for name in run.EXTRA)
needs_extra = pytest.mark.skipif(not EXTRA, reason="needs the extra `train`")
PARAMETERS = Parameters(epochs=15, learning_rate=0.01, batch=4, rank=4, alpha=8)
LIMITS = Limits(threads=1, memory_mb=8000, hours=1)


@pytest.fixture
def prepared(tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path) -> Run:
    return run.prepare(tmp_path, dataset, base, weights, PARAMETERS, LIMITS)


def test_examples_become_tokens_as_the_engine_renders_them(prepared: Run) -> None:
    rows = read_rows(prepared.folder)
    assert (len(rows), prepared.examples, prepared.left_out) == (16, 16, 0)
    assert all(row.answer[-1] == 2 for row in rows), "<|im_end|> ends an answer"
    assert [bool(row.rejected) for row in rows[:3]] == [False, True, False]
    assert read_job(prepared.folder).parameters == PARAMETERS


def test_the_same_training_is_the_same_run(
    tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path, prepared: Run
) -> None:
    again = run.prepare(tmp_path, dataset, base, weights, PARAMETERS, replace(LIMITS, hours=2))
    other = run.prepare(tmp_path, dataset, base, weights, replace(PARAMETERS, seed=1), LIMITS)
    assert again.folder == prepared.folder != other.folder


def test_examples_that_are_too_long_are_left_out_and_counted(
    tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path
) -> None:
    longest = max(row.tokens for row in read_rows(_prepared(tmp_path, dataset, base, weights, 1024).folder))
    shorter = _prepared(tmp_path, dataset, base, weights, longest - 1)
    assert shorter.left_out > 0
    assert shorter.examples + shorter.left_out == 16
    with pytest.raises(TrainingError, match="no example to learn from"):
        _prepared(tmp_path, dataset, base, weights, 5)


def test_weights_of_another_model_are_refused(tmp_path: Path, dataset: Dataset, base: ShelvedModel) -> None:
    other = write_gguf(tmp_path / "other.gguf", make_weights(QWEN2))
    with pytest.raises(TrainingError, match=r"other\.gguf is not the file that tiny@"):
        run.prepare(tmp_path, dataset, base, other, PARAMETERS, LIMITS)


@pytest.mark.skipif(EXTRA, reason="the extra `train` is installed")
def test_without_the_extra_a_sentence_says_what_is_missing(prepared: Run) -> None:
    with pytest.raises(TrainingError, match="needs the extra `train`"):
        list(run.train(prepared))


@needs_extra
def test_a_training_makes_a_model_that_learnt_and_says_where_it_comes_from(
    tmp_path: Path, prepared: Run
) -> None:
    events = list(run.train(prepared))
    estimated, ended = events[0], events[-1]
    assert isinstance(estimated, Estimated) and estimated.steps == 60 and estimated.seconds > 0
    assert isinstance(ended, Ended) and ended.reason == "trained"
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [step.step for step in steps] == list(range(1, 61))
    assert steps[-1].loss < steps[0].loss / 2
    assert steps[-1].preference is not None or steps[-2].preference is not None
    model, record = candidate.shelve(prepared, estimated, ended, Shelf(tmp_path), "parcels")
    assert lineage.of(model) == record
    assert (record.dataset, record.base) == (prepared.dataset.reference, prepared.base.reference)
    assert [point.step for point in record.curve] == list(range(1, 61))
    assert record.fidelity.divergence < candidate.FARTHEST
    assert lineage.trained_on(Shelf(tmp_path), prepared.dataset.reference) == [record]
    assert Shelf(tmp_path).active() == prepared.base.reference, "nobody is served by it yet"


@needs_extra
def test_where_preferences_count_nothing_worse_answers_are_not_looked_at(
    tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path
) -> None:
    parameters = replace(PARAMETERS, epochs=1, beta=0.0)
    telling = run.train(run.prepare(tmp_path, dataset, base, weights, parameters, LIMITS))
    steps = [event for event in telling if isinstance(event, Stepped)]
    assert len(steps) == 4 and all(step.preference is None for step in steps)


@needs_extra
def test_a_training_that_was_interrupted_goes_on_and_ends_the_same(
    tmp_path: Path, prepared: Run, dataset: Dataset, base: ShelvedModel, weights: Path
) -> None:
    whole = run.prepare(tmp_path / "whole", dataset, base, weights, PARAMETERS, LIMITS)
    list(run.train(whole))
    _train_until(prepared, 33)
    again = list(run.train(prepared))
    assert isinstance(again[0], Estimated) and 33 <= again[0].done <= 60, "it kept what it had done"
    assert [point.step for point in prepared.curve] == list(range(1, 61))
    assert prepared.curve == whole.curve
    adapter = Path(ADAPTER, "adapter_model.safetensors")
    assert (prepared.folder / adapter).read_bytes() == (whole.folder / adapter).read_bytes()


@needs_extra
def test_a_training_that_was_killed_goes_on_from_its_last_checkpoint(prepared: Run) -> None:
    with pytest.raises(TrainingError, match=r"ended by signal 9.*goes on where it stopped"):
        for event in run.train(prepared):
            if isinstance(event, Stepped) and event.step == 33:
                [child] = (
                    int(found.parent.name)
                    for found in Path("/proc").glob("[0-9]*/cmdline")
                    if str(prepared.folder) in found.read_text(errors="replace")
                )
                os.kill(child, signal.SIGKILL)
    again = list(run.train(prepared))
    assert isinstance(again[0], Estimated) and again[0].done >= 20, "the last checkpoint"
    assert [point.step for point in prepared.curve] == list(range(1, 61))


@needs_extra
def test_two_do_not_go_on_with_the_same_training_at_once(prepared: Run) -> None:
    first = run.train(prepared)
    next(first)
    with pytest.raises(TrainingError, match="under way already"):
        next(run.train(prepared))
    first.close()  # type: ignore[attr-defined]
    assert isinstance(next(run.train(prepared)), Estimated)


@needs_extra
def test_an_estimate_alone_trains_nothing(prepared: Run) -> None:
    events = list(run.train(prepared, estimate_only=True))
    assert [event.event for event in events] == ["estimated", "ended"]
    assert prepared.curve == ()


@needs_extra
def test_a_training_stops_after_its_hours_and_goes_on_another_time(
    tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path
) -> None:
    short = run.prepare(tmp_path, dataset, base, weights, PARAMETERS, replace(LIMITS, hours=0))
    stopped = list(run.train(short))[-1]
    assert isinstance(stopped, Ended) and stopped.reason == "time"
    events = list(run.train(short))
    assert isinstance(events[0], Estimated) and events[0].done == 1


@needs_extra
def test_a_training_that_needs_more_memory_than_it_may_take_says_so(
    tmp_path: Path, dataset: Dataset, base: ShelvedModel, weights: Path
) -> None:
    small = run.prepare(tmp_path, dataset, base, weights, PARAMETERS, replace(LIMITS, memory_mb=10))
    with pytest.raises(TrainingError, match="more than the 10 MB it may take"):
        list(run.train(small))


def _prepared(home: Path, dataset: Dataset, base: ShelvedModel, weights: Path, max_tokens: int) -> Run:
    return run.prepare(home, dataset, base, weights, replace(PARAMETERS, max_tokens=max_tokens), LIMITS)


def _train_until(prepared: Run, step: int) -> None:
    """End the process when it has told of this step."""
    telling = run.train(prepared)
    for event in telling:
        if isinstance(event, Stepped) and event.step == step:
            telling.close()  # type: ignore[attr-defined]
            return
