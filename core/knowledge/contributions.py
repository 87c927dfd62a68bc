"""Documents that people bring in a chat: read for that channel alone, and kept sealed for it.

A file is read and let go: what was read of it is all that is kept.
"""

import asyncio
import glob
import logging
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from core.deletion import delete_folder
from core.errors import Unreadable
from core.knowledge.files import LARGEST, too_large
from core.knowledge.ingestion import Ingestion, Report
from core.knowledge.pages import address_of
from core.knowledge.passages import Source
from core.knowledge.ports import Library
from core.knowledge.reading.cleaning import is_printable
from core.knowledge.reading.kinds import Kind, kind_of_file
from core.message import Conversation, Platform

LONGEST_NAME = 120
"""Characters of a file's name."""

_log = logging.getLogger(__name__)


class Contributions:
    """Enters what was brought into the library, and takes it out again."""

    def __init__(self, library: Library, ingestion: Ingestion) -> None:
        self._library = library
        self._ingestion = ingestion

    async def add(self, conversation: Conversation, name: str, content: bytes) -> Report:
        """Read a file, in the place of one with the same name; one that cannot be read replaces nothing.

        Raises:
            Unreadable: says why, in words that follow the name.
            StoreError: the library refused.
        """
        kind = check_name(name)
        if len(content) > LARGEST:
            raise Unreadable(too_large(len(content)))
        source = _files_of(conversation.channel_key)
        await self._library.add(source)
        report = await self._ingestion.take(source, name, content, kind)
        if report.unreadable:
            raise Unreadable(report.unreadable[0].reason)
        await self._library.embed()
        _log.info("a document was added to %s", conversation.channel_key)
        return report

    async def add_page(self, conversation: Conversation, address: str) -> Report:
        """Read a page, or the pages that a sitemap lists.

        Raises:
            Unreadable: says why, in words that follow the address.
            StoreError: the library refused.
        """
        known = next((each for each in await self._pages(conversation) if each.location == address), None)
        source = known or _page_of(conversation.channel_key, address)
        await self._library.add(source)
        try:
            report = await self._ingestion.refresh(source)
            if not await self._library.documents(source.name):
                raise Unreadable(report.unreadable[0].reason if report.unreadable else "lists no page")
        except Unreadable:
            if known is None:
                await self._library.remove(source.name)
            raise
        await self._library.embed()
        _log.info("a page was added to %s", conversation.channel_key)
        return report

    async def names(self, conversation: Conversation) -> Sequence[str]:
        """What was brought to this channel: names of files and addresses of pages."""
        files = await self._library.documents(_files_of(conversation.channel_key).name)
        return [*sorted(files), *sorted(each.location for each in await self._pages(conversation))]

    async def remove(self, conversation: Conversation, name: str) -> bool:
        """Forget what was brought to this channel under that name; False where nothing was."""
        source = _files_of(conversation.channel_key)
        if page := next((each for each in await self._pages(conversation) if each.location == name), None):
            await self._library.remove(page.name)
        elif name in await self._library.documents(source.name):
            await self._library.forget(source.name, [name])
        else:
            return False
        _log.info("a document was removed from %s", conversation.channel_key)
        return True

    async def _pages(self, conversation: Conversation) -> Sequence[Source]:
        owner = _owner(conversation.channel_key)
        return [
            each
            for each in await self._library.sources()
            if each.owner == owner and address_of(each.location)
        ]


async def forget_channels(library: Library, keys: Collection[str]) -> int:
    """Take out all that was brought to channels, and destroy the keys that sealed it.

    Returns:
        How many sources that were.

    Raises:
        StoreError: the library refused.
    """
    return await library.erase([_owner(each) for each in keys])


async def adopt(library: Library, folder: Path) -> None:
    """Seal what was brought before it was sealed, and delete the files of it.

    Args:
        folder: where they were kept, in a folder for each channel.

    Raises:
        StoreError: a file cannot be deleted, or the library refused.
    """
    await asyncio.to_thread(_delete_files, folder)
    brought = [(each, key) for each in await library.sources() if (key := _brought_to(each))]
    for before, key in brought:
        address = address_of(before.location)
        await library.adopt(before.name, _page_of(key, address) if address else _files_of(key))
    if brought:
        await library.clear_log()


def check_name(name: str) -> Kind:
    """Refuse a file that would not be read, before it is fetched; returns of what kind it is.

    Raises:
        Unreadable: says why, in words that follow the name.
    """
    if not is_printable(name) or name != PurePosixPath(name).name or name.startswith("."):
        raise Unreadable("has a name that no document has: rename it")
    if len(name) > LONGEST_NAME:
        raise Unreadable(f"has a name of more than {LONGEST_NAME} characters: rename it")
    if (kind := kind_of_file(name)) is None:
        raise Unreadable("is of a kind that is not read")
    return kind


def _files_of(key: str) -> Source:
    """The source of a channel's files."""
    return Source(name=key, location="", audience=(glob.escape(key),), owner=_owner(key))


def _page_of(key: str, address: str) -> Source:
    """A new source in a channel; its name stands in clear, and so tells no address."""
    name = f"page {secrets.token_hex(4)} in {key}"
    return Source(name=name, location=address, audience=(glob.escape(key),), owner=_owner(key))


def _owner(key: str) -> str:
    """For whom is sealed what was brought to a channel: not for one conversation, as threads share it."""
    return f"documents:{key}"


def _brought_to(source: Source) -> str:
    """The channel that a source was brought to before it was sealed; empty for any other."""
    key = source.name.removeprefix(f"{source.location} in ")
    is_page = key != source.name and bool(address_of(source.location))
    is_folder = key == source.name and Path(source.location).name == quote(key, safe="")
    is_theirs = not source.owner and source.audience == (glob.escape(key),)
    return key if is_theirs and (is_page or is_folder) else ""


def _delete_files(folder: Path) -> None:
    """Delete the folders of channels, and nothing else that somebody may have put there."""
    for path in folder.glob("*%3A*%3A*"):
        if unquote(path.name).partition(":")[0] in {str(each) for each in Platform}:
            delete_folder(path)
