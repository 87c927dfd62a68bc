"""What people bring is sealed for its channel, on SQLite and on Postgres, and found all the same."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.knowledge import postgres
from core.knowledge.contributions import Contributions, adopt, forget_channels
from core.knowledge.ingestion import Ingestion
from core.knowledge.pages import Pages
from core.knowledge.passages import Document, Found, Passage, Source
from core.knowledge.reading.process import ReadingProcess
from core.knowledge.sql import indexing
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.language.query import SearchQuery
from core.message import Conversation
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.testing import WordEncoder
from tests.samples import conversation

WARD, HALL = conversation("ward"), conversation("hall")
NAME = "befund-okapi.md"
TEXT = """# Quetzal

The [narwhal](https://axolotl.example/) was treated with pangolin.

## Tapir

It is well.
"""
CANARIES = ("okapi", "quetzal", "narwhal", "axolotl", "pangolin", "tapir", "it is well", "bilby")
"""Of its name, title, text, link and headings, and of a page's address."""

Open = Callable[[], AbstractAsyncContextManager[Knowledge]]
Kept = Callable[[], bytes]


class Place:
    """A knowledge base and the keys to it."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self.file = folder / "knowledge.sqlite3"
        self.keys = Keys(SqliteVault(folder / FILE), "s" * 40)

    def open(
        self, *, sealed: bool = True, file: Path | None = None
    ) -> AbstractAsyncContextManager[Knowledge]:
        sealer = KeyedSealer(self.keys) if sealed else None
        if self._url:
            return postgres.open_knowledge_base(self._url, WordEncoder(), sealer)
        return open_knowledge_base(file or self.file, WordEncoder(), sealer)

    def canaries(self) -> list[str]:
        """Those that stand anywhere."""
        held = self._dumped() if self._url else b""
        for path in self._folder.rglob("*"):
            held += path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        return [each for each in CANARIES if each.encode() in held.lower()]

    def _dumped(self) -> bytes:
        """Every row of every table, as Postgres writes it."""
        with psycopg.connect(self._url) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'frontdesk_knowledge'"
            ).fetchall()
            rows = [
                row
                for (table,) in tables
                for row in connection.execute(f"SELECT t::text FROM frontdesk_knowledge.{table} t".encode())
            ]
        return repr(rows).encode()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgres" else "")
    yield place
    place.keys.close()


@pytest.fixture
async def reader() -> AsyncIterator[ReadingProcess]:
    reader = ReadingProcess()
    yield reader
    await reader.close()


def contributions(knowledge: Knowledge, reader: ReadingProcess) -> Contributions:
    return Contributions(knowledge.library, Ingestion(knowledge.library, reader, Pages(["127.0.0.1"])))


def question(text: str) -> SearchQuery:
    return SearchQuery(text=text, terms=(), names=(), reasons=())


async def find(knowledge: Knowledge, asked: str, where: Conversation | None = WARD) -> Sequence[Found]:
    return await knowledge.search.find(question(asked), where)


async def test_nothing_of_it_can_be_read_off_and_it_is_found_there_alone(
    place: Place, reader: ReadingProcess
) -> None:
    async with place.open() as knowledge:
        brought = contributions(knowledge, reader)
        await brought.add(WARD, NAME, TEXT.encode())
        found = (await find(knowledge, "narwhal"))[0]
        assert "treated with pangolin" in found.passage.text
        assert (found.document.location, found.document.title, found.is_brought) == (NAME, "Quetzal", True)
        assert found.similarity is not None and found.bm25 is not None
        assert await find(knowledge, "narwhal", HALL) == []
        again = await knowledge.search.passage(found.id, WARD)
        assert again is not None and again.passage == found.passage
        assert await knowledge.search.passage(found.id, HALL) is None
        assert await brought.names(WARD) == [NAME]
        assert place.canaries() == []
    assert place.canaries() == []
    async with place.open() as knowledge:
        assert (await find(knowledge, "tapir"))[0].passage.headings[-1] == "Tapir"


async def test_without_a_secret_it_lies_in_clear_until_there_is_one(
    place: Place, reader: ReadingProcess
) -> None:
    async with place.open(sealed=False) as knowledge:
        await contributions(knowledge, reader).add(WARD, NAME, TEXT.encode())
        before = await find(knowledge, "narwhal")
    assert "pangolin" in place.canaries()
    async with place.open() as knowledge:
        assert await find(knowledge, "narwhal") == before
        assert [await knowledge.library.seal_clear() for _ in range(2)] == [1, 0]
        await knowledge.library.clear_log()
        assert place.canaries() == []
        assert await find(knowledge, "narwhal") == before


async def test_it_is_found_as_the_operators_own_is(place: Place) -> None:
    """By the same words, vectors and weights."""
    texts = [
        "The narwhal swims.",
        "A narwhal and a tapir, a tapir.",
        "Lunch is at noon.",
        "Of lunch nothing.",
    ]
    document = Document(location="a.md", title="Animals", digest="d", language="en")
    async with place.open() as knowledge:
        for key, owner in (("hall", ""), ("ward", "documents:ward")):
            source = Source(name=key, location="", audience=(conversation(key).channel_key,), owner=owner)
            await knowledge.library.add(source)
            await knowledge.library.put(key, document, [Passage(text=each) for each in texts])
        await knowledge.library.embed()
        for asked in ("narwhal", "a tapir at lunch", "animals", "nothing at all"):
            theirs, ours = [
                [
                    replace(each, id=0, source="", is_brought=False)
                    for each in await find(knowledge, asked, where)
                ]
                for where in (WARD, HALL)
            ]
            assert theirs == ours and ours
        both = {each.source for each in await find(knowledge, "narwhal tapir", None)}
        assert len(both) == 1  # of equal texts one is shown


async def test_with_its_key_gone_older_copies_cannot_be_read(tmp_path: Path, reader: ReadingProcess) -> None:
    place, copy = Place(tmp_path, ""), tmp_path / "copy.sqlite3"
    async with place.open() as knowledge:
        brought = contributions(knowledge, reader)
        for where in (WARD, HALL):
            await brought.add(where, NAME, TEXT.encode())
    shutil.copy(place.file, copy)
    async with place.open() as knowledge:
        number = (await find(knowledge, "narwhal"))[0].id
        assert await forget_channels(knowledge.library, [WARD.channel_key]) == 1
        assert await find(knowledge, "narwhal") == []
        assert await find(knowledge, "narwhal", HALL)
    async with place.open(file=copy) as knowledge:
        assert await find(knowledge, "narwhal") == []
        assert await knowledge.search.passage(number, WARD) is None
        assert await knowledge.library.documents(WARD.channel_key) == {}
        assert await find(knowledge, "narwhal", HALL)
        await knowledge.library.embed()
        assert await forget_channels(knowledge.library, [WARD.channel_key]) == 1
    place.keys.close()


async def test_what_was_brought_before_is_sealed_and_stays_what_was_cited(
    place: Place, tmp_path: Path
) -> None:
    key, address = WARD.channel_key, "https://bilby.example/prices"
    folder = tmp_path / "documents" / quote(key, safe="")
    folder.mkdir(parents=True)
    (folder / NAME).write_text(TEXT)
    operators = tmp_path / "documents" / "handbook"
    operators.mkdir()
    old = [
        Source(name=key, location=str(folder), audience=(key,)),
        Source(name=f"{address} in {key}", location=address, audience=(key,)),
        Source(name="handbook", location=str(operators), audience=(key,)),
    ]
    async with place.open() as knowledge:
        for source in old:
            await knowledge.library.add(source)
        document = Document(location=NAME, title="Quetzal", digest="d", language="en")
        await knowledge.library.put(key, document, [Passage(text="A pangolin.", headings=("Tapir",))])
        page = Document(location=address, title="Axolotl", digest="e", language="en")
        await knowledge.library.put(old[1].name, page, [Passage(text="It is well.")])
        lunch = Document(location="lunch.md", title="Lunch", digest="f", language="en")
        await knowledge.library.put("handbook", lunch, [Passage(text="Lunch is at noon.")])
        await knowledge.library.embed()
        before = {each.id: each for each in await find(knowledge, "pangolin well lunch")}
        await adopt(knowledge.library, tmp_path / "documents")
        assert place.canaries() == [] and operators.is_dir()
        await knowledge.library.embed()
        after = {each.id: each for each in await find(knowledge, "pangolin well lunch")}
        assert after.keys() == before.keys() and len(after) == 3
        for number, each in after.items():
            assert replace(each, source="", is_brought=False) == replace(before[number], source="")
        pages = [each.location for each in await knowledge.library.sources() if each.owner and each.location]
        assert pages == [address]
        assert [each.owner for each in await knowledge.library.sources() if each.name == "handbook"] == [""]


async def test_a_page_is_sealed_with_its_address_and_read_again_under_it(
    place: Place, reader: ReadingProcess
) -> None:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(text="<title>Quetzal</title><p>A narwhal.</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/bilby.html", serve)
    async with place.open() as knowledge, TestServer(app) as server:
        brought, address = contributions(knowledge, reader), str(server.make_url("/bilby.html"))
        for _ in range(2):
            await brought.add_page(WARD, address)
        assert await brought.names(WARD) == [address]
        assert (await find(knowledge, "narwhal"))[0].document.location == address
        assert place.canaries() == []
        assert await brought.remove(WARD, address)
        assert await brought.names(WARD) == []


async def test_one_that_was_indexed_by_other_rules_is_indexed_anew(
    place: Place, reader: ReadingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.open() as knowledge:
        await contributions(knowledge, reader).add(WARD, NAME, TEXT.encode())
        before = await find(knowledge, "narwhal")
    monkeypatch.setattr(indexing, "VERSION", "others")
    async with place.open() as knowledge:
        assert await find(knowledge, "narwhal") == before
    assert place.canaries() == []


async def test_a_file_is_known_by_what_is_in_it(tmp_path: Path, reader: ReadingProcess) -> None:
    async with Place(tmp_path, "").open() as knowledge:
        brought = contributions(knowledge, reader)
        first = await brought.add(WARD, NAME, TEXT.encode())
        again = await brought.add(WARD, NAME, TEXT.encode())
        other = await brought.add(WARD, "copy.md", TEXT.encode())
        assert (first.read, again.unchanged, other.duplicates) == (1, 1, 1)
        assert await brought.names(WARD) == [NAME]
        changed = await brought.add(WARD, NAME, b"# Lunch\n\nIt is at noon.\n")
        assert changed.read == 1
        assert [each.passage.text for each in await find(knowledge, "narwhal")] == ["It is at noon."]
        assert await brought.remove(WARD, NAME)
        assert await find(knowledge, "noon") == []
