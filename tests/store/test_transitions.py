"""The tables of states: shown in the documentation as they are, and kept to by the database of the tests."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.store.sqlite.store import open_store
from core.store.transitions import Transitions
from tests.store.guard import TABLES, guard

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"


@pytest.mark.parametrize("transitions", TABLES.values(), ids=TABLES)
def test_the_page_shows_the_table(transitions: Transitions) -> None:
    rows = [f"| {before} | {after} | {reason} |" for (before, after), reason in transitions.items()]
    assert "\n".join(rows) in PAGE.read_text(encoding="utf-8")


async def test_the_guard_refuses_a_step_that_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.db"
    async with open_store(path, SystemClock()):
        guard(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "INSERT INTO turns (id, conversation, state, began_at) VALUES ('t', 'c', 'superseded', 0)"
            )
            with pytest.raises(sqlite3.IntegrityError, match=r"transitions\.py"):
                connection.execute("UPDATE turns SET state = 'running'")
