"""Files that visitors send and are sent: kept under FRONTDESK_HOME, one folder a conversation.

They and their names are sealed for the conversation, as its messages are.
"""

import asyncio
import hashlib
import json
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from adapters.markdown import clean
from adapters.web import limits
from core.deletion import delete_folder
from core.errors import Refused, TooLarge
from core.media.metadata import stripped
from core.message import Attachment, Conversation
from core.store.sealing import MARK, Sealer

Kind = Literal["image", "audio", "video", "document"]
_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "image/png": ("image", (".png",)),
    "image/jpeg": ("image", (".jpg", ".jpeg")),
    "image/gif": ("image", (".gif",)),
    "image/webp": ("image", (".webp",)),
    "audio/mpeg": ("audio", (".mp3",)),
    "audio/mp4": ("audio", (".m4a",)),
    "audio/ogg": ("audio", (".ogg", ".oga", ".opus")),
    "audio/wav": ("audio", (".wav",)),
    "audio/webm": ("audio", (".webm",)),
    "video/mp4": ("video", (".mp4",)),
    "video/webm": ("video", (".webm",)),
    "application/pdf": ("document", (".pdf",)),
    "text/plain": ("document", (".txt", ".log", ".md")),
    "text/csv": ("document", (".csv",)),
    f"{_OFFICE}.wordprocessingml.document": ("document", (".docx",)),
    f"{_OFFICE}.spreadsheetml.sheet": ("document", (".xlsx",)),
}
"""Media types that are taken, with the endings of their names; none of them is a program or a page."""
_ID = re.compile(r"[0-9a-f]{32}")
_NAME = 100
_KNOWN = ".json"
"""Ending of what is known of a file, beside it."""
_UNSENT = ".unsent"
"""Ending of the mark beside a file that is part of no message yet."""


class UnknownType(Refused):
    """Files of this type are not taken."""


class WebFiles:
    """Keeps files, and hands them to nobody outside their conversation. Fills `core.ports.Files`.

    Args:
        folder: for all of them.
        sealer: has the keys of conversations.
    """

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer

    async def keep(self, place: Conversation, name: str, media_type: str, content: bytes) -> Attachment:
        """Write a file to the disk, pictures without what is told beside them; returns once it is there.

        Raises:
            TooLarge: the file has too many bytes, or all of the conversation have.
            UnknownType: it is none of those that are taken.
            Refused: it is a picture's file, and broken.
        """
        if media_type not in TYPES:
            raise UnknownType
        if len(content) > limits.FILE:
            raise TooLarge
        content = await asyncio.to_thread(stripped, content)
        kind, endings = TYPES[media_type]
        attachment = Attachment(
            id=secrets.token_hex(16),
            kind=kind,
            name=_named(name, endings),
            media_type=media_type,
            size=len(content),
        )
        await asyncio.to_thread(self._write_within_bounds, place, attachment, content)
        return attachment

    async def belong(self, place: Conversation, file_ids: Sequence[str]) -> None:
        """These are part of a message from now on, and stay."""
        await asyncio.to_thread(self._belong, place, file_ids)

    async def sweep(self, before: float) -> int:
        """Delete what was kept before a time (seconds since the epoch) and never became part of a message.

        Returns how many files that were.
        """
        return await asyncio.to_thread(self._sweep, before)

    async def bring(
        self, place: Conversation, file_id: str, source: Attachment, content: bytes
    ) -> Attachment:
        """Write down a file from elsewhere, which may be of any type; again under the same id is once.

        Raises:
            Refused: the id is none.
        """
        if not _ID.fullmatch(file_id):
            raise Refused("The file cannot be kept.")
        is_known = source.media_type in TYPES
        kept = replace(
            source,
            id=file_id,
            kind=source.kind if is_known else "document",
            name=_named(source.name or source.kind, ("",)),
            media_type=source.media_type if is_known else "application/octet-stream",
            size=len(content),
        )
        await asyncio.to_thread(self._write, place, kept, content)
        return kept

    async def all_of(self, place: str) -> list[Attachment]:
        """What is known of the files of a conversation, by its key.

        Raises:
            StoreError: their key is gone.
        """
        return await asyncio.to_thread(self._all_of, place)

    async def content(self, place: str, file_id: str) -> bytes:
        """A file of a conversation, by its key and one of `all_of`.

        Raises:
            StoreError: its key is gone.
        """
        return await asyncio.to_thread(self._content, place, file_id)

    async def seal_clear(self, place: str) -> int:
        """Seal what was kept of a conversation, by its key, before there were keys.

        Returns how many files that were.
        """
        return await asyncio.to_thread(self._seal_clear, place)

    async def expire(self, place: str, before: datetime) -> int:
        """Delete files of a conversation, by its key, that are older; returns how many that were."""
        return await asyncio.to_thread(self._expire, place, before.timestamp())

    async def forget(self, place: str) -> int:
        """Delete all files of a conversation, by its key; returns how many that were.

        Raises:
            StoreError: one cannot be deleted.
        """
        return await asyncio.to_thread(self._forget, place)

    async def find(self, place: Conversation, file_id: str) -> Attachment | None:
        """What is known of a file of this conversation."""
        return await asyncio.to_thread(self._find, place, file_id)

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        found = await self.find(conversation, attachment.id)
        if found is None:
            raise Refused("The file is not there.")
        if found.size > limit:
            raise TooLarge
        return await self.content(conversation.key, attachment.id)

    def _write_within_bounds(self, place: Conversation, attachment: Attachment, content: bytes) -> None:
        folder = self._path(place, attachment.id).parent
        taken = sum(map(_size, folder.iterdir())) if folder.is_dir() else 0
        if taken + len(content) > limits.FILES_TOGETHER:
            raise TooLarge
        self._write(place, attachment, content)
        _put(folder / f"{attachment.id}{_UNSENT}", b"")

    def _write(self, place: Conversation, attachment: Attachment, content: bytes) -> None:
        path = self._path(place, attachment.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._put_both(path, place.key, attachment, content)

    def _put_both(self, path: Path, place: str, attachment: Attachment, content: bytes) -> None:
        """The file, and what is known of it."""
        known = {
            "kind": attachment.kind,
            "name": attachment.name,
            "type": attachment.media_type,
            "size": attachment.size,
        }
        _put(path, self._sealer.seal_file(place, content))
        _put(path.with_suffix(_KNOWN), self._sealer.seal_file(place, json.dumps(known).encode()))

    def _content(self, place: str, file_id: str) -> bytes:
        return self._sealer.open_file(place, (self._of(place) / file_id).read_bytes())

    def _find(self, place: Conversation, file_id: str) -> Attachment | None:
        return self._known(place.key, self._path(place, file_id)) if _ID.fullmatch(file_id) else None

    def _all_of(self, place: str) -> list[Attachment]:
        return [known for path in self._paths(place) if (known := self._known(place, path))]

    def _paths(self, place: str) -> list[Path]:
        return sorted(each for each in self._of(place).glob("*") if _ID.fullmatch(each.name))

    def _known(self, place: str, path: Path) -> Attachment | None:
        """What is known of the file at a path."""
        try:
            written = path.with_suffix(_KNOWN).read_bytes()
            size = path.stat().st_size
        except FileNotFoundError:
            return None
        known = json.loads(self._sealer.open_file(place, written))
        return Attachment(
            id=path.name,
            kind=known["kind"],
            name=known["name"],
            media_type=known["type"],
            size=known.get("size", size),  # before files were sealed it was that on the disk
        )

    def _seal_clear(self, place: str) -> int:
        sealed = 0
        for path in self._paths(place):
            with suppress(FileNotFoundError):  # it was deleted meanwhile
                content, modified = path.read_bytes(), path.stat().st_mtime
                if not content.startswith(MARK) and (known := self._known(place, path)):
                    self._put_both(path, place, known, content)
                    os.utime(path, (modified, modified))  # it stays as old as it is
                    sealed += 1
        return sealed

    def _belong(self, place: Conversation, file_ids: Sequence[str]) -> None:
        for file_id in file_ids:
            path = self._path(place, file_id)
            path.with_name(f"{path.name}{_UNSENT}").unlink(missing_ok=True)

    def _sweep(self, before: float) -> int:
        old = [each for each in self._folder.glob(f"*/*{_UNSENT}") if each.stat().st_mtime < before]
        for mark in old:
            path = mark.with_suffix("")
            for each in (mark, path.with_suffix(_KNOWN), path):
                each.unlink(missing_ok=True)
        return len(old)

    def _expire(self, place: str, before: float) -> int:
        old = [path for path in self._paths(place) if path.stat().st_mtime < before]
        for path in old:
            for each in (path.with_name(f"{path.name}{_UNSENT}"), path.with_suffix(_KNOWN), path):
                each.unlink(missing_ok=True)
        return len(old)

    def _forget(self, place: str) -> int:
        folder = self._of(place)
        count = len([each for each in folder.glob("*") if _ID.fullmatch(each.name)])
        delete_folder(folder)
        return count

    def _path(self, place: Conversation, file_id: str) -> Path:
        return self._of(place.key) / file_id

    def _of(self, place: str) -> Path:
        """The folder of a conversation, by its key."""
        return self._folder / hashlib.sha256(place.encode()).hexdigest()[:32]


def _size(path: Path) -> int:
    """In bytes; 0 where it has its final name, or was taken back, by now: others are written meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _put(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or not there, also after a power cut."""
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _named(name: str, endings: tuple[str, ...]) -> str:
    """A name without folders and odd characters, whose ending says what the file is."""
    plain = re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', " ", clean(name)).strip(" .")
    stem = plain if plain.lower().endswith(endings) else f"{plain or 'file'}{endings[0]}"
    return stem if len(stem) <= _NAME else f"{stem[: _NAME - 8]}{endings[0]}"
