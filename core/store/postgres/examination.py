"""Looking into a Postgres database without touching it."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import psycopg

from core.errors import StoreError
from core.store.connection import Connection
from core.store.examination import Examination, examination_of
from core.store.postgres.connecting import NOW, Session, connect, said, unusable

T = TypeVar("T")


def look(url: str, function: Callable[[Connection], T]) -> T:
    """What `function`, which must not write, finds in the database. Not for the event loop.

    Raises:
        ConfigurationError: the address is none.
        StoreError: there is nothing yet, or it cannot be read.
    """
    try:
        with closing(connect(url, default_transaction_read_only="on").raw) as connection:
            session = Session(connection)
            if not _is_ours(session):
                raise StoreError("There is nothing in the database yet: nobody was answered")
            return function(session)
    except psycopg.Error as error:
        raise unusable(error) from None


def examine(url: str) -> Examination:
    """What the database holds. Not for the event loop.

    Raises:
        ConfigurationError: the address is none.
    """
    try:
        with closing(connect(url, default_transaction_read_only="on").raw) as connection:
            return _examined(Session(connection))
    except psycopg.Error as error:
        return Examination(damage=said(error))


def _examined(session: Session) -> Examination:
    if not _is_ours(session):
        return Examination()
    (now,) = session.execute(NOW).fetchone() or (0.0,)
    return examination_of(session, float(now))


def _is_ours(session: Session) -> bool:
    (is_there,) = session.execute("SELECT to_regclass('owners') IS NOT NULL").fetchone() or (False,)
    return bool(is_there)
