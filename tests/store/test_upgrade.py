"""Two versions on one database: the older one that runs goes on, and the older one that starts is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import StoreError
from core.store.sqlite.store import open_store
from tests.docs.pages import ROOT
from tests.samples import HERE, arrival, message

_NEWER = """
import sys
from pathlib import Path
from core.store.database import Database
from core.store.migrations import MIGRATIONS

@MIGRATIONS()
def m999_of_a_later_version(db):
    db.execute("ALTER TABLE turns ADD COLUMN later TEXT")
    db.execute("CREATE TABLE later (id TEXT PRIMARY KEY) STRICT")

Database(Path(sys.argv[1]))
print("at work", flush=True)
sys.stdin.read()
"""


async def test_while_a_newer_version_takes_over_the_older_one_goes_on_and_does_not_come_back(
    tmp_path: Path,
) -> None:
    file = tmp_path / "frontdesk.db"
    async with open_store(file, SystemClock()) as store:
        await store.inbox.accept(arrival(message("before"), key="1"))
        with subprocess.Popen(
            [sys.executable, "-c", _NEWER, file], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as newer:
            assert newer.stdout is not None and newer.stdout.readline() == b"at work\n"
            await store.inbox.accept(arrival(message("meanwhile"), key="2"))
            assert len(await store.inbox.waiting(HERE.key)) == 2
            newer.communicate()
    before = file.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        async with open_store(file, SystemClock()):
            pass
    assert file.read_bytes() == before
