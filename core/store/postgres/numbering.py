"""The numbers that rows are given, after rows that brought their own."""

from collections.abc import Sequence

from core.store.connection import Connection
from core.store.moving import Table


def go_on(db: Connection, tables: Sequence[Table]) -> None:
    """Give new rows higher numbers than all there are."""
    for table in tables:
        name, number = table.name, table.columns[0]
        sequence, free = f"pg_get_serial_sequence('{name}', '{number}')", f"coalesce(max({number}), 0) + 1"
        db.execute(f"SELECT setval({sequence}, {free}, false) FROM {name}")  # noqa: S608 - of the schema
