"""The search keeps one chat quick, then serves the crowd best, in a minute, and says what it left out."""

from pathlib import Path

import pytest

from core.engine.calibration.search import (
    ALONE,
    ANSWER,
    BUDGET,
    CROWD,
    GAIN,
    REST,
    Tried,
    calibrate,
    shapes,
    variants,
)
from core.engine.calibration.setting import Calibration, Setting
from core.engine.calibration.trial import Request, Timing, Workload
from core.errors import ModelError

TWO, ONE = "2 x 1 threads", "1 x 2 threads"


class Bench:
    """A machine on which settings are as quick as it is told.

    Args:
        alone: seconds of one chat, by setting.
        crowd: tokens a second, by setting.
        each: seconds that pass with each workload; by setting where it differs.
    """

    def __init__(
        self,
        alone: dict[str, float],
        crowd: dict[str, float],
        each: float = 1.0,
        slower: dict[str, float] | None = None,
    ) -> None:
        self.alone, self.crowd = alone, crowd
        self.each, self.slower = each, slower or {}
        self.now = 0.0
        self.asked: list[Request] = []

    def calibrate(self) -> tuple[Calibration, list[Tried]]:
        return calibrate(Path(), quiet, self, lambda: self.now)

    def __call__(self, request: Request, seconds: float) -> list[Timing]:
        self.asked.append(request)
        name = str(request.setting)
        if name.endswith(" float32"):
            raise ModelError("float32 cannot be used")
        each = self.slower.get(name, self.each)
        within = request.workloads[: int(seconds / each)]
        self.now += min(seconds, each * len(request.workloads))
        return [self._timing(request.setting, name, workload) for workload in within]

    def _timing(self, setting: Setting, name: str, workload: Workload) -> Timing:
        read = workload.batch * workload.tokens / 1000
        if workload == ALONE:
            return Timing(
                workload=workload, read=read, step=(self.alone.get(name, 9.0) - read) / (ANSWER - 1)
            )
        # Batches of more than eight bring nothing more.
        rate = self.crowd.get(name, 1.0) * min(workload.batch, 8) / 8
        return Timing(workload=workload, read=read, step=setting.replicas * workload.batch / rate)


def quiet(done: int, total: int, what: str) -> None:
    assert 0 <= done <= total


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.calibration.search.cores", lambda: 2)
    monkeypatch.setattr(
        "core.engine.calibration.search.cpu_types", lambda: ("int8", "int8_float32", "float32")
    )


@pytest.mark.usefixtures("two_cores")
def test_a_setting_that_slows_one_chat_is_not_kept_for_the_crowds_sake() -> None:
    found, _ = Bench({TWO: 2.0, ONE: 1.0}, {TWO: 900.0, ONE: 300.0}).calibrate()
    assert found.setting == Setting(replicas=1, threads=2)


@pytest.mark.usefixtures("two_cores")
def test_of_good_settings_the_crowds_best_is_kept_with_the_reason() -> None:
    bench = Bench(
        {TWO: 1.0, ONE: 1.02, f"{TWO} pinned": 1.0}, {TWO: 600.0, ONE: 300.0, f"{TWO} pinned": 900.0}
    )
    found, tried = bench.calibrate()
    assert found.setting == Setting(replicas=2, threads=1, pinned=True)
    assert "900 tokens a second" in found.reason
    assert "no time" not in found.reason
    assert [str(each.setting) for each in tried][:2] == [TWO, ONE]
    assert found.batch == 8, f"more bring less than {GAIN:.0%}"
    assert found.cost.read(1, 100) == pytest.approx(0.1, rel=0.01)


def test_nearly_equal_settings_do_not_win_by_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.calibration.search.cores", lambda: 1)
    bench = Bench(
        {"1 x 1 threads": 1.0, "1 x 1 threads AVX2": 0.99},
        {"1 x 1 threads": 600.0, "1 x 1 threads AVX2": 610.0},
    )
    assert bench.calibrate()[0].setting == Setting(replicas=1, threads=1)


@pytest.mark.usefixtures("two_cores")
def test_for_a_large_model_less_is_tried_and_a_minute_suffices() -> None:
    bench = Bench({TWO: 1.0}, {TWO: 600.0}, each=4.0)
    found, tried = bench.calibrate()
    assert bench.now <= BUDGET
    assert [str(each.setting) for each in tried] == [TWO, ONE, f"{TWO} AVX2"]
    left_out = found.reason.partition("no time for: ")[2]
    assert f"{TWO} int8_float32, {TWO} float32, {TWO} pinned" in left_out
    assert len(bench.asked[-1].workloads) == len(REST)


@pytest.mark.usefixtures("two_cores")
def test_what_the_cost_model_lacks_is_told_and_the_large_batches_go_first() -> None:
    found, _ = Bench({TWO: 1.0}, {TWO: 600.0}, each=10.0).calibrate()
    assert "8 x 32 tokens, 32 x 32 tokens, 1 x 32 tokens, 1 x 768 tokens" in found.reason
    assert found.batch == 16
    assert found.cost.read(1, 256) == pytest.approx(0.256, rel=0.05)


@pytest.mark.usefixtures("two_cores")
def test_a_setting_that_is_much_slower_is_given_up() -> None:
    bench = Bench({TWO: 1.0}, {TWO: 600.0}, slower={f"{TWO} AVX2": 1000.0})
    found, tried = bench.calibrate()
    assert bench.now <= BUDGET
    assert f"{TWO} AVX2 (given up after" in found.reason
    assert f"{TWO} AVX2" not in [str(each.setting) for each in tried]


@pytest.mark.usefixtures("two_cores")
def test_the_first_setting_is_measured_however_long_it_takes() -> None:
    bench = Bench({TWO: 1.0}, {TWO: 600.0}, each=60.0)
    found, tried = bench.calibrate()
    assert found.setting == Setting(replicas=2, threads=1)
    assert ONE in found.reason
    assert len(tried) == 1


@pytest.mark.usefixtures("two_cores")
def test_a_model_that_is_too_slow_for_the_machine_is_told() -> None:
    with pytest.raises(ModelError, match="took longer than 300 s"):
        Bench({TWO: 1.0}, {TWO: 600.0}, each=400.0).calibrate()


def test_where_nothing_works_the_reasons_are_told() -> None:
    def broken(request: Request, seconds: float) -> list[Timing]:
        raise ModelError(f"{request.setting} cannot be used: no such thing")

    with pytest.raises(ModelError, match="no such thing"):
        calibrate(Path(), quiet, broken)


def test_all_cores_are_used_in_every_shape() -> None:
    assert [(each.replicas, each.threads) for each in shapes(8)] == [(8, 1), (4, 2), (2, 4), (1, 8)]
    assert shapes(1) == [Setting(replicas=1, threads=1)]
    assert not any(each.pinned for each in variants(Setting(replicas=1, threads=2)))
    assert CROWD.batch in (8, 16, 32)
