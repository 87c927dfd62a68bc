"""What data scientists are shown: figures, and nothing of who it was or what they said."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import FrontdeskError
from core.learning import figures
from core.message import Platform
from core.store.sqlite.examination import look
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.console.samples import ANSWERS, NAME, PHONE, Sample

METADATA = Path("examples/datasette.yaml")


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """Of a week of use."""
    clock = FakeClock()
    path = tmp_path / "frontdesk.db"
    async with open_store(path, clock) as store:
        sample = Sample(store, clock)
        await sample.week()
        await sample.consents(Platform.SLACK, "C0")
    return path


@pytest.fixture
def connection(database: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    (path,) = figures.as_sqlite(look(database, figures.read), tmp_path / "figures")
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def explained() -> Any:
    """What Datasette is told of the file."""
    return yaml.safe_load(METADATA.read_text(encoding="utf-8"))["databases"]["figures"]


def test_the_figures_tell_how_it_went_and_of_nobody(connection: sqlite3.Connection) -> None:
    every = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in explained()["tables"]}
    assert len(every["answers"]) == 20 and every["consents"] == [("2026-01-07", 1, 1)]
    told = str(every)
    secrets = [NAME, PHONE, "T1", "UC0", "slack:", *(text for each in ANSWERS for text in each[:2])]
    assert [each for each in secrets if each in told] == []


def test_datasette_explains_every_table_and_no_column_that_is_not_there(
    connection: sqlite3.Connection,
) -> None:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert set(explained()["tables"]) == names
    for name, table in explained()["tables"].items():
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        assert set(table.get("columns", {})) <= columns and table["description"]


def test_every_saved_query_of_datasette_answers(connection: sqlite3.Connection) -> None:
    for name, query in explained()["queries"].items():
        connection.execute(query["sql"]).fetchall()
        assert query["title"], name


def test_parquet_has_the_same_rows(database: Path, tmp_path: Path, connection: sqlite3.Connection) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `science`")
    files = figures.as_parquet(look(database, figures.read), tmp_path)
    assert [each.stem for each in files] == ["answers", "tickets", "gaps", "consents"]
    rows = parquet.read_table(files[0]).to_pylist()
    assert [tuple(each.values()) for each in rows] == connection.execute("SELECT * FROM answers").fetchall()


@pytest.mark.skipif(find_spec("pyarrow") is not None, reason="the extra `science` is installed")
def test_without_the_extra_a_sentence_says_what_is_missing(database: Path, tmp_path: Path) -> None:
    with pytest.raises(FrontdeskError, match="needs the extra `science`"):
        figures.as_parquet(look(database, figures.read), tmp_path)


def test_where_nobody_was_answered_yet_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(FrontdeskError, match="nobody was answered yet"):
        look(tmp_path / "frontdesk.db", figures.read)
