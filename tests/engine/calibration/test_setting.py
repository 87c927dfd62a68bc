"""What was found is kept with the model, per machine."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.calibration import setting
from core.engine.calibration.machine import this_machine
from core.engine.calibration.setting import FILE, Calibration, Setting
from core.engine.calibration.trial import Request, Workload, measure
from core.engine.local import Shape
from core.engine.scheduling.cost import PLAIN
from core.engine.shelf import ShelvedModel
from core.errors import ModelError

FOUND = Calibration(
    machine=this_machine(),
    setting=Setting(replicas=1, threads=1, compute_type="float32"),
    batch=4,
    cost=replace(PLAIN, step_base=0.5),
    reason="because",
)


def test_start_up_uses_what_was_saved(tmp_path: Path, tiny_model: ShelvedModel) -> None:
    model = ShelvedModel(folder=tmp_path, manifest=tiny_model.manifest)
    setting.write(tmp_path, FOUND)
    shape = Shape.saved(model)
    assert (shape.replicas, shape.threads, shape.compute_type, shape.batch) == (1, 1, "float32", 4)
    assert shape.cost.step_base == 0.5


def test_each_machine_has_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = replace(FOUND, machine=replace(FOUND.machine, cores=99), batch=64)
    setting.write(tmp_path, other)
    with caplog.at_level(logging.WARNING):
        assert setting.of_this_machine(tmp_path).setting == setting.plain()
    assert "frontdesk model calibrate" in caplog.text
    setting.write(tmp_path, FOUND)
    setting.write(tmp_path, replace(FOUND, batch=8))
    assert setting.of_this_machine(tmp_path).batch == 8
    assert len(setting.read(tmp_path)) == 2


def test_a_damaged_file_is_told_and_counts_as_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_text("[{")
    assert setting.of_this_machine(tmp_path).setting == setting.plain()
    assert "damaged" in caplog.text


def test_a_trial_measures_a_model_in_a_process_of_its_own(tiny_model: ShelvedModel) -> None:
    workloads = (Workload(batch=1, tokens=8, alone=True), Workload(batch=4, tokens=8))
    setting = Setting(replicas=2, threads=1, pinned=True)
    timings = measure(Request(folder=tiny_model.folder, setting=setting, workloads=workloads), 60)
    assert [each.workload for each in timings] == list(workloads)
    assert all(each.read > 0 and each.step > 0 for each in timings)


def test_a_trial_that_is_late_gives_what_it_has(tiny_model: ShelvedModel) -> None:
    endless = (Workload(batch=1, tokens=8),) * 1000
    setting = Setting(replicas=1, threads=1)
    timings = measure(Request(folder=tiny_model.folder, setting=setting, workloads=endless), 4)
    assert len(timings) < len(endless)


def test_a_setting_that_cannot_be_used_says_why(tiny_model: ShelvedModel) -> None:
    wrong = Setting(replicas=1, threads=1, compute_type="int3")
    with pytest.raises(ModelError, match="int3"):
        measure(Request(folder=tiny_model.folder, setting=wrong, workloads=()), 60)
