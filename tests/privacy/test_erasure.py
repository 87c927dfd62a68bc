"""Somebody who is erased is nowhere any more: not in the databases, their logs, files or datasets."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.accounting import login
from bots.cli import main
from bots.erasing import erase_asked, erasing
from bots.knowledge import open_knowledge
from bots.store import opened_store
from core import settings
from core.clock import SystemClock
from core.errors import DatasetError
from core.knowledge.passages import Document, Passage, Source
from core.learning import examples
from core.message import Arrival, Departure, Event, Person, Rating, Relay, Stop
from core.store.records import EntryState
from core.testing import FakeClock
from tests.privacy.home import (
    ANNA,
    BEN,
    CARLA,
    GROUP,
    SECRET,
    canary,
    everything,
    live,
    memory,
    opened,
    private,
    rows,
    say,
)
from tests.samples import arrival
from tests.trust.page import Note

OF_ANNA = ("canary-u-anna", "u-anna", "Anna")


@pytest.fixture(params=["clear", "sealed"])
async def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Anna and Ben wrote, alone and in a group."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    sealed = request.param == "sealed"
    if sealed:
        monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    async with opened(home, sealed=sealed) as store:
        await live(store, home, ANNA)
        await live(store, home, BEN)
    return home


def erase(person: Person, *options: str) -> dict[str, object]:
    done = CliRunner().invoke(main, ["privacy", "erase", person.key, "--json", *options])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def where(home: Path, word: str) -> list[str]:
    """Files in which a word stands."""
    return [str(path.relative_to(home)) for path, data in everything(home).items() if word.encode() in data]


def test_no_byte_of_somebody_erased_is_left_and_everybody_else_is_as_before(
    home: Path, record_property: Note
) -> None:
    before, sealed = rows(home, BEN), (home / "frontdesk.keys").exists()
    assert where(home, "canary-u-anna")
    held = sum(data.count(word.encode()) for data in everything(home).values() for word in OF_ANNA)
    started = time.perf_counter()
    done = erase(ANNA, "--yes")
    seconds = time.perf_counter() - started
    left = everything(home)
    assert [path for path, data in left.items() if any(word.encode() in data for word in OF_ANNA)] == []
    record_property(
        "P2",
        f"{'encrypted' if sealed else 'in clear'}: {held} places with words or a name, 0 left in "
        f"{sum(map(len, left.values())):,} bytes of {len(left)} files after {seconds:.1f} s (wanted: 60)",
    )
    assert _without_prompts(rows(home, BEN)) == _without_prompts(before)
    assert where(home, canary(BEN, "file"))
    assert str(done["datasets"]).startswith("['set-a@")
    assert done["files"] == 1
    assert [each.name.partition("@")[0] for each in (home / "datasets").iterdir()] == ["set-b"]


async def test_what_is_left_can_still_be_read_and_the_person_may_come_back(home: Path) -> None:
    sealed = (home / "frontdesk.keys").exists()
    await asyncio.to_thread(erase, ANNA, "--yes")
    async with opened(home, sealed=sealed) as store:
        assert (await store.history.transcript(private(BEN).key, 5)).summary == canary(BEN, "summary")
        assert (await store.history.names(GROUP.key), await store.history.names(private(BEN).key)) == ({}, {})
        await say(store, ANNA, private(ANNA), "hello again", "again")
        (exchange,) = (await store.history.transcript(private(ANNA).key, 5)).exchanges
        assert exchange.question == "hello again"
        assert (await store.subjects.holdings(ANNA.key)).rows["inbox"] == 1


async def test_what_somebody_pressed_among_others_goes_with_them(home: Path) -> None:
    async with opened(home, sealed=(home / "frontdesk.keys").exists()) as store:
        events: tuple[Event, ...] = (
            Rating(conversation=GROUP, person=ANNA, post_id="p-g-b", verdict="good"),
            Stop(conversation=GROUP, person=ANNA),
            Departure(conversation=GROUP, person=ANNA, reason="left"),
            Relay(conversation=GROUP, source="warning", text="careful", to=ANNA),
        )
        for event in events:
            raw = json.dumps({"from": ANNA.id})
            await store.inbox.accept(Arrival(key=f"key of {event.type}", event=event, raw=raw))
        mistaken = Stop(conversation=private(BEN), person=ANNA)
        await store.inbox.accept(arrival(mistaken, key="key of hers"))
        waiting = await store.inbox.waiting(private(BEN).key)
        await store.inbox.close(
            private(BEN).key, [each.id for each in waiting], EntryState.DROPPED, "nothing"
        )
        assert private(BEN).key not in (await store.subjects.holdings(ANNA.key)).own
    kept = where(home, canary(BEN, "private"))
    await asyncio.to_thread(erase, ANNA, "--yes")
    for word in ("u-anna", "Anna"):
        assert where(home, word) == []
    assert where(home, canary(BEN, "private")) == kept


def test_a_dry_run_tells_what_there_is_and_changes_nothing(home: Path) -> None:
    before = rows(home, ANNA)
    found = erase(ANNA, "--dry-run")
    assert found["rows"] == {
        "ratings": 2, "reviews": 2, "signals": 3, "gaps": 2, "drafts": 1, "joins": 1, "tickets": 1,
        "consents": 2, "preferences": 1, "spending": 1, "flow_runs": 2, "feed": 1, "outbox": 3, "turns": 3,
        "inbox": 3, "conversations": 2,
    }  # fmt: skip
    assert found["shared"] == [GROUP.key]
    assert rows(home, ANNA) == before
    assert len(list((home / "datasets").iterdir())) == 2


def test_an_agent_who_is_erased_leaves_the_customers_words(home: Path) -> None:
    erase(CARLA, "--yes")
    assert where(home, "u-carla") == []
    assert rows(home, BEN)


def test_the_proof_is_found_by_who_knows_the_person_and_says_what_was_agreed_to(home: Path) -> None:
    done = erase(ANNA, "--yes")
    assert done["consent"]["wording"] == "May we learn?"  # type: ignore[index]
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        ((person, proof, by),) = database.execute("SELECT person, proof, asked_by FROM erasures").fetchall()
    assert person is None and len(proof) == 64 and by == login()


def test_who_erases_is_told_of_copies_that_were_made_before(home: Path) -> None:
    assert CliRunner().invoke(main, ["privacy", "export", ANNA.key, "--json"]).exit_code == 0
    done = CliRunner().invoke(main, ["privacy", "erase", ANNA.key, "--yes"])
    assert "Copies that were made of it before (1)" in done.output
    assert "Copies that" not in CliRunner().invoke(main, ["privacy", "erase", BEN.key, "--yes"]).output


def test_nobody_is_erased_who_is_not_there_and_none_without_a_yes(home: Path) -> None:
    unknown = CliRunner().invoke(main, ["privacy", "erase", "slack:T1:U9", "--yes"])
    assert unknown.exit_code == 1
    assert "Nothing is kept of slack:T1:U9" in unknown.output
    hesitant = CliRunner().invoke(main, ["privacy", "erase", ANNA.key], input="n\n")
    assert hesitant.exit_code == 1
    assert rows(home, ANNA)


async def test_the_database_forgets_even_while_a_dataset_cannot_be_deleted(home: Path) -> None:
    (card,) = (home / "datasets").glob(f"set-a@*/{examples.CARD}")
    whole = card.read_bytes()
    card.write_text("{")
    async with opened_store(settings.load()) as store:
        await store.subjects.ask(ANNA.key, "rita")
        await store.subjects.ask(BEN.key, "rita")
    with pytest.raises(DatasetError):
        await erase_asked(settings.load(), SystemClock())
    assert where(home, "canary-u-anna") == where(home, "canary-u-ben") == []
    card.write_bytes(whole)
    await erase_asked(settings.load(), SystemClock())
    assert where(home, "u-anna") == where(home, "u-ben") == [] and not card.exists()


async def test_what_fails_again_and_again_is_tried_ever_more_rarely(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pauses: list[float] = []

    class Hasty(FakeClock):
        async def sleep(self, seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0)

    async def fail(*_: object) -> None:
        raise OSError(canary(ANNA, "error"))

    monkeypatch.setattr("bots.erasing.erase_asked", fail)
    async with opened(home, sealed=(home / "frontdesk.keys").exists()) as store:
        await store.subjects.ask(ANNA.key, "rita")
        async with erasing(settings.load(), store, Hasty()):
            while len(pauses) < 13:
                await asyncio.sleep(0.001)
    assert pauses[:4] == [4, 8, 16, 32] and pauses[11:13] == [3600, 3600]
    assert "OSError" in caplog.text and canary(ANNA, "error") not in caplog.text


def _without_prompts(found: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Prompts of a group quote whoever spoke before; they go with who is erased, and so do pseudonyms."""
    found = [row for row in found if row[:2] != ("conversations", GROUP.key)]
    columns = ["seq", "id", "conversation", "state", "reason", "attempt", "route", "model"]
    at = 1 + len(columns)
    return [(*row[:at], *row[at + 1 :]) if row[0] == "turns" else row for row in found]


def killed_at(point: str) -> None:
    """Erase Anna in a process that dies there."""
    command = [sys.executable, "-c", "from bots.cli import main; main()"]
    command += ["privacy", "erase", ANNA.key, "--yes"]
    environment = os.environ | {"FRONTDESK_FAILPOINT": point}
    killed = subprocess.run(command, env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.parametrize("point", ["files_gone", "traces_gone", "keys_gone", "rows_gone", "log_cleared"])
def test_an_erasure_that_was_killed_is_finished_by_whoever_comes_next(home: Path, point: str) -> None:
    before = rows(home, BEN)
    killed_at(point)
    asyncio.run(erase_asked(settings.load(), SystemClock()))
    for word in ("canary-u-anna", "u-anna", "Anna"):
        assert where(home, word) == []
    assert _without_prompts(rows(home, BEN)) == _without_prompts(before)
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        assert database.execute("SELECT person, erased_at > 0 FROM erasures").fetchall() == [(None, 1)]


async def test_what_was_killed_before_the_documents_left_their_log_is_finished(home: Path) -> None:
    """The service has the documents open meanwhile: nobody else empties that log."""
    key = private(ANNA).channel_key
    word = canary(ANNA, "passage")
    async with open_knowledge(settings.load()) as knowledge:
        await knowledge.library.add(Source(name=key, location="", audience=(key,), owner=f"documents:{key}"))
        notes = Document(location="notes.md", title="Notes", digest="1")
        await knowledge.library.put(key, notes, [Passage(text=word)])
        await asyncio.to_thread(killed_at, "documents_gone")
        assert await knowledge.library.documents(key) == {}
        is_sealed = (home / "frontdesk.keys").exists()
        assert is_sealed or where(home, word)
        await erase_asked(settings.load(), SystemClock())
        assert where(home, word) == []


@pytest.mark.parametrize("kept", ["documents", "widget"])
def test_a_file_that_cannot_be_deleted_is_not_called_erased(home: Path, kept: str) -> None:
    (theirs,) = (each for each in (home / kept).iterdir() if f"canary-{ANNA.id}" in _words_in(each))
    shutil.rmtree(theirs)
    theirs.write_text("no folder, which nobody can delete as one")
    done = CliRunner().invoke(main, ["privacy", "erase", ANNA.key, "--yes"])
    assert done.exit_code == 1 and "cannot be deleted" in done.output
    assert "canary" not in done.output and rows(home, ANNA)
    theirs.unlink()
    assert erase(ANNA, "--yes")
    assert where(home, "canary-u-anna") == []


def _words_in(folder: Path) -> str:
    return "".join(each.read_text() for each in folder.iterdir())


async def test_what_was_remembered_is_nowhere_once_memory_is_off(home: Path) -> None:
    if (home / "frontdesk.keys").exists():
        return  # where the log is unreadable, too
    async with opened(home, sealed=False) as store:
        assert where(home, canary(ANNA, "summary"))
        await store.subjects.remember(memory(ANNA, granted=False))
        assert where(home, canary(ANNA, "summary")) == []
        assert where(home, canary(BEN, "summary"))


def test_who_is_erased_twice_at_once_is_erased_once(home: Path) -> None:
    async def both() -> None:
        async with opened_store(settings.load()) as store:
            await store.subjects.ask(ANNA.key, "me")
            await store.subjects.ask(ANNA.key, "me")
        await asyncio.gather(*(erase_asked(settings.load(), SystemClock()) for _ in range(2)))

    asyncio.run(both())
    assert where(home, "canary-u-anna") == []
    with closing(sqlite3.connect(home / "frontdesk.db")) as database:
        ((affected,),) = database.execute("SELECT affected FROM erasures").fetchall()
    assert json.loads(affected)["files"] == 1
