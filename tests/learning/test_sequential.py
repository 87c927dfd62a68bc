"""The test may be looked at after every answer, and still keeps to its error."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.learning.sequential import Outcome, weigh

SHARE = 0.25


def drawn(serving: float, canary: float, *, answers: int, seed: int) -> list[Outcome]:
    random = np.random.default_rng(seed)
    of_canary = random.random(answers) < SHARE
    chances = np.where(of_canary, canary, serving)
    good = random.random(answers) < chances
    return [Outcome(of_canary=bool(a), good=bool(b)) for a, b in zip(of_canary, good, strict=True)]


def refuted(serving: float, canary: float, *, runs: int, answers: int = 400) -> float:
    """How often the evidence ever reaches 20."""
    found = [weigh(drawn(serving, canary, answers=answers, seed=seed), SHARE).against for seed in range(runs)]
    return sum(each >= 20 for each in found) / runs


def test_a_canary_as_good_is_hardly_ever_refuted_however_often_one_looks() -> None:
    assert refuted(0.9, 0.9, runs=300) <= 0.05
    assert refuted(0.5, 0.5, runs=300) <= 0.05


def test_a_better_canary_is_refuted_even_less() -> None:
    assert refuted(0.6, 0.9, runs=300) <= 0.01


def test_a_clearly_worse_canary_is_refuted_soon() -> None:
    assert refuted(0.9, 0.4, runs=50, answers=200) >= 0.95


def test_nothing_is_said_before_there_is_anything_to_compare() -> None:
    assert weigh([], SHARE).against == 1.0
    assert weigh([Outcome(of_canary=True, good=False)] * 100, SHARE).against == 1.0
    evidence = weigh([Outcome(of_canary=False, good=True)] * 3, SHARE)
    assert (evidence.serving.all, evidence.canary.all, evidence.against) == (3, 0, 1.0)


@given(st.lists(st.builds(Outcome, of_canary=st.booleans(), good=st.booleans()), max_size=60))
def test_evidence_never_shrinks_as_answers_come_in(outcomes: list[Outcome]) -> None:
    seen = [weigh(outcomes[:at], SHARE).against for at in range(len(outcomes) + 1)]
    assert seen == sorted(seen)
