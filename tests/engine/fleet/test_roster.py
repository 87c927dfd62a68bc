"""Workers of different speed, as a core counts them together."""

import pytest

from core.engine.fleet.roster import Roster
from core.engine.fleet.wire import Advertisement
from core.engine.types import Load, ModelCard
from core.testing import FakeClock

CARD = ModelCard(name="one", version="1", context_length=2048)


def told(worker: str, seconds: float, tokens_per_second: float, active: int = 0) -> Advertisement:
    """A worker with four places."""
    return Advertisement(
        worker=worker,
        machine="m",
        card=CARD,
        models=(CARD.reference,),
        load=Load(queued=0, active=active, capacity=4, seconds_per_answer=seconds),
        tokens_per_second=tokens_per_second,
    )


@pytest.fixture
def roster() -> Roster:
    return Roster(FakeClock())


def test_a_wait_is_told_by_what_fast_and_slow_ones_finish_together(roster: Roster) -> None:
    roster.note(told("fast", 5.0, 40.0, active=4))
    alone = roster.load()
    roster.note(told("slow", 50.0, 4.0, active=4))
    load = roster.load()
    assert alone and load and load.capacity == 8
    # The fast one finishes 48 answers a minute, and the slow one 4.8.
    assert load.wait_seconds(53) == pytest.approx(60, rel=0.02)
    assert load.wait_seconds(53) < alone.wait_seconds(53), "another worker makes nobody wait longer"


def test_what_has_to_be_known_at_once_the_fastest_of_the_idle_ones_is_asked(roster: Roster) -> None:
    for name, speed in (("slow", 4.0), ("fast", 40.0), ("new", 0.0)):
        roster.note(told(name, 5.0, speed))
    least = roster.least_busy(lambda _: True)
    assert least and least.worker == "fast"
    roster.note(told("fast", 5.0, 40.0, active=1))
    least = roster.least_busy(lambda _: True)
    assert least and least.worker == "slow"


def test_the_pace_is_told_once_it_is_known(roster: Roster) -> None:
    roster.note(told("new", 5.0, 0.0))
    assert roster.pace() == ""
    roster.note(told("fast", 5.0, 40.4))
    assert roster.pace() == "An answer grows by 40 tokens a second."
    roster.note(told("slow", 50.0, 4.0))
    assert roster.pace() == "An answer grows by 4 to 40 tokens a second."
