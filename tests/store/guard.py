"""Makes a test's database refuse every step that `core.store.transitions` does not name."""

import sqlite3
from contextlib import closing

import psycopg

from core.store.postgres.connecting import SCHEMA
from core.store.transitions import ENTRIES, POSTS, TICKETS, TURNS, Transitions
from tests.places import Place, PostgresPlace, SqlitePlace

TABLES = {"inbox": ENTRIES, "turns": TURNS, "outbox": POSTS, "tickets": TICKETS}


def guard(place: Place) -> None:
    """Put triggers into a database whose schema is there already."""
    match place:
        case SqlitePlace(path=path):
            with closing(sqlite3.connect(path)) as connection:
                for table, transitions in TABLES.items():
                    connection.execute(_sqlite_trigger(table, transitions))
        case PostgresPlace(url=url):
            with psycopg.connect(url, autocommit=True, options=f"-c search_path={SCHEMA}") as server:
                for table, transitions in TABLES.items():
                    server.execute(_postgres_trigger(table, transitions).encode())


def _sqlite_trigger(table: str, transitions: Transitions) -> str:
    return f"""
        CREATE TRIGGER IF NOT EXISTS guard_{table} BEFORE UPDATE OF state ON {table}
        WHEN OLD.state != NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES {_steps(transitions)})
        BEGIN SELECT RAISE(ABORT, '{_words(table)}'); END
    """


def _postgres_trigger(table: str, transitions: Transitions) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{_words(table)}' USING ERRCODE = 'integrity_constraint_violation';
        END $$;
        CREATE OR REPLACE TRIGGER guard_{table} BEFORE UPDATE OF state ON {table} FOR EACH ROW
        WHEN (OLD.state != NEW.state AND (OLD.state, NEW.state) NOT IN ({_steps(transitions)}))
        EXECUTE FUNCTION guard_{table}()
    """


def _words(table: str) -> str:
    return f"a step of {table} that transitions.py does not name"


def _steps(transitions: Transitions) -> str:
    return ", ".join(f"('{before}', '{after}')" for before, after in transitions)
