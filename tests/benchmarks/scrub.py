"""`python -m tests.benchmarks.scrub`: one erasure among a million keys in Postgres, and who waits for it."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from core.errors import StoreError
from core.privacy.keys import Keys
from core.privacy.postgres_vault import PostgresVault
from tests.postgres import serving

SIZES = (10_000, 100_000, 1_000_000)
SECRET = "a secret of the benchmark, long enough"
WRAPPED = 60
"""Bytes of a wrapped key."""


def main() -> None:
    """Print a line for each size."""
    print("| keys | MB | erasure | longest wait of a reader | of who begins a conversation | failures |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        with serving(hurried=False) as server:
            url = server.url("postgres")
            with closing(Keys(PostgresVault(url), SECRET)) as keys:
                sealed = keys.seal("person", b"what they wrote")
                _fill(url, size)
                print(_line(url, keys, sealed, size), flush=True)


def _fill(url: str, size: int) -> None:
    with psycopg.connect(url, options="-c search_path=frontdesk_keys") as database:
        database.execute(
            "INSERT INTO keys (wrapped) SELECT decode(lpad('', %s, '0'), 'hex') || int8send(n) "
            "FROM generate_series(1, %s) AS n",
            [2 * (WRAPPED - 8), size],
        )
        database.execute("INSERT INTO owners SELECT 'o' || number, number FROM keys ON CONFLICT DO NOTHING")


def _line(url: str, keys: Keys, sealed: bytes, size: int) -> str:
    with psycopg.connect(url) as database:
        ((bytes_there,),) = database.execute(
            "SELECT pg_total_relation_size('frontdesk_keys.keys')"
        ).fetchall()
    reader, writer = (_Other(url, deed) for deed in (_reads, _begins))
    time.sleep(0.5)
    began = time.monotonic()
    assert keys.destroy({"person": [sealed]}) == 1
    seconds = time.monotonic() - began
    waits = [each.stop() for each in (reader, writer)]
    failures = reader.failures + writer.failures
    cells = (f"{size:,}", f"{bytes_there / 1e6:.0f}", *(f"{each:.2f} s" for each in (seconds, *waits)))
    return f"| {' | '.join(cells)} | {failures} |"


def _reads(keys: Keys, number: int) -> None:
    """A key that is not in memory, as of a conversation that was quiet for long."""
    own = keys.seal(f"reader {number}", b"x")
    keys._ciphers.clear()
    keys.open(f"reader {number}", own)


def _begins(keys: Keys, number: int) -> None:
    keys.seal(f"writer {number}", b"x")


class _Other:
    """Another core, which does the same again and again."""

    def __init__(self, url: str, deed: Callable[[Keys, int], None]) -> None:
        self.failures = 0
        self._longest = 0.0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url, deed))
        self._thread.start()

    def stop(self) -> float:
        """The longest that it waited, in seconds."""
        self._ends.set()
        self._thread.join()
        return self._longest

    def _run(self, url: str, deed: Callable[[Keys, int], None]) -> None:
        with closing(Keys(PostgresVault(url), SECRET)) as keys:
            for number in range(1 << 30):
                began = time.monotonic()
                try:
                    deed(keys, number)
                except StoreError:
                    self.failures += 1
                self._longest = max(self._longest, time.monotonic() - began)
                if self._ends.wait(0.005):
                    return


if __name__ == "__main__":
    main()
