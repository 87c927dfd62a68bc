"""Keys: what is sealed with one is gone when the key is; another secret opens nothing."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from core.errors import ConfigurationError, StoreError
from core.privacy.keys import Keys
from core.privacy.postgres_vault import PostgresVault
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import SqliteVault, Vault
from core.store.database import Database
from core.store.sealing import MARK, PlainSealer
from core.store.sql.columns import SEALED
from core.store.sqlite.store import open_store
from tests.postgres import Server
from tests.samples import HERE, arrival, message
from tests.trust.page import Note
from tests.vaults import empty_database, vault_at

SECRET, OTHER = "s" * 40, "t" * 40


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where keys lie: a file, or the URL of a database."""
    if request.param == "sqlite":
        return str(tmp_path / "frontdesk.keys")
    return empty_database(request.getfixturevalue("postgres"))


@pytest.fixture
def keys_url(postgres: Server) -> str:
    return empty_database(postgres)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.keys"


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> KeyedSealer:
    return KeyedSealer(Keys(SqliteVault(tmp_path_factory.mktemp("keys") / "frontdesk.keys"), SECRET))


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


def test_keys_outlive_the_process_and_no_other_secret_opens_them(where: str, record_property: Note) -> None:
    first = Keys(vault_at(where), SECRET)
    sealed = first.seal("a", b"words")
    first.close()
    others = (OTHER, "", SECRET.upper(), SECRET[:-1], f"{SECRET} ", f"{SECRET[:-1]}t")
    for other in others:
        with closing(vault_at(where)) as vault, pytest.raises(ConfigurationError, match="is not the one"):
            Keys(vault, other)
    record_property("P7", f"{len(others)} other secrets: none opens the keys")
    with closing(Keys(vault_at(where), SECRET)) as again:
        assert again.open("a", sealed) == b"words"


def test_nobody_else_may_read_the_file(path: Path) -> None:
    Keys(SqliteVault(path), SECRET).close()
    assert path.stat().st_mode & 0o077 == 0


def test_a_destroyed_key_is_gone_from_where_it_was_and_from_every_process(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.privacy.keys.LOOK_SECONDS", 0.0)
    with (
        closing(vault_at(where)) as vault,
        closing(Keys(vault_at(where), SECRET)) as ours,
        closing(Keys(vault_at(where), SECRET)) as theirs,
    ):
        sealed = ours.seal("a", b"words")
        assert theirs.open("a", sealed) == b"words"
        query = "SELECT wrapped FROM keys WHERE number = (SELECT number FROM owners WHERE owner = 'a')"
        ((wrapped,),) = vault.execute(query)
        assert wrapped in _everything(where, vault)
        assert (ours.destroy({"a": []}), ours.destroy({"a": []})) == (1, 0)
        for keys in (ours, theirs):
            with pytest.raises(StoreError, match="erased"):
                keys.open("a", sealed)
        assert wrapped not in _everything(where, vault)
        assert ours.open("a", ours.seal("a", b"new words")) == b"new words"


def test_many_keys_are_destroyed_at_once(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(vault_at(where)) as vault:
        keys, scrub, scrubs = Keys(vault, SECRET), vault.scrub, 0

        def counted() -> None:
            nonlocal scrubs
            scrubs += 1
            scrub()

        monkeypatch.setattr(vault, "scrub", counted)
        sealed = {owner: keys.seal(owner, b"words") for owner in ("a", "b", "c")}
        assert keys.destroy({"a": [], "b": [sealed["b"]]}) == 2
        assert scrubs == 1
        for owner in ("a", "b"):
            with pytest.raises(StoreError, match="erased"):
                keys.open(owner, sealed[owner])
        assert keys.open("c", sealed["c"]) == b"words"


def test_what_names_a_key_whose_owner_was_lost_is_erased_all_the_same(where: str) -> None:
    with closing(Keys(vault_at(where), SECRET)) as keys:
        sealed = keys.seal("a", b"words")
    with closing(vault_at(where)) as vault:
        vault.execute("DELETE FROM owners")  # as after a power cut
    with closing(Keys(vault_at(where), SECRET)) as keys:
        assert keys.open("a", sealed) == b"words"
        assert keys.seal("a", b"more")[:8] != sealed[:8] != keys.seal("b", b"more")[:8]
        assert keys.destroy({"a": [sealed]}) == 2
        with pytest.raises(StoreError, match="erased"):
            keys.open("a", sealed)


def test_another_secret_can_take_over_and_the_old_one_opens_nothing(where: str) -> None:
    with closing(Keys(vault_at(where), SECRET)) as keys:
        sealed = {owner: keys.seal(owner, owner.encode()) for owner in ("a", "b")}
        assert keys.rotate(OTHER) >= 2
        assert keys.open("a", sealed["a"]) == b"a"
    with closing(vault_at(where)) as vault, pytest.raises(ConfigurationError):
        Keys(vault, SECRET)
    with closing(Keys(vault_at(where), OTHER)) as after:
        assert all(after.open(owner, text) == owner.encode() for owner, text in sealed.items())


def test_who_still_has_the_old_secret_makes_no_keys_that_nobody_could_open(where: str) -> None:
    with closing(Keys(vault_at(where), SECRET)) as left, closing(Keys(vault_at(where), SECRET)) as keys:
        left.seal("a", b"before")
        keys.rotate(OTHER)
        sealed: dict[str, bytes] = {}
        for number in range(200):
            with suppress(StoreError):
                sealed[f"owner {number}"] = left.seal(f"owner {number}", b"after")
    with closing(Keys(vault_at(where), OTHER)) as after:
        assert all(after.open(owner, text) == b"after" for owner, text in sealed.items())


def test_threads_and_processes_agree_on_one_key_each(where: str) -> None:
    with closing(Keys(vault_at(where), SECRET)) as keys:
        with ThreadPoolExecutor(4) as threads:
            sealed = list(threads.map(lambda n: keys.seal(f"owner {n % 3}", b"x"), range(60)))
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            sealed += pool.starmap(_seal, [(where, f"owner {n % 5}") for n in range(20)])
        names = [f"owner {n % 3}" for n in range(60)] + [f"owner {n % 5}" for n in range(20)]
        assert {keys.open(owner, each) for owner, each in zip(names, sealed, strict=True)} == {b"x"}


def _seal(where: str, owner: str) -> bytes:
    with closing(Keys(vault_at(where), SECRET)) as keys:
        return keys.seal(owner, b"x")


def test_several_processes_that_begin_at_once_agree_on_the_secrets_proof(where: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(lambda _: Keys(vault_at(where), SECRET), range(8)))
    sealed = [keys.seal("a", b"x") for keys in begun]
    for keys in begun:
        assert {keys.open("a", each) for each in sealed} == {b"x"}
        keys.close()


def test_a_key_that_is_held_in_memory_no_more_is_read_again(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.privacy.keys.KEPT", 2)
    with closing(Keys(vault_at(where), SECRET)) as keys:
        sealed = [keys.seal(str(n), b"x") for n in range(5)]
        assert [keys.open(str(n), each) for n, each in enumerate(sealed)] == [b"x"] * 5


def _everything(where: str, vault: Vault) -> bytes:
    """The bytes in which keys are kept, whatever is still valid in them."""
    if isinstance(vault, PostgresVault):
        vault.execute("CHECKPOINT")
        return bytes(vault.execute("SELECT pg_read_binary_file(pg_relation_filepath('keys'))")[0][0])
    return b"".join(each.read_bytes() for each in Path(where).parent.glob(f"{Path(where).name}*"))


def test_a_lost_connection_is_opened_anew(keys_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.privacy.keys.LOOK_SECONDS", 0.0)
    with closing(Keys(PostgresVault(keys_url), SECRET)) as keys, closing(vault_at(keys_url)) as vault:
        for act in (
            lambda: keys.seal("a", b"x"),
            lambda: keys.destroy({"b": []}),
            lambda: keys.rotate(SECRET),
        ):
            act()
            vault.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid != pg_backend_pid() "
                "AND datname = current_database()"
            )
            act()


def test_keys_do_not_lie_with_the_messages(keys_url: str) -> None:
    with closing(PostgresVault(keys_url)) as vault:
        vault.execute("CREATE SCHEMA frontdesk")
        vault.execute("CREATE TABLE frontdesk.inbox (id bigint)")
    with pytest.raises(ConfigurationError, match="a database of their own"):
        PostgresVault(keys_url)


def test_a_wrong_address_of_the_keys_is_told_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match="FRONTDESK_KEYS_URL") as refused:
        PostgresVault("keys:hush@db/keys")
    with pytest.raises(StoreError) as unreachable:
        PostgresVault("postgresql://keys:hush@127.0.0.1:9/keys")
    assert "hush" not in f"{refused.value}{unreachable.value}"


async def test_every_column_of_bytes_is_known(tmp_path: Path, record_property: Note) -> None:
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
    record_property("P7", f"{len(found)} columns hold words of people: all are encrypted")


async def test_what_was_kept_in_clear_is_sealed_later_and_needs_its_secret_from_then_on(
    tmp_path: Path, path: Path
) -> None:
    file = tmp_path / "frontdesk.db"
    async with open_store(file, SystemClock()) as store:
        await store.inbox.accept(arrival(message("the canary sings")))
    assert b"canary" in file.read_bytes()
    keys = Keys(SqliteVault(path), SECRET)
    async with open_store(file, SystemClock(), KeyedSealer(keys)) as store:
        (entry,) = await store.inbox.waiting(HERE.key)
        assert await store.people.seal_anew() == 1
        assert await store.people.seal_anew() == 0
        assert await store.inbox.waiting(HERE.key) == [entry]
    left = [each.read_bytes() for each in tmp_path.iterdir() if each.is_file()]
    assert not any(b"canary" in data for data in left)
    async with open_store(file, SystemClock()) as store:
        with pytest.raises(StoreError, match="FRONTDESK_SECRET_KEY"):
            await store.inbox.waiting(HERE.key)


def test_without_a_secret_text_stays_text() -> None:
    assert PlainSealer().open("a", PlainSealer().seal("a", "words")) == "words"
