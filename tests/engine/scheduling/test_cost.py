"""The cost model gives back what it was fitted to, and never a negative time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.scheduling.cost import PLAIN, CostModel, Reading, Stepping, fit

SHAPES = ((1, 50), (4, 50), (1, 400), (8, 100), (1, 1500))
PARTS = st.floats(min_value=1e-7, max_value=1e-2)
NOISE = st.floats(min_value=0.5, max_value=2.0)


def measured(cost: CostModel, noise: list[float]) -> tuple[list[Reading], list[Stepping]]:
    readings = [
        Reading(batch=batch, tokens=tokens, seconds=cost.read(batch, tokens) * factor)
        for (batch, tokens), factor in zip(SHAPES, noise, strict=True)
    ]
    steppings = [
        Stepping(batch=batch, context=tokens, seconds=cost.step(batch, tokens) * factor)
        for (batch, tokens), factor in zip(SHAPES, noise, strict=True)
    ]
    return readings, steppings


@given(PARTS, PARTS, PARTS)
def test_what_was_measured_is_predicted(base: float, linear: float, rest: float) -> None:
    cost = CostModel(
        read_base=base,
        read_token=linear,
        read_square=rest / 1000,
        step_base=base,
        step_answer=linear,
        step_context=rest / 1000,
    )
    found = fit(*measured(cost, [1.0] * len(SHAPES)))
    for batch, tokens in SHAPES:
        assert found.read(batch, tokens) == pytest.approx(cost.read(batch, tokens), rel=0.01)
        assert found.step(batch, tokens) == pytest.approx(cost.step(batch, tokens), rel=0.01)


@given(st.lists(NOISE, min_size=len(SHAPES), max_size=len(SHAPES)))
def test_noise_makes_nothing_cost_less_than_nothing(noise: list[float]) -> None:
    found = fit(*measured(PLAIN, noise))
    assert min(vars(found).values()) >= 0
    assert found.write(2, 100, 50) >= found.write(1, 100, 50)


def test_too_few_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match="three"):
        fit([], [])
