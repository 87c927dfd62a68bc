"""Documents that people bring in a chat: a folder for each channel, shown in that channel alone."""

import asyncio
import glob
import logging
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from core.deletion import delete_folder
from core.errors import Unreadable
from core.knowledge.files import LARGEST, too_large
from core.knowledge.ingestion import Ingestion, Report
from core.knowledge.pages import address_of
from core.knowledge.passages import Source
from core.knowledge.ports import Library
from core.knowledge.reading.cleaning import is_printable
from core.knowledge.reading.kinds import kind_of_file
from core.message import Conversation

LONGEST_NAME = 120
"""Characters of a file's name."""

_log = logging.getLogger(__name__)


class Contributions:
    """Enters what was brought into the library, and takes it out again.

    Args:
        folder: where the files are kept, so that they can be read again.
    """

    def __init__(self, library: Library, ingestion: Ingestion, folder: Path) -> None:
        self._library = library
        self._ingestion = ingestion
        self._folder = folder.resolve()
        self._turn = asyncio.Lock()

    async def add(self, conversation: Conversation, name: str, content: bytes) -> Report:
        """Keep a file, in the place of one with the same name; one that cannot be read replaces nothing.

        Raises:
            Unreadable: says why, in words that follow the name.
            StoreError: the library refused.
        """
        check_name(name)
        if len(content) > LARGEST:
            raise Unreadable(too_large(len(content)))
        source = self._files_of(conversation)
        path = Path(source.location) / name
        async with self._turn:
            before = await asyncio.to_thread(_exchange, path, content)
            await self._library.add(source)
            report = await self._ingestion.refresh(source)
            if trouble := next((each for each in report.unreadable if each.location == name), None):
                await asyncio.to_thread(_put_back, path, before)
                await self._ingestion.refresh(source)
                raise Unreadable(trouble.reason)
        await self._library.embed()
        _log.info("a document was added to %s", conversation.channel_key)
        return report

    async def add_page(self, conversation: Conversation, address: str) -> Report:
        """Read a page, or the pages that a sitemap lists.

        Raises:
            Unreadable: says why, in words that follow the address.
            StoreError: the library refused.
        """
        source = _page_of(conversation, address)
        is_new = source.name not in {each.name for each in await self._library.sources()}
        await self._library.add(source)
        try:
            report = await self._ingestion.refresh(source)
            if not await self._library.documents(source.name):
                raise Unreadable(report.unreadable[0].reason if report.unreadable else "lists no page")
        except Unreadable:
            if is_new:
                await self._library.remove(source.name)
            raise
        await self._library.embed()
        _log.info("a page was added to %s", conversation.channel_key)
        return report

    async def names(self, conversation: Conversation) -> Sequence[str]:
        """What was brought to this channel: names of files and addresses of pages."""
        files = await self._library.documents(self._files_of(conversation).name)
        return [*sorted(files), *(each.location for each in await self._pages(conversation))]

    async def remove(self, conversation: Conversation, name: str) -> bool:
        """Forget what was brought to this channel under that name; False where nothing was."""
        source = self._files_of(conversation)
        if page := next((each for each in await self._pages(conversation) if each.location == name), None):
            await self._library.remove(page.name)
        elif name in await self._library.documents(source.name):
            async with self._turn:
                await asyncio.to_thread(_put_back, Path(source.location) / name, None)
                await self._ingestion.refresh(source)
        else:
            return False
        _log.info("a document was removed from %s", conversation.channel_key)
        return True

    def _files_of(self, conversation: Conversation) -> Source:
        key = conversation.channel_key
        location = self._folder / quote(key, safe="")
        return Source(name=key, location=str(location), audience=(glob.escape(key),))

    async def _pages(self, conversation: Conversation) -> Sequence[Source]:
        sources = await self._library.sources()
        return [each for each in sources if each.name == _page_of(conversation, each.location).name]


async def forget_channel(library: Library, folder: Path, key: str) -> int:
    """Take out all that was brought to a channel, and delete its files.

    Args:
        folder: where files are kept that people brought.
        key: of the channel.

    Returns:
        How many sources that were.

    Raises:
        StoreError: a file cannot be deleted, or the library refused.
    """
    sources = await library.sources()
    brought = [each for each in sources if each.name == key or each.name.endswith(f" in {key}")]
    for source in brought:
        await library.remove(source.name)
    await asyncio.to_thread(delete_folder, folder / quote(key, safe=""))
    return len(brought)


def check_name(name: str) -> None:
    """Refuse a file that would not be read, before it is fetched.

    Raises:
        Unreadable: says why, in words that follow the name.
    """
    if not is_printable(name) or name != PurePosixPath(name).name or name.startswith("."):
        raise Unreadable("has a name that no document has: rename it")
    if len(name) > LONGEST_NAME:
        raise Unreadable(f"has a name of more than {LONGEST_NAME} characters: rename it")
    if kind_of_file(name) is None:
        raise Unreadable("is of a kind that is not read")


def _page_of(conversation: Conversation, address: str) -> Source:
    key = conversation.channel_key
    return Source(name=f"{address_of(address)} in {key}", location=address, audience=(glob.escape(key),))


def _exchange(path: Path, content: bytes) -> bytes | None:
    """Write the file, whole or not at all; what it was before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        coming = path.with_name(f".{path.name}")
        coming.write_bytes(content)
        os.replace(coming, path)
    except OSError as error:
        raise Unreadable(f"could not be kept: {error.strerror}") from None
    return before


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)
