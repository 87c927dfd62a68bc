"""From a source to the library: what is new is read, what is gone is forgotten, what stayed costs a look.

Each document is entered by itself, so that a process that dies goes on where it was: what was read already
has the same digest and is not read again.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import Missing, Unreadable
from core.knowledge import files
from core.knowledge.files import File, Signature, Trouble
from core.knowledge.pages import Page, Pages, address_of
from core.knowledge.passages import Document, Source
from core.knowledge.ports import Library
from core.knowledge.reading import reader
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.process import DocumentReader
from core.knowledge.reading.reader import Reading
from core.language.identification import Identifier

Progress = Callable[[int, int, str], None]
"""Told how many documents are done, of how many, and which one is next; on the event loop."""
BREATH = 200
"""Files after which others get their turn: one that stayed as it was waits for nothing."""
_UNREAD_PAGES = "in part "
"""Before the digest of a document whose pictures nobody could read: whoever can reads it anew."""
_PROBE = 2_000
"""Characters by which the language of a document is told."""


@dataclass(kw_only=True)
class Report:
    """What came of looking through a source."""

    source: str
    read: int = 0
    """Documents that are new or changed."""
    unchanged: int = 0
    forgotten: int = 0
    """Documents that are gone, or that cannot be read any more."""
    duplicates: int = 0
    """Documents that another one is equal to, byte for byte: they are not entered twice."""
    passages: int = 0
    """Entered now."""
    unreadable: list[Trouble] = field(default_factory=list)
    hidden: list[Trouble] = field(default_factory=list)
    """Documents of which something was left out: text that nobody would see, pages that are pictures."""
    others: Counter[str] = field(default_factory=Counter)
    """Files of kinds that are not read, by suffix."""

    @property
    def changed(self) -> bool:
        """Whether the library holds something else than before."""
        return self.read > 0 or self.forgotten > 0


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a file was when it was last looked at in this process."""

    signature: Signature
    digest: str
    recognised: bool
    """Whether pages that are pictures were read then."""
    trouble: Trouble | None = None


class Ingestion:
    """Keeps the library in step with its sources.

    Args:
        library: documents are entered into it.
        reader: makes passages of them.
        pages: fetches what is on the web.
    """

    def __init__(self, library: Library, reader: DocumentReader, pages: Pages) -> None:
        self._library = library
        self._reader = reader
        self._pages = pages
        self._identifier = Identifier()
        self._looks: dict[str, dict[str, _Look]] = {}
        """By source and location, those of the last time."""

    async def refresh(self, source: Source, progress: Progress | None = None) -> Report:
        """Look through a source that the library knows.

        Documents that cannot be read are told of in the report, and stop nothing.

        Raises:
            Unreadable: the source itself cannot be looked at; what was read of it before is kept.
            StoreError: the library refused.
        """
        work = _Work(
            report=Report(source=source.name),
            known=dict(await self._library.documents(source.name)),
            recognises=self._reader.recognises,
            progress=progress or _tell_nobody,
        )
        if address := address_of(source.location):
            await self._look_at_pages(source, address, work)
        else:
            await self._look_at_files(source, work)
        gone = work.known.keys() - work.kept
        await self._library.forget(source.name, gone)
        work.report.forgotten = len(gone)
        return work.report

    async def take(self, source: Source, location: str, content: bytes, kind: Kind) -> Report:
        """Read one document into a source that the library knows, whatever else there is in it.

        One that cannot be read is told of in the report, and replaces nothing.

        Raises:
            StoreError: the library refused.
        """
        known = dict(await self._library.documents(source.name))
        work = _Work(
            report=Report(source=source.name),
            known=known,
            recognises=self._reader.recognises,
            places={document.digest: place for place, document in known.items() if place != location},
        )
        digest = await asyncio.to_thread(_digest, content)
        if not work.has(location, digest):
            await self._enter(source, location, content, kind, digest, "", work)
        return work.report

    async def _look_at_files(self, source: Source, work: "_Work") -> None:
        path = Path(source.location)
        try:
            walk = await asyncio.to_thread(files.walk, path)
        except Missing:
            if set(work.known) == {path.name} and path.parent.is_dir():
                return  # a single file that somebody deleted; a folder may be a disk that is not there
            raise
        work.report.unreadable += walk.troubles
        work.report.others = walk.others
        before, self._looks[source.name] = self._looks.get(source.name, {}), {}
        for number, file in enumerate(walk.files):
            work.progress(number, len(walk.files), file.location)
            if look := await self._file(source, file, before.get(file.location), work):
                self._looks[source.name][file.location] = look
            if number % BREATH == 0:
                await asyncio.sleep(0)
        work.progress(len(walk.files), len(walk.files), "")

    async def _file(self, source: Source, file: File, look: _Look | None, work: "_Work") -> _Look | None:
        """What it is now, unless it cannot be told.

        Args:
            look: what it was the last time.
        """
        if look is not None and look.signature == file.signature:
            if look.trouble is not None and (look.recognised or not work.recognises):
                work.report.unreadable.append(look.trouble)
                return look
            if work.has(file.location, look.digest):
                return look
        try:
            content, digest = await asyncio.to_thread(_opened, file)
        except FileNotFoundError:
            return None  # it went while we looked
        except OSError as error:
            work.fail(file.location, files.not_opened(error))
            work.kept.add(file.location)  # it may be as it was
            return None
        except Unreadable as error:
            work.fail(file.location, error)
            return None
        trouble = None
        if not work.has(file.location, digest):
            trouble = await self._enter(source, file.location, content, file.kind, digest, "", work)
        return _Look(
            signature=file.signature, digest=digest, recognised=self._recognised(work), trouble=trouble
        )

    async def _look_at_pages(self, source: Source, address: str, work: "_Work") -> None:
        work.progress(0, 1, address)
        try:
            first = await self._pages.fetch(address)
        except Missing as error:
            work.fail(address, error)
            return
        if first.kind is not Kind.SITEMAP:
            await self._take_page(source, address, first, work)
            work.progress(1, 1, "")
            return
        listed = (await self._reader.read(first.content, Kind.SITEMAP, address)).pages
        for number, each in enumerate(listed):
            work.progress(number, len(listed), each)
            await self._page(source, each, work)
        work.progress(len(listed), len(listed), "")

    async def _page(self, source: Source, address: str, work: "_Work") -> None:
        """One page that a sitemap lists."""
        try:
            if urlsplit(address).hostname != urlsplit(source.location).hostname:
                raise Unreadable("is on another host than the sitemap")
            page = await self._pages.fetch(address)
            if page.kind is Kind.SITEMAP:
                raise Unreadable("is a sitemap within a sitemap: add it by itself")
        except Missing as error:
            work.fail(address, error)
        except Unreadable as error:
            work.fail(address, error)
            work.kept.add(address)
        else:
            await self._take_page(source, address, page, work)

    async def _take_page(self, source: Source, address: str, page: Page, work: "_Work") -> None:
        digest = await asyncio.to_thread(_digest, page.content)
        if not work.has(address, digest):
            await self._enter(source, address, page.content, page.kind, digest, page.charset, work)

    async def _enter(
        self,
        source: Source,
        location: str,
        content: bytes,
        kind: Kind,
        digest: str,
        charset: str,
        work: "_Work",
    ) -> Trouble | None:
        try:
            reading = await self._reader.read(content, kind, location.rpartition("/")[2] or location, charset)
        except Unreadable as error:
            return work.fail(location, error)
        language = await asyncio.to_thread(self._identifier.language, _probe(reading), "")
        as_read = _UNREAD_PAGES + digest if reading.scanned and not self._recognised(work) else digest
        document = Document(location=location, title=reading.title, digest=as_read, language=language)
        await self._library.put(source.name, document, reading.passages)
        work.enter(location, reading)
        return None

    def _recognised(self, work: "_Work") -> bool:
        """Whether pages that are pictures were read: a worker that does may have left meanwhile, or come."""
        return work.recognises and self._reader.recognises


def _tell_nobody(done: int, total: int, name: str) -> None:
    """Fills `Progress` where nobody looks."""


@dataclass(kw_only=True)
class _Work:
    """One look through a source."""

    report: Report
    known: dict[str, Document]
    recognises: bool
    """Whether pages that are pictures are read now."""
    progress: Progress = _tell_nobody
    kept: set[str] = field(default_factory=set)
    """Locations whose document stays."""
    places: dict[str, str] = field(default_factory=dict)
    """Where each digest was met first."""

    def has(self, location: str, digest: str) -> bool:
        """Whether nothing is to be read: it did not change, or stands elsewhere already."""
        if self.places.setdefault(digest, location) != location:
            self.report.duplicates += 1
            return True
        before = self.known.get(location)
        as_good = {digest} if self.recognises else {digest, _UNREAD_PAGES + digest}
        if before is None or before.digest not in as_good:
            return False
        self.report.unchanged += 1
        self.kept.add(location)
        return True

    def enter(self, location: str, reading: Reading) -> None:
        self.kept.add(location)
        self.report.read += 1
        self.report.passages += len(reading.passages)
        left_out = [f"{reading.hidden} characters that nobody would see"] if reading.hidden else []
        left_out += [f"{len(reading.scanned)} pages that are pictures, unread"] if reading.scanned else []
        self.report.hidden += [Trouble(location=files.shown(location), reason=each) for each in left_out]

    def fail(self, location: str, error: Unreadable) -> Trouble:
        trouble = Trouble(location=files.shown(location), reason=str(error))
        self.report.unreadable.append(trouble)
        return trouble


def _opened(file: File) -> tuple[bytes, str]:
    content = files.content(file)
    return content, _digest(content)


def _digest(content: bytes) -> str:
    """Of the document and of how it is read: where either has changed, it is read anew."""
    digest = hashlib.sha256(content)
    digest.update(b"read as of version %d" % reader.VERSION)
    return digest.hexdigest()


def _probe(reading: Reading) -> str:
    text = ""
    for passage in _prose_first(reading):
        text += passage + "\n"
        if len(text) >= _PROBE:
            break
    return text


def _prose_first(reading: Reading) -> Sequence[str]:
    return sorted((passage.text for passage in reading.passages[:20]), key=lambda text: text.startswith("|"))
