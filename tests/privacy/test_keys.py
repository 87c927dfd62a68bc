"""Keys: what is sealed with one is gone when the key is; another secret opens nothing."""

import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from core.errors import ConfigurationError, StoreError
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.store.database import Database
from core.store.sealing import MARK, PlainSealer
from core.store.sql.columns import SEALED
from core.store.sqlite.store import open_store
from tests.samples import HERE, arrival, message

SECRET, OTHER = "s" * 40, "t" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.keys"


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> KeyedSealer:
    return KeyedSealer(Keys(tmp_path_factory.mktemp("keys") / "frontdesk.keys", SECRET))


@given(st.text(), st.sampled_from("abc"))
def test_what_is_sealed_can_be_opened_by_its_owner_alone(sealer: KeyedSealer, text: str, owner: str) -> None:
    sealed = sealer.seal(owner, text)
    clear = text.encode("utf-8", "replace")
    assert sealed.startswith(MARK) and (len(clear) < 4 or clear not in sealed)
    assert sealer.open(owner, sealed) == clear.decode()
    assert sealer.seal(owner, text) != sealed
    sealer.seal("somebody else", "x")
    with pytest.raises(StoreError):
        sealer.open("somebody else", sealed)


def test_keys_outlive_the_process_and_no_other_secret_opens_them(path: Path) -> None:
    first = Keys(path, SECRET)
    sealed = first.seal("a", b"words")
    first.close()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="FRONTDESK_SECRET_KEY is not the one"):
        Keys(path, OTHER)
    assert Keys(path, SECRET).open("a", sealed) == b"words"


def test_a_destroyed_key_is_gone_from_the_file_and_from_every_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.privacy.keys.LOOK_SECONDS", 0.0)
    ours, theirs = Keys(path, SECRET), Keys(path, SECRET)
    sealed = ours.seal("a", b"words")
    assert theirs.open("a", sealed) == b"words"
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT wrapped FROM keys WHERE number = (SELECT number FROM owners WHERE owner = 'a')"
        (wrapped,) = database.execute(query).fetchone()
    assert wrapped in _everything(path)
    assert (ours.destroy("a"), ours.destroy("a")) == (1, 0)
    for keys in (ours, theirs):
        with pytest.raises(StoreError, match="erased"):
            keys.open("a", sealed)
    assert wrapped not in _everything(path)
    assert ours.open("a", ours.seal("a", b"new words")) == b"new words"


def test_what_names_a_key_whose_owner_was_lost_is_erased_all_the_same(path: Path) -> None:
    keys = Keys(path, SECRET)
    sealed = keys.seal("a", b"words")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM owners")  # as after a power cut
    keys.close()
    keys = Keys(path, SECRET)
    assert keys.open("a", sealed) == b"words"
    assert keys.seal("a", b"more")[:8] != sealed[:8] != keys.seal("b", b"more")[:8]
    assert keys.destroy("a", [sealed]) == 2
    with pytest.raises(StoreError, match="erased"):
        keys.open("a", sealed)


def test_another_secret_can_take_over_and_the_old_one_opens_nothing(path: Path) -> None:
    keys = Keys(path, SECRET)
    sealed = {owner: keys.seal(owner, owner.encode()) for owner in ("a", "b")}
    assert keys.rotate(OTHER) >= 2
    keys.close()
    with pytest.raises(ConfigurationError):
        Keys(path, SECRET)
    after = Keys(path, OTHER)
    assert all(after.open(owner, text) == owner.encode() for owner, text in sealed.items())


def test_threads_and_processes_agree_on_one_key_each(path: Path) -> None:
    keys = Keys(path, SECRET)
    with ThreadPoolExecutor(4) as threads:
        sealed = list(threads.map(lambda n: keys.seal(f"owner {n % 3}", b"x"), range(60)))
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        sealed += pool.starmap(_seal, [(path, f"owner {n % 5}") for n in range(20)])
    names = [f"owner {n % 3}" for n in range(60)] + [f"owner {n % 5}" for n in range(20)]
    assert {keys.open(owner, each) for owner, each in zip(names, sealed, strict=True)} == {b"x"}


def _seal(path: Path, owner: str) -> bytes:
    return Keys(path, SECRET).seal(owner, b"x")


def test_a_key_that_is_held_in_memory_no_more_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.privacy.keys.KEPT", 2)
    keys = Keys(path, SECRET)
    sealed = [keys.seal(str(n), b"x") for n in range(5)]
    assert [keys.open(str(n), each) for n, each in enumerate(sealed)] == [b"x"] * 5


def _everything(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


async def test_every_column_of_bytes_is_known(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.db")
    try:
        found = await database.read(
            lambda db: {
                (table.name, column.name)
                for table in db.tables
                for column in table.columns
                if column.type == "BLOB"
            }
        )
    finally:
        await database.close()
    assert found == {(each.table, column) for each in SEALED for column in each.columns}


async def test_what_was_kept_in_clear_is_sealed_later_and_needs_its_secret_from_then_on(
    tmp_path: Path, path: Path
) -> None:
    file = tmp_path / "frontdesk.db"
    async with open_store(file, SystemClock()) as store:
        await store.inbox.accept(arrival(message("the canary sings")))
    assert b"canary" in file.read_bytes()
    keys = Keys(path, SECRET)
    async with open_store(file, SystemClock(), KeyedSealer(keys)) as store:
        (entry,) = await store.inbox.waiting(HERE.key)
        assert await store.people.seal_clear() == 1
        assert await store.people.seal_clear() == 0
        assert await store.inbox.waiting(HERE.key) == [entry]
    left = [each.read_bytes() for each in tmp_path.iterdir() if each.is_file()]
    assert not any(b"canary" in data for data in left)
    async with open_store(file, SystemClock()) as store:
        with pytest.raises(StoreError, match="FRONTDESK_SECRET_KEY"):
            await store.inbox.waiting(HERE.key)


def test_without_a_secret_text_stays_text() -> None:
    assert PlainSealer().open("a", PlainSealer().seal("a", "words")) == "words"
