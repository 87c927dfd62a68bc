"""The search keeps one chat quick, then serves the crowd best, and says why."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.calibration.search import CROWD, GAIN, calibrate, shapes
from core.engine.calibration.setting import Setting
from core.engine.calibration.trial import Request, Result
from core.engine.scheduling.cost import Reading, Stepping
from core.errors import ModelError


class Bench:
    """A machine on which settings are as quick as it is told."""

    def __init__(self, alone: dict[str, float], crowd: dict[str, float]) -> None:
        self.alone, self.crowd = alone, crowd
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Result:
        self.asked.append(request)
        name = str(request.setting)
        if "float32" in name and "int8" not in name:
            raise ModelError("float32 cannot be used")
        sizes = request.batches
        gains = {size: min(size, 8) / 8 for size in sizes}
        return Result(
            alone=self.alone.get(name, 9.0),
            crowd={size: self.crowd.get(name, 1.0) * gains[size] for size in sizes},
            readings=[Reading(batch=n, tokens=t, seconds=n * t / 1000) for n, t in request.prompts],
            steppings=[Stepping(batch=n, context=50, seconds=0.01 + n / 1000) for n in (*sizes, 2, 3)],
        )


def quiet(done: int, total: int, what: str) -> None:
    assert 0 <= done <= total


def test_a_setting_that_slows_one_chat_is_not_kept_for_the_crowds_sake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.engine.calibration.search.cores", lambda: 2)
    bench = Bench(
        {"2 x 1 threads": 2.0, "1 x 2 threads": 1.0}, {"2 x 1 threads": 900.0, "1 x 2 threads": 300.0}
    )
    found, _ = calibrate(Path(), quiet, bench)
    assert found.setting == Setting(replicas=1, threads=2)


def test_of_good_settings_the_crowds_best_is_kept_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.calibration.search.cores", lambda: 2)
    bench = Bench(
        {"2 x 1 threads": 1.0, "1 x 2 threads": 1.02, "2 x 1 threads pinned": 1.0},
        {"2 x 1 threads": 600.0, "1 x 2 threads": 300.0, "2 x 1 threads pinned": 900.0},
    )
    found, tried = calibrate(Path(), quiet, bench)
    assert found.setting == Setting(replicas=2, threads=1, pinned=True)
    assert "900 tokens a second" in found.reason
    assert [str(each.setting) for each in tried][:2] == ["2 x 1 threads", "1 x 2 threads"]
    assert found.batch == 8, f"more bring less than {GAIN:.0%}"
    assert found.cost.read(1, 100) == pytest.approx(0.1, rel=0.01)


def test_nearly_equal_settings_do_not_win_by_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.calibration.search.cores", lambda: 1)
    bench = Bench(
        {"1 x 1 threads": 1.0, "1 x 1 threads AVX2": 0.99},
        {"1 x 1 threads": 600.0, "1 x 1 threads AVX2": 610.0},
    )
    assert calibrate(Path(), quiet, bench)[0].setting == Setting(replicas=1, threads=1)


def test_where_nothing_works_the_reasons_are_told() -> None:
    def broken(request: Request) -> Result:
        raise ModelError(f"{request.setting} cannot be used: no such thing")

    with pytest.raises(ModelError, match="no such thing"):
        calibrate(Path(), quiet, broken)


def test_all_cores_are_used_in_every_shape() -> None:
    assert [(each.replicas, each.threads) for each in shapes(8)] == [(8, 1), (4, 2), (2, 4), (1, 8)]
    assert shapes(1) == [Setting(replicas=1, threads=1)]
    assert replace(shapes(2)[0], threads=1) == shapes(2)[0]
    assert CROWD in (8, 16, 32)
