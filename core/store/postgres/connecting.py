"""Connections to Postgres, with the timeouts and the types that the store counts on."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.types.numeric import FloatLoader
from psycopg.types.string import StrDumper

from core.errors import ConfigurationError, StoreError
from core.store.moving import FENCED
from core.store.postgres.statements import translated

SCHEMA: Final = "frontdesk"
"""The schema of ours, so that our tables and functions meet no others."""
NOW = "SELECT extract(epoch FROM clock_timestamp())"
"""The server's clock: those of the machines may differ."""
CONNECT_SECONDS = 5
_CLIENT = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 5,  # seconds; a server that is cut off is noticed within 11
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    "client_encoding": "utf8",
}
_SERVER = {
    "search_path": SCHEMA,
    "default_transaction_isolation": r"read\ committed",  # each statement sees what the lock waited for
    "idle_in_transaction_session_timeout": "5s",  # whoever hangs gives the lock back
    "lock_timeout": "10s",
    "statement_timeout": "120s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "jit": "off",  # compiling takes longer than any of our statements
}


class Session:
    """Fills `core.store.connection.Connection`."""

    def __init__(self, raw: psycopg.Connection[TupleRow]) -> None:
        self.raw = raw

    def execute(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] = (), /
    ) -> psycopg.Cursor[TupleRow]:
        return self.raw.execute(translated(sql), parameters)


def connect(url: str, **settings: str) -> Session:
    """A connection, each statement of which is a transaction unless it begins one.

    Args:
        settings: of the session, besides those that all have.

    Raises:
        ConfigurationError: the address is none.
        psycopg.Error: it cannot be reached.
    """
    raw = psycopg.connect(**wanted(url, **settings), autocommit=True)
    adapt(raw.adapters)
    return Session(raw)


def adapt(adapters: AdaptersMap) -> None:
    """Let text be text, whatever it is compared with, and sums numbers, as in SQLite."""
    adapters.register_dumper(str, StrDumper)
    adapters.register_loader("numeric", FloatLoader)


def wanted(url: str, **settings: str) -> dict[str, Any]:
    """What a connection to this address is opened with.

    Raises:
        ConfigurationError: the address is none.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its words would show a part of the address
        raise ConfigurationError(
            "FRONTDESK_DATABASE_URL is not the address of a Postgres database. "
            "Write postgresql://USER:PASSWORD@HOST:5432/DATABASE, special characters of the password as %XX."
        ) from None
    options = " ".join(f"-c {name}={value}" for name, value in {**_SERVER, **settings}.items())
    return {**_CLIENT, **given, "options": f"{given.get('options') or ''} {options}".strip()}


def said(error: psycopg.Error) -> str:
    """What went wrong, without the values that Postgres quotes."""
    if isinstance(error, psycopg.OperationalError):
        return str(error.diag.message_primary or error).partition("\n")[0]
    return f"{type(error).__name__} {error.sqlstate or ''}".strip()


def unusable(error: psycopg.Error) -> StoreError:
    """That nothing can begin without the database."""
    why = FENCED if isinstance(error, psycopg.errors.LockNotAvailable) else said(error)
    return StoreError(f"The database of FRONTDESK_DATABASE_URL cannot be used: {why}")
