"""Saving an installation while it serves, and bringing it back elsewhere.

The data and the keys to it are two files: archives of the data pile up, while the keys are one file that each
backup replaces. So a key that is destroyed is soon in no backup any more, and what it sealed is readable in
none of them, however old. Beside the keys stand the proofs of erasures: an older archive that is brought back
is made to forget the same people at once.

In Postgres the data and the keys are saved by its own means: an archive then holds files alone.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bots.accounting import done_here
from bots.erasing import erase_asked
from bots.knowledge import KNOWLEDGE
from bots.store import DATABASE, opened_store
from core import scratch, sealed_file, snapshot
from core.clock import SystemClock
from core.engine.manifest import Manifest
from core.engine.provision import HUB
from core.engine.shelf import Shelf
from core.errors import ConfigurationError, StoreError
from core.privacy.audit import Action
from core.privacy.erasure import PROOF, proof_key, proved_with
from core.privacy.vaults import FILE
from core.scratch import RESTORING
from core.settings import Settings, make_home
from core.store.ports import Store

KEYS = "keys.backup"
"""Beside the archives: the keys as they are now, and who was erased."""
NOTE = "backup.json"
"""In each file, what it is."""
ERASED = "erased.json"
MADE_AT = "backup.made_at"
"""Under which the cabinet keeps when the last backup was made, as ISO 8601."""
_FETCHED = ("catalogue ", HUB)
"""How the sources of models begin that can be fetched again."""
_OPERATORS = ("frontdesk.yaml", "flows", "lost+found")
"""What may lie in FRONTDESK_HOME and is not ours: in containers that is the folder to work in, too."""
_UNWANTED = (FILE, f"{DATABASE}.owners", "benchmarks", *_OPERATORS)
_MOVED = (DATABASE, KNOWLEDGE)
"""What is of no use beside Postgres: an installation that moved there may have left it."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A backup that was made, and read once more."""

    archive: Path
    keys: Path | None
    """None where they are in Postgres, and the archive holds files alone."""
    size: int
    """Bytes of the archive."""
    models: tuple[str, ...]
    """What is left out, as `frontdesk model pull` brings it again by these names."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """An installation that was brought back."""

    made_at: str
    """When the archive was made, as ISO 8601."""
    erased: int
    """People who were erased after that, and are now once more."""
    models: tuple[str, ...]
    """Models that it had, and that are to be fetched."""


async def save(settings: Settings, folder: Path, secret: str) -> Saved:
    """Save this installation into a folder, while it serves.

    Args:
        settings: name it.
        folder: for archives of this installation alone; made where there is none.
        secret: with which both files are encrypted.

    Raises:
        ConfigurationError: there is nothing to save, or the folder holds another installation's keys.
        StoreError: something is damaged, or cannot be read or written; there is no room to copy a database;
            or another backup is at work.
    """
    await asyncio.to_thread(_check_places, settings, folder)
    now = SystemClock().now()
    archive = folder / f"frontdesk-{now:%Y%m%dT%H%M%SZ}.backup"
    keys = folder / KEYS if settings.database_url is None else None
    with await _alone(settings.home):
        models = await _save(settings, archive, keys, secret, now)
    return Saved(archive=archive, keys=keys, size=archive.stat().st_size, models=models)


async def _save(
    settings: Settings, archive: Path, keys: Path | None, secret: str, now: datetime
) -> tuple[str, ...]:
    """Returns the models that are left out."""
    async with opened_store(settings) as store:
        await store.audit.record(done_here(Action.EXPORT, f"backup:{archive.name}"))
        models = await asyncio.to_thread(_write, settings.home, archive, keys, secret, now)
        if keys is not None:
            # after the data: each key with which anything in the archive was sealed is among them
            erased = await _erased(store)
            await asyncio.to_thread(_write_keys, settings.home, keys, secret, erased)
            await store.cabinet.put(MADE_AT, now.isoformat())
    return models


async def restore(settings: Settings, archive: Path, keys: Path | None, secrets: Sequence[str]) -> Restored:
    """Bring an archive back into an empty FRONTDESK_HOME.

    Args:
        settings: name the installation that is to be.
        archive: of `save`.
        keys: the newest file of keys; None where they are in Postgres.
        secrets: with which the files may be encrypted.

    Raises:
        ConfigurationError: something is there already, the keys are older than the archive, the archive is of
            an installation with another kind of database, or FRONTDESK_SECRET_KEY is not the one with which
            the installation worked.
        StoreError: a file is damaged, or was made with another secret; or another restore is at work.
    """
    make_home(settings)
    _refuse_what_is_there(settings.home)
    with await _alone(settings.home), TemporaryDirectory(prefix=RESTORING, dir=settings.home) as passing:
        staged = settings.model_copy(update={"home": Path(passing)})
        if keys is None:
            note = await asyncio.to_thread(_read_files, archive, secrets, staged.home)
            count = 0
        else:
            note, erased = await asyncio.to_thread(_read, archive, keys, secrets, staged.home)
            count = await _erase_again(staged, erased)
        await asyncio.to_thread(_move, staged.home, settings.home)
    return Restored(made_at=note["made_at"], erased=count, models=tuple(note["models"]))


async def _alone(home: Path) -> ExitStack:
    with _told():
        return await asyncio.to_thread(scratch.alone, home)


def _check_places(settings: Settings, folder: Path) -> None:
    source = settings.home / DATABASE if settings.database_url is None else settings.home
    if not source.exists():
        raise ConfigurationError(f"There is nothing to save in FRONTDESK_HOME ({settings.home}).")
    if folder.resolve().is_relative_to(settings.home.resolve()):
        raise ConfigurationError(
            f"{folder} is in FRONTDESK_HOME, which is to be saved. Name a folder elsewhere."
        )


def _write(home: Path, archive: Path, keys: Path | None, secret: str, now: datetime) -> tuple[str, ...]:
    fetched = [each for each in Shelf(home).models() if each.manifest.source.startswith(_FETCHED)]
    left_out = {each.folder.relative_to(home) for each in fetched}
    models = tuple(sorted({_offered(each.manifest) for each in fetched}))
    unwanted = _UNWANTED if keys else (*_UNWANTED, *_MOVED)
    with _told():
        archive.parent.mkdir(parents=True, exist_ok=True)
        if keys and keys.exists():
            _check_ours(keys, secret)
        with sealed_file.sealed(archive, secret) as file:
            snapshot.pack(
                home,
                lambda path: str(path) not in unwanted and path not in left_out,
                {NOTE: _note(now.isoformat(), models)},
                file,
            )
        sealed_file.verify(archive, [secret])
    return models


def _write_keys(home: Path, keys: Path, secret: str, erased: Mapping[str, object]) -> None:
    notes = {
        NOTE: _note(SystemClock().now().isoformat(), ()),
        ERASED: json.dumps(erased).encode(),
    }
    with _told():
        with sealed_file.sealed(keys, secret) as file:
            snapshot.pack(home, lambda path: str(path) == FILE, notes, file)
        sealed_file.verify(keys, [secret])


def _offered(manifest: Manifest) -> str:
    """By what name it can be fetched."""
    source = manifest.source.partition(" ")[0]
    return source if source.startswith(HUB) else manifest.name


def _note(made_at: str, models: Sequence[str]) -> bytes:
    facts = {"version": version("frontdesk"), "made_at": made_at, "models": models}
    return json.dumps(facts).encode()


def _check_ours(keys: Path, secret: str) -> None:
    """What is to be replaced must be what we could have written."""
    try:
        sealed_file.verify(keys, [secret])
    except StoreError:
        raise ConfigurationError(
            f"{keys} was made with another secret: it may hold the keys of another installation. Give each a "
            "folder of its own; after `frontdesk privacy rotate`, move the old file away first."
        ) from None


async def _erased(store: Store) -> Mapping[str, object]:
    """By what those are found again who were erased, or asked for it; it tells nobody who they are."""
    key = await proof_key(store.cabinet)
    asked = {proved_with(key, each.person) for each in await store.subjects.asked()}
    return {"key": key, "proofs": sorted(asked | set(await store.subjects.proofs()))}


def _refuse_what_is_there(home: Path) -> None:
    names = {each.name for each in home.iterdir() if not each.name.startswith(".")}
    there = sorted(names.difference(_OPERATORS))
    if there:
        raise ConfigurationError(
            f"FRONTDESK_HOME ({home}) holds something already: {', '.join(there[:5])}. Nothing was changed. "
            "Set it to an empty folder."
        )


def _read(
    archive: Path, keys: Path, secrets: Sequence[str], home: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both files, written into a folder: what the archive is, and who was erased."""
    with _told():
        _unpack(keys, secrets, home)
        of_keys, erased = _taken(home / NOTE), _taken(home / ERASED)
        _unpack(archive, secrets, home)
        note = _taken(home / NOTE)
    if not (home / DATABASE).is_file():
        raise ConfigurationError(
            f"{archive} holds files alone: its data is in Postgres. Set FRONTDESK_DATABASE_URL, or take "
            "another archive."
        )
    if of_keys["made_at"] < note["made_at"]:
        raise ConfigurationError(
            f"{keys} is older than {archive}: keys to what is in it are missing. Take the newest {KEYS}, "
            "with --keys."
        )
    return note, erased


def _read_files(archive: Path, secrets: Sequence[str], home: Path) -> dict[str, Any]:
    """The archive, written into a folder: what it is."""
    with _told():
        _unpack(archive, secrets, home)
        note = _taken(home / NOTE)
    if (home / DATABASE).is_file():
        raise ConfigurationError(
            f"{archive} holds a database, and FRONTDESK_DATABASE_URL is set. Restore it without, and then "
            "move with `frontdesk migrate-store postgres`."
        )
    return note


def _unpack(path: Path, secrets: Sequence[str], home: Path) -> None:
    with sealed_file.opened(path, secrets) as file:
        snapshot.unpack(file, home)
        sealed_file.drain(file)


def _taken(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise StoreError(f"{path.name} is missing: this is no backup, or not the file that was asked for.")
    content: dict[str, Any] = json.loads(path.read_bytes())
    path.unlink()
    return content


async def _erase_again(settings: Settings, erased: Mapping[str, Any]) -> int:
    """Forget whom the installation had forgotten; returns how many of them were in the archive."""
    gone = set(erased["proofs"])
    async with opened_store(settings) as store:
        await store.cabinet.put(PROOF, erased["key"])
        found = [each for each in await store.subjects.people() if proved_with(erased["key"], each) in gone]
        for each in found:
            await store.subjects.ask(each, "restore")
        await store.audit.record(done_here(Action.CHANGE, "restore", detail=f"{len(found)} erased again"))
    await erase_asked(settings, SystemClock(), patience=0.0)
    return len(found)


def _move(staged: Path, home: Path) -> None:
    """The database comes last: with it the installation is whole."""
    with _told():
        for each in sorted(staged.iterdir(), key=lambda path: path.name == DATABASE):
            each.rename(home / each.name)


@contextmanager
def _told() -> Iterator[None]:
    """What the system says becomes a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{error.filename or 'A file'}: {error.strerror}") from error
