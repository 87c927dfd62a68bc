"""Where keys can be: the same tests run on a file and on Postgres."""

import uuid
from pathlib import Path

import psycopg

from core.privacy.postgres_vault import PostgresVault
from core.privacy.vaults import SqliteVault, Vault
from tests.postgres import Server


def vault_at(place: str) -> Vault:
    """The vault in a file, or at the URL of a database."""
    return PostgresVault(place) if place.startswith("postgresql:") else SqliteVault(Path(place))


def empty_database(server: Server) -> str:
    """The address of a new database with nothing in it."""
    name = f"empty_{uuid.uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url(name)
