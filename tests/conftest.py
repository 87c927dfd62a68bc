"""What all tests may use."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.engine import memory
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import Server, serving

# Processes that tests start find our packages, whatever folder they are started in.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))
)
# What one of them compiled, hundreds of others need not: it takes a quarter of their start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# The same examples in each run, however long a slow machine takes for one: what fails, fails for everybody.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

_LONG = (
    "docs/test_commands.py",
    "crash/test_crash.py",
    "playground/test_scenarios.py",
    "crash/test_database_faults.py",
    "delivery/stories/test_kills.py",
    "bots/test_fleet.py",
    "bots/test_run.py",
    "widget/test_scenario.py",
    "docs/test_fleet.py",
    "docs/test_screenshots.py",
    "knowledge/reading/test_hostile.py",
)
"""Files that take minutes, the longest first."""
_MEMORY = 2_500_000_000
"""Bytes that a worker and the processes of its tests may take."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first: files are handed out in this order, and nobody is to wait for one at the end."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(_LONG)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores, where there is memory for them: tests often wait for processes to start."""
    return max(2, min(3 * (os.cpu_count() or 1) // 2, memory.machine() // _MEMORY))


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
