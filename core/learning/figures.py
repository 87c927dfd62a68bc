"""Figures for data scientists, in files of their own: neither who it was nor what they said."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from sqlite_utils import Database

from core.errors import FrontdeskError
from core.store.connection import Connection

VIEWS = ("figures_answers", "figures_tickets", "figures_gaps", "figures_consents")
"""As the schema of the store has them."""
FILE = "figures.db"
Table = Mapping[str, Sequence[object]]
"""By column, a value for each row."""


def read(db: Connection) -> Mapping[str, Table]:
    """What the store's views show, by their names without "figures_"."""
    return {view.removeprefix("figures_"): _table(db, view) for view in VIEWS}


def as_sqlite(tables: Mapping[str, Table], folder: Path) -> Sequence[Path]:
    """Write one SQLite file, `figures.db`, with a table for each view; `examples/datasette.yaml` explains it.

    Args:
        tables: as `read` gives them.
        folder: made where it is missing; a file of this name is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    fresh = folder / f".{FILE}"
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(fresh)) as connection:
        written = Database(connection)
        for name, table in tables.items():
            written.table(name).create({column: _type(values) for column, values in table.items()})
            written.table(name).insert_all(_rows(table))
    fresh.replace(path)
    return [path]


def as_parquet(tables: Mapping[str, Table], folder: Path) -> Sequence[Path]:
    """Write a Parquet file for each view.

    Args:
        tables: as `read` gives them.
        folder: made where it is missing; files of the same names are replaced.

    Raises:
        FrontdeskError: the extra `science` is missing.
    """
    if find_spec("pyarrow") is None:
        raise FrontdeskError(
            "Parquet needs the extra `science`: "
            "run `.venv/bin/pip install --editable '.[science]'` in Frontdesk's folder"
        )
    import pyarrow  # noqa: PLC0415 - an extra, and large
    from pyarrow import parquet  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        parquet.write_table(pyarrow.table(dict(table)), folder / f"{name}.parquet")
    return [folder / f"{name}.parquet" for name in tables]


def _table(db: Connection, view: str) -> Table:
    names = [name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", [view]).fetchall()]
    rows = db.execute(f"SELECT * FROM {view}").fetchall()  # noqa: S608 - a constant
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _rows(table: Table) -> Iterator[dict[str, object]]:
    for values in zip(*table.values(), strict=True):
        yield dict(zip(table, values, strict=True))


def _type(values: Sequence[object]) -> type:
    """Of the first value that there is; a column without any is text."""
    return next((type(each) for each in values if each is not None), str)
