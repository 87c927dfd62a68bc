"""The register of processing names every table and folder, and tells what becomes of a person's rows."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.knowledge.sql.knowledge import open_knowledge_base
from core.privacy import register
from core.privacy.keys import Keys
from core.privacy.vaults import SqliteVault
from core.store.sql.columns import SEALED
from core.store.sql.personal import IMPERSONAL, PERSONAL
from core.store.sql.retention import RULES
from core.store.sqlite.store import open_store
from tests.docs.pages import ROOT


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in rows if not name.startswith(("_", "sqlite_"))}


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """An installation with all its databases."""
    async with open_store(tmp_path / "frontdesk.db", SystemClock()):
        pass
    async with open_knowledge_base(tmp_path / "knowledge.sqlite3"):
        pass
    Keys(SqliteVault(tmp_path / "frontdesk.keys"), "s" * 40).close()
    return tmp_path


@pytest.mark.parametrize("place", ["frontdesk.db", "knowledge.sqlite3", "frontdesk.keys"])
async def test_every_table_is_in_the_register_with_purpose_and_retention(home: Path, place: str) -> None:
    records = register.PLACES[place]
    assert tables(home / place) == set(records)
    assert [name for name, each in records.items() if not (each.purpose and each.retention)] == []
    assert [
        name for name, each in records.items() if each.is_personal == (each.basis == register.NO_GROUND)
    ] == []


async def test_of_every_personal_table_is_known_which_rows_are_a_persons(home: Path) -> None:
    named = [each.table for each in PERSONAL]
    assert len(set(named)) == len(named)
    assert set(named) | IMPERSONAL == tables(home / "frontdesk.db")
    assert not set(named) & IMPERSONAL
    assert all(register.STORE[name].is_personal for name in named)


async def test_conditions_and_columns_are_those_of_the_schema(home: Path) -> None:
    values = {"person": "p", "own": "[]", "tickets": "[]", "turns": "[]"}
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        for each in PERSONAL:
            columns = _columns(database, each.table)
            assert {*each.emptied, *each.withheld} <= columns
            assert not each.at or each.at in columns
            database.execute(f"SELECT count(*) FROM {each.table} WHERE {each.condition}", values)


def test_whatever_is_sealed_for_a_conversation_goes_with_it() -> None:
    """A new column of a person's text cannot be forgotten in an export or an erasure."""
    known = {each.table for each in PERSONAL if each.own}
    assert {each.table for each in SEALED if each.moves} <= known


def test_what_is_personal_is_kept_for_a_period_unless_it_is_a_decision() -> None:
    kept = {rule.table for rules in RULES.values() for rule in rules}
    assert {each.table for each in PERSONAL} - kept == {"consents", "preferences"}


def test_the_page_is_what_the_register_says() -> None:
    page = (ROOT / "docs" / "register.md").read_text(encoding="utf-8")
    assert page == register.markdown(), "write `frontdesk privacy register` into docs/register.md"


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    rows: Iterable[tuple[object, ...]] = database.execute(f"PRAGMA table_info({table})")
    return {str(row[1]) for row in rows}
