"""The files of a source: found without leaving its folder, and opened only where they are what they seem."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Missing, Unreadable
from core.knowledge.reading.cleaning import is_printable
from core.knowledge.reading.kinds import Kind, kind_of_file

LARGEST = 64_000_000
"""Bytes of a file that is read."""
MOST_FILES = 200_000
"""Of one source."""
_PASSED_OVER = frozenset(("node_modules", "__pycache__", "venv"))

Signature = tuple[int, int, int]
"""Changes with a file: the time it was written, its size, its number on the disk."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to be read."""

    location: str
    """Its path within the source, with slashes."""
    path: Path
    kind: Kind
    signature: Signature


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that could not be read."""

    location: str
    """Fit to be shown."""
    reason: str
    """In words that follow the name."""


@dataclass(kw_only=True)
class Walk:
    """What a folder holds."""

    files: list[File] = field(default_factory=list)
    """By location."""
    troubles: list[Trouble] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    """Files of kinds that are not read, by suffix."""


def walk(root: Path) -> Walk:
    """Look through a folder, or at a single file. Waits for the disk.

    Hidden files and folders, and those that programs make, are passed over; links to folders are not
    followed, and links to files only where those are in the folder too.

    Raises:
        Missing: there is nothing at `root`.
        Unreadable: it may not be looked at, or holds too many files.
    """
    try:
        root = root.resolve(strict=True)
        seen = root.stat()
    except OSError as error:
        raise not_opened(error) from None
    found = Walk()
    if stat.S_ISDIR(seen.st_mode):
        for path in _below(root, found):
            _take(root, path, found)
            if len(found.files) > MOST_FILES:
                raise Unreadable(f"holds more than {MOST_FILES} files: add its folders one by one")
    else:
        kind = kind_of_file(root.name) or Kind.TEXT
        found.files.append(File(location=root.name, path=root, kind=kind, signature=_signature(seen)))
    found.files.sort(key=lambda file: file.location)
    return found


def content(file: File) -> bytes:
    """The bytes of a file, as long as it is one. Waits for the disk.

    Raises:
        OSError: it cannot be opened, or is gone.
        Unreadable: it is no file, or is too large.
    """
    # not blocking: a pipe would let us wait for ever
    number = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    with open(number, "rb") as opened:
        seen = os.fstat(number)
        if not stat.S_ISREG(seen.st_mode):
            raise Unreadable("is no file but a device, a pipe or a socket")
        if seen.st_size > LARGEST:
            raise Unreadable(too_large(seen.st_size))
        held = opened.read(LARGEST + 1)
    if len(held) > LARGEST:
        raise Unreadable(too_large(len(held)))
    return held


def too_large(size: int) -> str:
    """The reason for which so many bytes are not read."""
    return f"has {size // 1_000_000} MB; the most that is read is {LARGEST // 1_000_000} MB"


def not_opened(error: OSError | RuntimeError) -> Unreadable:
    """What the system said, in words that follow a name."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR):
        return Missing("is not there")
    if number == errno.ELOOP or isinstance(error, RuntimeError):
        return Unreadable("is a link that leads nowhere")
    return Unreadable(f"cannot be opened: {os.strerror(number) if number else 'the disk says why not'}")


def shown(name: str) -> str:
    """A name that can be printed whatever it holds."""
    return name if is_printable(name) else name.encode("unicode_escape", "backslashreplace").decode("ascii")


def _below(root: Path, found: Walk) -> Iterator[os.DirEntry[str]]:
    ahead = [os.fspath(root)]
    while ahead:
        folder = ahead.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            where = shown(os.path.relpath(folder, root))
            found.troubles.append(Trouble(location=where, reason=str(not_opened(error))))
            continue
        for entry in listed:
            if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                continue
            if entry.is_dir(follow_symlinks=False):
                ahead.append(entry.path)
            else:
                yield entry


def _take(root: Path, entry: os.DirEntry[str], found: Walk) -> None:
    location = Path(entry.path).relative_to(root).as_posix()
    kind = kind_of_file(entry.name)
    try:
        path = Path(entry.path)
        if entry.is_symlink():
            path = path.resolve(strict=True)
            if path.is_dir():
                return
            if kind is not None and not path.is_relative_to(root):
                raise Unreadable("is a link that leads out of the folder")
        seen = path.stat(follow_symlinks=False)
        if kind is None:
            found.others[Path(entry.name).suffix.casefold() or "no suffix"] += stat.S_ISREG(seen.st_mode)
            return
        if not is_printable(location):
            raise Unreadable("has characters in its name that do not show: rename it")
        if not stat.S_ISREG(seen.st_mode):
            raise Unreadable("is no file but a device, a pipe or a socket")
    except (OSError, RuntimeError) as error:
        found.troubles.append(Trouble(location=shown(location), reason=str(not_opened(error))))
    except Unreadable as error:
        found.troubles.append(Trouble(location=shown(location), reason=str(error)))
    else:
        found.files.append(File(location=location, path=path, kind=kind, signature=_signature(seen)))


def _signature(seen: os.stat_result) -> Signature:
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
