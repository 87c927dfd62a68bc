"""The tables of states: shown in the documentation as they are, and kept to by the database of the tests."""

from pathlib import Path

import pytest

from core.clock import SystemClock
from core.store.transitions import Transitions
from tests.places import Place
from tests.store.guard import TABLES, guard

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"


@pytest.mark.parametrize("transitions", TABLES.values(), ids=TABLES)
def test_the_page_shows_the_table(transitions: Transitions) -> None:
    rows = [f"| {before} | {after} | {reason} |" for (before, after), reason in transitions.items()]
    assert "\n".join(rows) in PAGE.read_text(encoding="utf-8")


async def test_the_guard_refuses_a_step_that_is_not_named(place: Place) -> None:
    async with place.open(SystemClock()):
        guard(place)
        place.ask("INSERT INTO turns (id, conversation, state, began_at) VALUES ('t', 'c', 'superseded', 0)")
        with pytest.raises(place.refusal, match=r"transitions\.py"):
            place.ask("UPDATE turns SET state = 'running'")
