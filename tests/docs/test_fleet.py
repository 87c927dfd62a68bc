"""A fleet, brought up and hurt as `docs/fleet.md` says, command by command."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.docs.pages import FLEET
from tests.docs.reader import VARIABLES, Reader, free_ports, lend_the_clone, lend_the_models

PORTS = ("4222", "8080", "8081", "8082", "8083", "8084")
SUDO = """#!/bin/sh
# `sudo -u postgres COMMAND`: as the user whom Debian's Postgres lets do everything.
shift 2
exec env PATH="{programs}:$PATH" PGHOST={folder} PGPORT={port} PGUSER=postgres PGDATABASE=postgres "$@"
"""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody in a clone, on a machine with a Postgres that has nothing in it."""
    lend_the_clone(tmp_path)
    lend_the_models(tmp_path / "fleet" / "core" / ".frontdesk")
    with postgres.serving(owner="postgres", address="127.0.0.1") as server:
        _ask_for_passwords(server)
        _let_sudo_be(tmp_path / "bin", server)
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        ports = {**free_ports(*PORTS), "5432": str(server.port)}
        yield Reader(folder=tmp_path, environment={**_plain(), "PATH": path}, ports=ports)
        _end_what_still_runs(tmp_path / VARIABLES)


def _ask_for_passwords(server: postgres.Server) -> None:
    """Over TCP, as Debian's does."""
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    with psycopg.connect(f"host={server.folder} port={server.port} user=postgres") as connection:
        connection.execute("SELECT pg_reload_conf()")


def _let_sudo_be(folder: Path, server: postgres.Server) -> None:
    folder.mkdir()
    programs = Path(postgres.program("psql")).parent
    sudo = folder / "sudo"
    sudo.write_text(SUDO.format(programs=programs, folder=server.folder, port=server.port))
    sudo.chmod(0o755)


def _plain() -> dict[str, str]:
    ours = ("SLACK_", "TELEGRAM_", "FRONTDESK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _end_what_still_runs(variables: Path) -> None:
    """Where the page did not come to its end."""
    kept = variables.read_text() if variables.exists() else ""
    for process in re.findall(r'^declare -x (?:NATS|TELEGRAM|CORE_\d|WORKER_\d)="(\d+)"', kept, re.MULTILINE):
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)


@pytest.mark.model
def test_a_fleet_answers_although_one_of_each_is_killed(reader: Reader) -> None:
    reader.read(FLEET)
