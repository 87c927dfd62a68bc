"""The policy: nobody starves, nothing incompatible is mixed, nobody pays for another's length."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.engine.scheduling.cost import PLAIN
from core.engine.scheduling.policy import (
    FILL_LEAST,
    FILL_SHARE,
    RECALLS,
    SQUARED_TOKENS,
    Ask,
    Limits,
    Running,
    choose,
    patience,
    recall,
)

LIMITS = Limits(batch=16)


def _numbered(asks: Sequence[Ask]) -> list[Ask]:
    return [replace(ask, number=number) for number, ask in enumerate(asks)]


ASKS = st.builds(
    Ask,
    number=st.just(0),
    tokens=st.integers(1, 3000),
    answer=st.floats(1, 400),
    kind=st.sampled_from("ab"),
    fillable=st.booleans(),
    background=st.booleans(),
)
WAITING = st.lists(ASKS, min_size=1, max_size=40).map(_numbered)
RUNNING = st.lists(
    st.builds(
        Running,
        asks=st.lists(ASKS, min_size=1, max_size=8).map(lambda asks: [replace(a, kind="a") for a in asks]),
        length=st.integers(1, 3000),
        steps=st.integers(0, 400),
        recalled=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


def ask(number: int = 0, tokens: int = 60, kind: str = "a", **more: object) -> Ask:
    return replace(Ask(number=number, tokens=tokens, answer=100, kind=kind), **more)  # type: ignore[arg-type]  # any field


@given(WAITING, st.integers(1, 4))
def test_a_batch_is_of_one_kind_and_one_length(waiting: list[Ask], free: int) -> None:
    batch = choose(waiting, free, PLAIN, LIMITS)
    length = max(each.tokens for each in batch)
    assert len({each.kind for each in batch}) == 1
    assert len({each.background for each in batch}) == 1
    assert len(batch) <= LIMITS.batch
    for each in batch:
        allowed = max(FILL_LEAST, FILL_SHARE * each.tokens) if each.fillable else 0
        assert length - each.tokens <= allowed
    assert len(batch) == 1 or len(batch) * length**2 <= SQUARED_TOKENS


@given(WAITING, st.integers(1, 4))
def test_a_batch_takes_no_longer_than_its_requests_one_after_another(waiting: list[Ask], free: int) -> None:
    """But for the blanks, which the fill allows."""
    batch = choose(waiting, free, PLAIN, LIMITS)
    length = max(each.tokens for each in batch)
    answer = sum(each.answer for each in batch) / len(batch)
    together = PLAIN.write(len(batch), length, answer)
    apart = sum(PLAIN.write(1, each.tokens, each.answer) for each in batch)
    assert together <= (1 + FILL_SHARE) ** 2 * apart + FILL_LEAST * len(batch) * PLAIN.read_token


@given(WAITING, st.integers(1, 4))
def test_nobody_starves(waiting: list[Ask], free: int) -> None:
    """Whatever comes, a request waits for no more batches than there were requests before it."""
    left, batches = list(waiting), 0
    while left:
        oldest = [each for each in left if not each.background] or left
        batch = choose(left, free, PLAIN, LIMITS)
        assert batch[0] == oldest[0]
        left = [each for each in left if each not in batch]
        batches += 1
    assert batches <= len(waiting)


@given(WAITING)
def test_the_background_waits_while_anybody_does(waiting: list[Ask]) -> None:
    batch = choose(waiting, 1, PLAIN, LIMITS)
    if not all(each.background for each in waiting):
        assert not any(each.background for each in batch)


@given(WAITING, RUNNING)
def test_a_request_is_called_back_only_so_often(waiting: list[Ask], running: list[Running]) -> None:
    worn = [replace(batch, asks=[replace(each, recalls=RECALLS) for each in batch.asks]) for batch in running]
    assert recall(waiting, worn, PLAIN, LIMITS) is None
    found = recall(waiting, running, PLAIN, LIMITS)
    assert found is None or not any(batch.recalled for batch in running)


def test_a_crowd_is_shared_among_the_free_replicas() -> None:
    crowd = [ask(number) for number in range(16)]
    assert len(choose(crowd, 2, PLAIN, LIMITS)) == 8
    assert len(choose(crowd[8:], 1, PLAIN, LIMITS)) == 8


def test_a_burst_leaves_nobody_to_write_alone_where_even_shares_hold_all() -> None:
    slow_memory = replace(PLAIN, read_token=8.6e-4, read_square=7e-7, step_base=0.0165, step_context=2.3e-5)
    crowd = _numbered([Ask(number=0, tokens=60, answer=90, kind="a")] * 32)
    assert len(choose(crowd, 2, slow_memory, Limits(batch=32))) == 16


def test_who_comes_when_all_cores_are_busy_waits_a_moment_for_company_that_is_likely() -> None:
    like = Running(asks=[ask(0)], length=60, steps=10)
    unlike = Running(asks=[ask(0, tokens=1000)], length=1000, steps=10)
    alone, pair = [ask(1)], [ask(1), ask(2)]
    assert patience(alone, [like], 2, PLAIN) == 0
    assert patience(alone, [unlike] * 2, 2, PLAIN) == 0
    assert 0 < patience(pair, [like] * 2, 2, PLAIN) < patience(alone, [like] * 2, 2, PLAIN)
    assert patience(alone, [like, unlike], 2, PLAIN) < patience(alone, [like] * 2, 2, PLAIN)
    assert patience(alone, [like] * 2, 2, PLAIN) < patience(alone, [like] * 4, 2, PLAIN) < 5
    assert patience([ask(1, background=True)], [like] * 2, 2, PLAIN) == float("inf")


def test_a_short_prompt_does_not_wait_for_a_long_one_to_be_read() -> None:
    waiting = [ask(0, 50), ask(1, 1000), ask(2, 52), ask(3, 55)]
    assert [each.number for each in choose(waiting, 1, PLAIN, LIMITS)] == [0, 2, 3]


def test_prompts_that_cannot_be_filled_share_only_with_their_equals() -> None:
    waiting = [ask(0, 50, fillable=False), ask(1, 51, fillable=False), ask(2, 50, fillable=False)]
    assert [each.number for each in choose(waiting, 1, PLAIN, LIMITS)] == [0, 2]


def test_a_long_answer_makes_room_for_many_short_ones() -> None:
    long = Running(asks=[ask(0, answer=2000.0)], length=60, steps=100)
    short = [ask(number, answer=20.0) for number in range(1, 5)]
    assert recall(short, [long], PLAIN, LIMITS) is long
    almost_done = Running(asks=[ask(0, answer=3.0)], length=60, steps=100)
    assert recall(short, [almost_done], PLAIN, LIMITS) is None
