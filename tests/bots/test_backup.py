"""What is saved while people write is brought back elsewhere, and who was erased stays so."""

import asyncio
import json
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.backup import KEYS
from bots.cli import main
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import AYA, JONAS, MINA, TOKEN
from bots.store import DATABASE, opened_keys, opened_store
from core import scratch, sealed_file, settings, snapshot
from core.engine.shelf import Shelf
from core.errors import StoreError
from core.learning import leaving
from core.message import Conversation, Platform
from core.privacy.sealing import KeyedSealer
from tests.bots.conftest import Telegram
from tests.engine.tiny import LLAMA, make_weights, write_gguf
from tests.privacy.home import ANNA, BEN, SECRET, canary, everything, live, opened, private, rows
from tests.process import running

PATIENCE = 120.0
"""Seconds, for machines that have much else to do."""


@pytest.fixture
def home(bare_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = bare_environment / "home"
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    return home


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def save(folder: Path, *options: object) -> Path:
    done = run("backup", folder, "--json", *options)
    assert done.exit_code == 0, done.output
    return Path(json.loads(done.stdout)["archive"])


def archived(folder: Path) -> list[Path]:
    return sorted(folder.glob("frontdesk-*.backup"))


async def test_a_service_saved_at_work_and_killed_goes_on_elsewhere(
    home: Path, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "FRONTDESK_SECRET_KEY": SECRET,
        "FRONTDESK_PORT": "0",
        "FRONTDESK_TEST_PACED": "",
    }
    folder, elsewhere = home.with_name("saved"), home.with_name("elsewhere")
    async with running({**environment, "FRONTDESK_HOME": str(home)}) as service:
        await telegram.driver.send(MINA, MINA, "before the backup")
        await telegram.driver.wait_for_text(MINA, "echo: before the backup", PATIENCE)
        writing = asyncio.create_task(_write_on(telegram.driver))
        await telegram.driver.wait_for_text(JONAS, "echo: word 1", PATIENCE)
        archive = await asyncio.to_thread(save, folder)
        writing.cancel()
        service.process.send_signal(signal.SIGKILL)
        await service.process.wait()

    monkeypatch.setenv("FRONTDESK_HOME", str(elsewhere))
    done = await asyncio.to_thread(run, "restore", archive, "--json")
    assert done.exit_code == 0, done.output
    async with running({**environment, "FRONTDESK_HOME": str(elsewhere)}):
        await telegram.driver.send(MINA, MINA, "and after it")
        await telegram.driver.wait_for_text(MINA, "echo: and after it", PATIENCE)
    async with opened_store(settings.load()) as store:
        bot = TOKEN.partition(":")[0]
        place = Conversation(platform=Platform.TELEGRAM, tenant=bot, channel=str(MINA), direct=True)
        transcript = await store.history.transcript(place.key, 10)
    questions = [each.question for each in transcript.exchanges]
    assert "before the backup" in questions and "and after it" in questions


async def _write_on(people: TelegramDriver) -> None:
    number = 0
    while True:
        number += 1
        for person in (JONAS, AYA):
            await people.send(person, person, f"word {number}")
            await people.wait_for_text(person, f"echo: word {number}", PATIENCE)


async def _lived(home: Path) -> None:
    async with opened(home, sealed=True) as store:
        await live(store, home, ANNA)
        await live(store, home, BEN)
        await leaving.salt(store.cabinet)


def test_who_was_erased_stays_erased_after_an_older_backup_is_brought_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_lived(home))
    folder, elsewhere = home.with_name("saved"), home.with_name("elsewhere")
    before = rows(home, BEN)
    older = save(folder).rename(folder / "older.backup")
    assert run("privacy", "erase", ANNA.key, "--yes").exit_code == 0
    save(folder)

    unpacked = home.with_name("unpacked")
    for path in (folder / KEYS, older):
        with sealed_file.opened(path, [SECRET]) as file:
            snapshot.unpack(file, unpacked)
    keys = opened_keys(settings.load().model_copy(update={"home": unpacked}))
    assert keys is not None
    with pytest.raises(StoreError, match="it was erased"):
        KeyedSealer(keys).open(private(ANNA).key, _sealed(unpacked, private(ANNA).key))
    assert canary(BEN, "private") in KeyedSealer(keys).open(
        private(BEN).key, _sealed(unpacked, private(BEN).key)
    )
    keys.close()

    monkeypatch.setenv("FRONTDESK_HOME", str(elsewhere))
    done = run("restore", older, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["erased_again"] == 1
    for word in (b"canary-u-anna", b"u-anna", b"Anna"):
        assert [path for path, data in everything(elsewhere).items() if word in data] == []
    assert len(rows(elsewhere, BEN)) == len(before)
    assert any(canary(BEN, "file").encode() in data for data in everything(elsewhere).values())
    assert run("privacy", "audit", "--verify").exit_code == 0


def _sealed(home: Path, conversation: str) -> bytes:
    with closing(sqlite3.connect(home / DATABASE)) as database:
        query = "SELECT event FROM inbox WHERE conversation = ?"
        (event,) = database.execute(query, [conversation]).fetchone()
        return bytes(event)


def test_models_that_can_be_fetched_again_are_left_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_lived(home))
    weights = write_gguf(home.with_name("tiny.gguf"), make_weights(LLAMA))
    assert run("model", "convert", weights, "--name", "own").exit_code == 0
    folder = home.with_name("saved")
    archive = save(folder)
    monkeypatch.setenv("FRONTDESK_HOME", str(home.with_name("elsewhere")))
    assert run("restore", archive).exit_code == 0
    (own,) = Shelf(home.with_name("elsewhere")).models()
    assert own.manifest.name == "own" and Shelf(home.with_name("elsewhere")).active() == own.reference


def _kept(home: Path) -> set[Path]:
    """Its files, but for those that SQLite removes when whoever has a database open lets it go."""
    return {path for path in everything(home) if not path.name.endswith(("-wal", "-shm"))}


class TestRefusals:
    """Each says what to do, and changes nothing."""

    def test_nothing_is_restored_over_something(self, home: Path) -> None:
        asyncio.run(_lived(home))
        before = _kept(home)
        archive = save(home.with_name("saved"))
        done = run("restore", archive)
        assert done.exit_code == 1 and "holds something already" in done.output
        assert _kept(home) == before

    def test_keys_older_than_the_archive_are_refused(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asyncio.run(_lived(home))
        folder = home.with_name("saved")
        save(folder)
        older = (folder / KEYS).rename(folder / "older")
        archive = save(folder)
        monkeypatch.setenv("FRONTDESK_HOME", str(home.with_name("elsewhere")))
        done = run("restore", archive, "--keys", older)
        assert done.exit_code == 1 and "is older than" in done.output
        assert everything(home.with_name("elsewhere")) == {}

    def test_a_damaged_archive_is_named(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asyncio.run(_lived(home))
        archive = save(home.with_name("saved"))
        whole = archive.read_bytes()
        archive.write_bytes(whole[: len(whole) // 2])
        monkeypatch.setenv("FRONTDESK_HOME", str(home.with_name("elsewhere")))
        done = run("restore", archive)
        assert done.exit_code == 1 and "is damaged or incomplete" in done.output
        assert everything(home.with_name("elsewhere")) == {}

    def test_the_keys_of_another_installation_are_not_replaced(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asyncio.run(_lived(home))
        folder = home.with_name("saved")
        save(folder)
        kept = (folder / KEYS).read_bytes()
        passphrase = home.with_name("passphrase")
        passphrase.write_text("another secret that is long enough\n")
        done = run("backup", folder, "--passphrase-file", passphrase)
        assert done.exit_code == 1 and "Give each a folder" in done.output
        assert (folder / KEYS).read_bytes() == kept and len(archived(folder)) == 1

    def test_without_a_secret_there_is_no_backup(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("FRONTDESK_SECRET_KEY")
        done = run("backup", home.with_name("saved"))
        assert done.exit_code == 1 and "always encrypted" in done.output


def test_what_is_kept_in_clear_is_encrypted_in_its_backup(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRONTDESK_SECRET_KEY")
    passphrase = home.with_name("passphrase")
    passphrase.write_text("a secret of its own that is long enough\n")

    async def begin() -> None:
        async with opened(home, sealed=False) as store:
            await live(store, home, BEN)

    asyncio.run(begin())
    folder = home.with_name("saved")
    archive = save(folder, "--passphrase-file", passphrase)
    assert not any(b"canary" in each.read_bytes() for each in folder.iterdir())
    monkeypatch.setenv("FRONTDESK_HOME", str(home.with_name("elsewhere")))
    assert run("restore", archive, "--passphrase-file", passphrase).exit_code == 0
    assert len(rows(home.with_name("elsewhere"), BEN)) == len(rows(home, BEN))


def test_a_backup_does_not_fill_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_lived(home))
    full = shutil.disk_usage(home)._replace(free=snapshot.RESERVE)
    monkeypatch.setattr("core.snapshot.shutil.disk_usage", lambda _: full)
    refused = run("backup", home.with_name("saved"))
    assert refused.exit_code == 1
    assert "There is no room to copy" in refused.output and "256 MB are free" in refused.output
    assert archived(home.with_name("saved")) == []


def test_what_a_killed_backup_left_goes_with_the_next_one_and_with_the_next_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_lived(home))
    left = [home / f"{scratch.PACKING}a", home / f"{scratch.RESTORING}b"]
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    cleaning: list[Callable[[], Result]] = [
        lambda: run("backup", home.with_name("saved")),
        lambda: run("run"),
    ]
    for clean in cleaning:
        with scratch.alone(home):
            for each in left:
                each.mkdir()
            clean()
            assert all(each.exists() for each in left)  # as somebody is at work
        clean()
        assert not any(each.exists() for each in left)
