"""The numbers that rows are given, after rows that brought their own."""

from core.store.connection import Connection
from core.store.moving import Table


def last(db: Connection, table: Table) -> int:
    """The highest number that was ever given to a row; 0 where there is none."""
    (number,) = db.execute(
        f"SELECT coalesce(pg_sequence_last_value(CAST({_sequence(table)} AS regclass)), 0)"
    ).fetchone()
    return int(number)


def go_on(db: Connection, table: Table, after: int) -> None:
    """Give new rows higher numbers than all there are, and than `after`."""
    number = f"greatest(coalesce(max({table.columns[0]}), 0), {after})"
    db.execute(
        f"SELECT setval({_sequence(table)}, greatest({number}, 1), {number} > 0) FROM {table.name}"  # noqa: S608 - of the schema
    )


def _sequence(table: Table) -> str:
    return f"pg_get_serial_sequence('{table.name}', '{table.columns[0]}')"
