"""The wait that is told to people follows from places and the time an answer holds one."""

import pytest

from core.engine.types import Load


@pytest.mark.parametrize(
    ("queued", "active", "position", "seconds"),
    [
        (0, 0, 1, 0.0),
        (0, 3, 1, 0.0),
        (0, 3, 2, 2.0),
        (1, 4, 1, 2.0),
        (4, 4, 4, 8.0),
        (9, 5, 1, 2.0),
    ],
)
def test_a_request_waits_for_the_places_that_come_free_before_it(
    queued: int, active: int, position: int, seconds: float
) -> None:
    load = Load(queued=queued, active=active, capacity=4, seconds_per_answer=8.0)
    assert load.wait_seconds(position) == seconds
