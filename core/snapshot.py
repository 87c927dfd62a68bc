"""A folder packed while others write in it: databases as they were at one moment, files as they are found."""

import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from core import archive
from core.errors import StoreError
from core.scratch import PACKING

MEGABYTE = 1 << 20
RESERVE = 256 * MEGABYTE
"""Bytes that stay free beside a copy."""
_SQLITE = b"SQLite format 3\0"
"""With which each database begins (sqlite.org/fileformat.html)."""
_BESIDE = ("-wal", "-shm", "-journal")
"""Endings of files that SQLite keeps beside a database; its copy needs none."""

Wanted = Callable[[Path], bool]
"""Whether a path, as seen from the folder, is packed; of a folder, whether it is looked into."""


def pack(folder: Path, wanted: Wanted, notes: Mapping[str, bytes], into: BinaryIO) -> None:
    """Write a tar archive. What vanishes meanwhile is left out, and so is what begins with a dot.

    Args:
        folder: what is packed.
        wanted: what of it.
        notes: files of our own, which come first.
        into: where to.

    Raises:
        StoreError: a database is damaged, or there is no room to copy it.
        OSError: something cannot be read or written.
    """
    with tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT, dereference=True) as tar:
        for name, content in notes.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
        for path in _files(folder, folder, wanted):
            try:
                _add(tar, path, str(path.relative_to(folder)), folder)
            except FileNotFoundError:
                continue


def unpack(source: BinaryIO, folder: Path) -> None:
    """Write the files of a tar archive into a folder.

    Raises:
        StoreError: the archive is damaged, or a database in it.
        OSError: something cannot be written.
    """
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            archive.unpack(tar, folder)
    except tarfile.TarError as error:
        raise StoreError(f"The archive is damaged: {type(error).__name__}") from error
    for path in folder.rglob("*"):
        if _is_database(path):
            _check(path)


def _files(root: Path, folder: Path, wanted: Wanted) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith(_BESIDE) or not wanted(path.relative_to(root)):
            continue
        if path.is_dir():
            yield from _files(root, path, wanted)
        elif path.is_file():
            yield path


def _add(tar: tarfile.TarFile, path: Path, name: str, folder: Path) -> None:
    if not _is_database(path):
        _add_file(tar, path, name)
        return
    _check_room(path, folder)
    with TemporaryDirectory(prefix=PACKING, dir=folder) as passing:
        copy = Path(passing) / path.name
        _copy(path, copy)
        _add_file(tar, copy, name)


def _check_room(path: Path, folder: Path) -> None:
    """Whoever writes in this folder meanwhile must not find the disk full."""
    log = path.with_name(f"{path.name}-wal")
    wanted = path.stat().st_size + (log.stat().st_size if log.exists() else 0) + RESERVE
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise StoreError(
            f"There is no room to copy {path}: its copy lies in {folder} for a while, which takes "
            f"{wanted // MEGABYTE} MB with what has to stay free, and {free // MEGABYTE} MB are free."
        )


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    with path.open("rb") as file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        tar.addfile(entry, file)


def _copy(path: Path, copy: Path) -> None:
    """By SQLite's own backup, in one step: others write on meanwhile, as the database is in WAL mode."""
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise StoreError(f"The database {path} cannot be copied: {error}") from error
    _check(copy)


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise StoreError(f"The database {path.name} is damaged: {verdict}")


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
