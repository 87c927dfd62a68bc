"""What all tests may use."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import Server, serving

# Processes that tests start find our packages, whatever folder they are started in.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))
)
# What one of them compiled, hundreds of others need not: it takes a quarter of their start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A Postgres server, one for each process of the test run."""
    with serving() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """A database with our schema, and nothing else."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database for each test: each is run on both kinds."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "frontdesk.db")
    return PostgresPlace(request.getfixturevalue("postgres_url"))
