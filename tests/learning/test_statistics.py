"""Intervals hold what they claim, and drawing whole groups makes them as wide as they must be."""

import numpy as np
import pytest

from core.learning.evaluation.statistics import interval, perplexity_ratio, share_difference


def test_the_estimate_is_that_of_the_whole() -> None:
    found = interval([(1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 1, 1)], list("abcd"), share_difference)
    assert found.value == 0.5
    assert found.low <= found.value <= found.high
    ratio = interval([(-4.0, 2, -2.0, 2)], ["a"], perplexity_ratio)
    assert ratio.value == pytest.approx(np.exp(-1))


def test_no_difference_anywhere_is_no_difference_for_certain() -> None:
    found = interval([(1, 1, 1), (0, 0, 1)], ["a", "b"], share_difference)
    assert (found.low, found.value, found.high) == (0, 0, 0)


def test_the_same_figures_give_the_same_interval() -> None:
    quantities = [(a % 2, a % 3 == 0, 1) for a in range(40)]
    groups = [str(number) for number in range(40)]
    assert interval(quantities, groups, share_difference) == interval(quantities, groups, share_difference)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        serving, candidate = random.random(60) < 0.4, random.random(60) < 0.6
        quantities = [(float(a), float(b), 1.0) for a, b in zip(serving, candidate, strict=True)]
        found = interval(quantities, [str(at) for at in range(60)], share_difference)
        covered += found.low <= 0.2 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_examples_of_one_person_do_not_count_as_many() -> None:
    """Ten people of ten examples each, alike within a person, say as much as ten examples."""
    random = np.random.default_rng(2)
    quantities, alone, people = [], [], []
    for person in range(10):
        better = float(random.random() < 0.5)
        for example in range(10):
            quantities.append((0.0, better, 1.0))
            alone.append(f"{person}/{example}")
            people.append(str(person))
    narrow = interval(quantities, alone, share_difference)
    wide = interval(quantities, people, share_difference)
    assert wide.high - wide.low > 2.5 * (narrow.high - narrow.low)
