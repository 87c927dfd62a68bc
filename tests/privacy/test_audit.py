"""The audit trail: what was done is in it, and what was done to it shows."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import SystemClock
from core.errors import NotProved, StoreError
from core.privacy.audit import SELF, Action, AuditEntry, End, accounted, accounted_once
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import SqliteVault
from core.store.ports import Store
from core.store.sqlite.store import open_store
from tests.samples import HERE, arrival, message

READ = AuditEntry(actor="Rita", action=Action.READ, subject="conversation", whose=HERE.key)
ENTRIES = (
    AuditEntry(actor="Rita", action=Action.SIGN_IN, subject="console"),
    READ,
    AuditEntry(actor=SELF, action=Action.EXPORT, whose="slack:T1:UCANARY"),
    AuditEntry(actor="root", action=Action.PROMOTE, subject="model:m@1", detail="by hand"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "frontdesk.db"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[Store]:
    async with open_store(file, SystemClock()) as store:
        yield store


async def _filled(file: Path, entries: Sequence[AuditEntry] = ENTRIES) -> str:
    """A trail in a file that is closed again; its head."""
    async with open_store(file, SystemClock()) as store:
        for entry in entries:
            await store.audit.record(entry)
        return (await store.audit.verify()).head


def _tamper(file: Path, *statements: str) -> None:
    """As somebody does who may write the file."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("DROP TRIGGER audit_update")
        db.execute("DROP TRIGGER audit_delete")
        for statement in statements:
            db.execute(statement)
        db.commit()


async def test_what_was_done_is_told_newest_first(store: Store) -> None:
    for entry in ENTRIES:
        await store.audit.record(entry)
    found = await store.audit.records(3)
    assert [each.number for each in found] == [4, 3, 2]
    assert [each.entry.action for each in found] == [Action.PROMOTE, Action.EXPORT, Action.READ]
    assert [each.number for each in await store.audit.records(9, before=3)] == [2, 1]
    assert [each.number for each in await store.audit.records(9, actor="Rita", action=Action.READ)] == [2]


async def test_whose_data_it_was_is_found_by_who_knows_them_and_told_while_they_are_kept(
    store: Store, file: Path
) -> None:
    for entry in ENTRIES:
        await store.audit.record(entry)
    assert [each.number for each in await store.audit.records(9, whose="slack:T1:UCANARY")] == [3]
    (read,) = await store.audit.records(9, whose=HERE.key)
    assert (read.number, read.known) == (2, "")
    await store.inbox.accept(arrival(message("hello")))
    (read,) = await store.audit.records(9, whose=HERE.key)
    assert read.known == HERE.key
    assert not any(
        b"UCANARY" in each.read_bytes() for each in file.parent.glob(f"{file.name}*") if each.is_file()
    )


@given(
    st.lists(
        st.builds(
            AuditEntry,
            actor=st.text(),
            action=st.sampled_from(Action),
            subject=st.text(),
            whose=st.text(),
            detail=st.text(),
            end=st.sampled_from(End),
        ),
        max_size=8,
    )
)
@settings(max_examples=20)
def test_whatever_is_written_holds(
    tmp_path_factory: pytest.TempPathFactory, entries: list[AuditEntry]
) -> None:
    async def story() -> None:
        async with open_store(tmp_path_factory.mktemp("trail") / "f.db", SystemClock()) as store:
            for entry in entries:
                await store.audit.record(entry)
            found = await store.audit.verify()
            assert (found.count, found.fault) == (len(entries), "")

    asyncio.run(story())


async def test_two_processes_write_one_chain(file: Path) -> None:
    async with open_store(file, SystemClock()) as first, open_store(file, SystemClock()) as second:
        await asyncio.gather(*(each.audit.record(READ) for _ in range(100) for each in (first, second)))
        found = await first.audit.verify()
        assert (found.count, found.fault) == (200, "")


async def test_our_own_code_cannot_change_it(file: Path) -> None:
    await _filled(file)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with (
            closing(sqlite3.connect(file)) as db,
            pytest.raises(sqlite3.IntegrityError, match="never changed"),
        ):
            db.execute(statement)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("UPDATE audit SET actor = 'Otto' WHERE number = 2", 1),
        ("UPDATE audit SET at = at + 1 WHERE number = 2", 1),
        ("UPDATE audit SET action = 'review' WHERE number = 2", 1),
        ("UPDATE audit SET subject = 'x' WHERE number = 2", 1),
        ("UPDATE audit SET whose = '' WHERE number = 2", 1),
        ("UPDATE audit SET detail = 'x' WHERE number = 2", 1),
        ("UPDATE audit SET end = 'refused' WHERE number = 2", 1),
        ("UPDATE audit SET digest = (SELECT digest FROM audit WHERE number = 1) WHERE number = 2", 1),
        ("DELETE FROM audit WHERE number = 2", 1),
        ("DELETE FROM audit WHERE number = 1", 0),
        ("INSERT INTO audit VALUES (5, 1.0, 'Rita', 'read', '', '', '', 'done', 'x')", 4),
        ("DELETE FROM cabinet WHERE name = 'audit.key'", 0),
    ],
)
async def test_whatever_was_tampered_with_shows(file: Path, statement: str, holds: int) -> None:
    await _filled(file)
    _tamper(file, statement)
    async with open_store(file, SystemClock()) as store:
        found = await store.audit.verify()
    assert found.count == holds and found.fault


async def test_a_cut_off_end_shows_to_who_noted_the_head(file: Path) -> None:
    head = await _filled(file)
    async with open_store(file, SystemClock()) as store:
        await store.audit.record(READ)
        assert not (await store.audit.verify(head)).fault
    _tamper(file, "DELETE FROM audit WHERE number > 3")
    async with open_store(file, SystemClock()) as store:
        assert not (await store.audit.verify()).fault
        assert "cut off" in (await store.audit.verify(head)).fault


async def test_without_the_secret_nobody_can_write_an_entry_that_holds(tmp_path: Path) -> None:
    file = tmp_path / "frontdesk.db"
    keys = Keys(SqliteVault(tmp_path / "frontdesk.keys"), "s" * 40)
    async with open_store(file, SystemClock(), KeyedSealer(keys)) as store:
        await store.audit.record(READ)
    with closing(sqlite3.connect(file)) as db:
        (kept,) = db.execute("SELECT body FROM cabinet WHERE name = 'audit.key'").fetchone()
    assert kept.startswith(b"\x01sealed\x01")
    keys.close()


async def test_what_is_refused_is_told_twice_once_as_asked_and_once_as_refused(store: Store) -> None:
    asked = AuditEntry(actor="root", action=Action.PROMOTE, subject="model:m@1")
    with pytest.raises(NotProved):
        async with accounted(store.audit, asked):
            raise NotProved("It is no better: hello")
    async with accounted(store.audit, asked):
        (first, second, third) = reversed(await store.audit.records(9))
    assert [each.entry.end for each in (first, second, third)] == [End.DONE, End.REFUSED, End.DONE]
    assert second.entry.detail == "NotProved"


async def test_what_fails_again_and_again_is_told_once_until_it_is_done(store: Store) -> None:
    asked = AuditEntry(actor="root", action=Action.ERASE, subject="erasure:1", whose="slack:T1:U1")
    faults: list[Exception] = [StoreError("full"), StoreError("full"), OSError("gone"), OSError("gone")]
    for fault in faults:
        with pytest.raises(type(fault)):
            async with accounted_once(store.audit, asked):
                raise fault
    async with accounted_once(store.audit, asked):
        pass
    async with accounted_once(store.audit, replace(asked, subject="erasure:2")):
        pass
    found = [each.entry for each in reversed(await store.audit.records(9))]
    ends = [End.DONE, End.REFUSED, End.REFUSED, End.DONE, End.DONE]
    assert [each.end for each in found] == ends
    assert [each.detail for each in found] == ["", "StoreError", "OSError", "", ""]
    assert [each.subject for each in found] == [*["erasure:1"] * 4, "erasure:2"]


async def test_names_that_people_choose_are_cut_and_stay_on_their_line(store: Store) -> None:
    await store.audit.record(AuditEntry(actor="Rita\n2026 root erase " + "x" * 500, action=Action.SIGN_IN))
    (found,) = await store.audit.records(1)
    assert "\n" not in found.entry.actor and len(found.entry.actor) == 200
