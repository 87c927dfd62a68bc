"""Our statements as psycopg wants them: other marks for parameters, and Postgres' names of types."""

import re
from functools import lru_cache

TYPES = {
    "BLOB": "BYTEA",
    "INTEGER": "BIGINT",  # SQLite's integers have 64 bits, and its REAL, too
    "REAL": "DOUBLE PRECISION",
    "TEXT": 'TEXT COLLATE "C"',  # sorted by bytes, as SQLite does, whatever the database's own collation
}
_PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|[%?]|:[a-z_]+|\b(?:BLOB|INTEGER|REAL|TEXT)\b")
_DEFINES = ("ALTER TABLE", "CREATE TABLE")


@lru_cache(maxsize=2048)
def translated(sql: str) -> bytes:
    """A statement of `core.store.sql` or of `core.store.migrations` for `psycopg.Cursor.execute`."""
    defines = sql.lstrip().startswith(_DEFINES)
    return _PARTS.sub(lambda part: _translated(part[0], defines), sql).encode()


def _translated(part: str, defines: bool) -> str:
    if part[0] == ":":
        return f"%({part[1:]})s"
    if part == "?":
        return "%s"
    if part in TYPES and (defines or part != "TEXT"):
        return TYPES[part]
    return part.replace("%", "%%")
