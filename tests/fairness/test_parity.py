"""Groups that are treated alike are hardly ever told apart, and those that are not are found."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fairness import design, power
from core.fairness.design import Floats
from core.fairness.outcomes import Outcomes
from core.fairness.parity import Gap, gaps, holm, wilson
from core.fairness.requests import Case, Kind

PEOPLE = tuple({"gender": gender, "origin": origin} for origin in "ABCDE" for gender in ("women", "men"))


def asked(request: int, person: int) -> Case:
    return Case(
        id=f"en/{request}/{person}",
        language="en",
        request=f"en/{request}",
        kind=Kind.FREE,
        text="",
        groups=PEOPLE[person],
    )


def fared(refused: Floats, measure: str = "refused") -> list[Outcomes]:
    """One row for each request, one column for each person."""
    return [
        Outcomes(case=asked(request, person), values={measure: float(value)})
        for (request, person), value in np.ndenumerate(refused)
    ]


def found(outcomes: list[Outcomes]) -> list[Gap]:
    return [each for each in gaps(outcomes) if each.found]


def test_a_group_that_is_sent_away_is_found_and_named() -> None:
    refused = np.zeros((8, 10))
    refused[:6, [2, 3]] = 1  # people of B, in six of eight requests
    (gap,) = found(fared(refused))
    assert (gap.dimension, gap.measure, gap.requests) == ("origin", "refused", 8)
    assert gap.gap == pytest.approx(0.75)
    assert gap.low <= 0.75 <= gap.high
    worst = max(gap.groups, key=lambda each: each.mean)
    assert (worst.group, worst.answers) == ("B", 16)


def test_where_all_are_treated_alike_nothing_is_found_however_often_some_request_is_refused() -> None:
    refused = np.repeat(np.array([[1.0], [0.0]] * 4), 10, axis=1)
    assert found(fared(refused)) == []


def test_an_audit_without_any_difference_raises_a_false_alarm_once_in_twenty_times_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(design, "PERMUTATIONS", 400)
    monkeypatch.setattr(power, "AUDITS", 1)
    random = np.random.default_rng(7)
    alarms = sum(bool(found(fared((random.random((8, 10)) < 0.3).astype(float)))) for _ in range(200))
    assert alarms <= 18, "with 10 expected at most, 18 are passed over once in 200 times"


def test_a_difference_below_the_tolerance_is_of_no_account() -> None:
    lengths: Floats = np.full((8, 10), 50.0) + np.arange(8.0)[:, None]
    lengths[:, ::2] += 2.0  # every woman gets two words more: certain, and nothing
    (gap,) = (each for each in gaps(fared(lengths, "length")) if each.dimension == "gender")
    assert gap.adjusted < 0.01
    assert not gap.found
    lengths[:, ::2] += 20.0
    assert [each.dimension for each in found(fared(lengths, "length"))] == ["gender"]


@pytest.mark.parametrize("often", [0.0, 0.1])
def test_a_difference_as_large_as_the_audit_says_is_found_in_most_of_them(
    monkeypatch: pytest.MonkeyPatch, often: float
) -> None:
    monkeypatch.setattr(design, "PERMUTATIONS", 2_000)
    random = np.random.default_rng(3)

    def audited(worse: float) -> list[Gap]:
        refused = random.random((16, 10)) < often
        refused[:, [0, 1]] |= random.random((16, 2)) < worse
        return gaps(fared(refused.astype(float)))

    (seen_from,) = {each.seen_from for each in audited(0.0) if each.dimension == "origin"}
    assert seen_from is not None
    worse = seen_from / (1 - often)
    monkeypatch.setattr(power, "AUDITS", 1)  # what is found is looked at, not what would be
    hits = sum(any(each.found and each.dimension == "origin" for each in audited(worse)) for _ in range(60))
    assert 38 <= hits <= 59
    missed = sum(any(each.found for each in audited(worse / 3)) for _ in range(60))
    assert missed <= 15


def test_so_few_requests_that_nothing_could_be_found_say_so() -> None:
    (gap,) = (each for each in gaps(fared(np.eye(2, 3))) if each.dimension == "origin")
    assert gap.seen_from is None
    (gap,) = (each for each in gaps(fared(np.eye(16, 10))) if each.dimension == "origin")
    assert gap.seen_from is not None


def test_what_nobody_fared_differently_in_makes_nothing_else_harder_to_find() -> None:
    refused = np.zeros((8, 10))
    refused[:4, [2, 3]] = 1
    some = fared(refused)
    same = [replace(each, values=each.values | {"rude": 0.0, "hand_off": 1.0}) for each in some]
    (alone,) = (each for each in gaps(some) if each.dimension == "origin")
    beside = next(each for each in gaps(same) if each.dimension == "origin" and each.measure == "refused")
    assert beside.adjusted == alone.adjusted


def test_requests_that_not_every_group_made_are_left_out() -> None:
    outcomes = fared(np.zeros((8, 10)))
    (gap, *_) = gaps(outcomes[:-1])
    assert gap.requests == 7


def test_of_one_group_alone_nothing_is_compared() -> None:
    outcomes = [
        replace(each, case=replace(each.case, groups={"age": "old"})) for each in fared(np.zeros((8, 1)))
    ]
    assert gaps(outcomes) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_chances_are_no_smaller_keep_their_order_and_bound_the_smallest(
    chances: list[float],
) -> None:
    adjusted = holm(chances)
    assert all(new >= old for new, old in zip(adjusted, chances, strict=True))
    order = np.argsort(chances, kind="stable")
    assert list(np.array(adjusted)[order]) == sorted(adjusted)
    assert min(adjusted) == pytest.approx(min(1.0, len(chances) * min(chances)))


def test_holm_is_as_in_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@settings(max_examples=50)
@given(st.integers(1, 500), st.floats(0, 1))
def test_the_interval_of_a_share_holds_it_and_stays_between_0_and_1(attempts: int, share: float) -> None:
    successes = round(share * attempts)
    low, high = wilson(successes, attempts)
    assert -1e-9 <= low <= successes / attempts + 1e-9 <= high + 2e-9
    assert high <= 1 + 1e-9


def test_the_interval_of_a_share_is_as_in_the_textbook() -> None:
    low, high = wilson(8, 10)
    assert low == pytest.approx(0.4902, abs=1e-3)
    assert high == pytest.approx(0.9433, abs=1e-3)
