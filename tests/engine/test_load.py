"""The wait that is told to people follows from what is before them and the time an answer takes."""

import pytest

from core.engine.types import Load


@pytest.mark.parametrize(
    ("position", "next_seconds", "seconds"),
    [(1, 0.0, 0.0), (1, 3.0, 3.0), (4, 3.0, 3.0), (5, 3.0, 7.0), (13, 3.0, 15.0)],
)
def test_a_request_waits_for_the_batches_that_begin_before_it(
    position: int, next_seconds: float, seconds: float
) -> None:
    load = Load(
        queued=20, active=8, capacity=8, seconds_per_answer=8.0, together=4, next_seconds=next_seconds
    )
    assert load.wait_seconds(position) == seconds


def test_where_fewer_than_there_is_room_for_are_answered_their_places_come_free() -> None:
    load = Load(queued=9, active=4, capacity=64, seconds_per_answer=8.0, together=1, next_seconds=3.0)
    assert load.wait_seconds(3) == 3.0 + 2 * 8.0 / 4
    nobody = Load(queued=9, active=0, capacity=64, seconds_per_answer=8.0, together=32, next_seconds=3.0)
    assert nobody.wait_seconds(1) == 3.0


@pytest.mark.parametrize(("active", "position", "seconds"), [(0, 1, 0), (3, 2, 2), (4, 1, 2), (4, 4, 8)])
def test_single_places_come_free_one_after_another(active: int, position: int, seconds: float) -> None:
    load = Load(queued=4, active=active, capacity=4, seconds_per_answer=8.0)
    assert load.wait_seconds(position) == seconds
