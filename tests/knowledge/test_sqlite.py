"""The knowledge base on SQLite: whole after a crash, forgetful to the last byte, deaf to any syntax."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ModelError, StoreError
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.ports import Vectors
from core.knowledge.sql import indexing
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.language.query import SearchQuery
from core.testing import WordEncoder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "knowledge.sqlite3"


def _question(text: str, *names: str) -> SearchQuery:
    return SearchQuery(text=text, terms=(), names=names, reasons=())


async def _put(knowledge: Knowledge, location: str, *texts: str, language: str = "en") -> None:
    await knowledge.library.add(Source(name="handbook", location="/"))
    document = Document(location=location, title=location, digest="d", language=language)
    await knowledge.library.put("handbook", document, [Passage(text=text) for text in texts])


async def _texts(knowledge: Knowledge, asked: str) -> list[str]:
    return [found.passage.text for found in await knowledge.search.find(_question(asked), None)]


async def test_what_was_read_is_there_after_opening_anew(file: Path) -> None:
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        await _put(knowledge, "a", "Lunch is at noon.")
        await knowledge.library.embed()
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        (found,) = await knowledge.search.find(_question("lunch"), None)
    assert found.bm25 is not None
    assert found.similarity is not None


async def test_a_search_says_why(file: Path) -> None:
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        await _put(knowledge, "a", "Invoices are paid monthly.", "Dinner is at seven.")
        await knowledge.library.embed()
        first, second = await knowledge.search.find(_question("invoice paid"), None)
    assert (first.terms, first.bm25_rank, first.similarity_rank) == (("invoice", "paid"), 1, 1)
    assert (second.terms, second.bm25_rank, second.bm25) == ((), None, None)
    assert first.score > second.score


async def test_words_are_found_in_every_form_and_by_the_rules_of_their_language(file: Path) -> None:
    async with open_knowledge_base(file) as knowledge:
        await _put(knowledge, "en", "The invoices were cancelled.")
        await _put(knowledge, "de", "Die Rechnungen werden bezahlt.", language="de")
        await _put(knowledge, "zh", "我们的办公室在星期天关闭。", language="zh")
        assert await _texts(knowledge, "cancelling an invoice") == ["The invoices were cancelled."]
        assert await _texts(knowledge, "Rechnung bezahlen") == ["Die Rechnungen werden bezahlt."]
        assert await _texts(knowledge, "办公室") == ["我们的办公室在星期天关闭。"]


async def test_passages_without_a_vector_are_found_by_their_words(file: Path) -> None:
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        await _put(knowledge, "a", "Lunch is at noon.")
        await knowledge.library.embed()
        await _put(knowledge, "b", "Lunch is served cold.")
        assert sorted(await _texts(knowledge, "lunch")) == ["Lunch is at noon.", "Lunch is served cold."]


async def test_vectors_of_another_encoder_are_made_anew_and_never_compared(file: Path) -> None:
    async with open_knowledge_base(file, WordEncoder("old@1")) as knowledge:
        await _put(knowledge, "a", *(f"Passage number {number}." for number in range(600)))
        await knowledge.library.embed()
    new = WordEncoder("new@1", dimensions=100)
    async with open_knowledge_base(file, new) as knowledge:
        (found, *_) = await knowledge.search.find(_question("passage 7"), None)
        assert found.similarity is None
        told: list[tuple[int, int]] = []
        await knowledge.library.embed(lambda done, total: told.append((done, total)))
        (found, *_) = await knowledge.search.find(_question("passage 7"), None)
        assert found.similarity is not None
        made = len(new.encoded)
        await knowledge.library.embed()
    assert told[-1] == (600, 600)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(new.encoded) == made, "what has its vector is not encoded again"


@pytest.mark.parametrize(("terms", "found"), [("those of old", ["Lunch is at noon."]), (None, [])])
async def test_an_index_by_other_rules_is_made_anew(file: Path, terms: str | None, found: list[str]) -> None:
    async with open_knowledge_base(file) as knowledge:
        await _put(knowledge, "a", "Lunch is at noon.")
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DELETE FROM postings")
        if terms:
            db.execute("UPDATE indexed SET terms = ?", [terms])
    async with open_knowledge_base(file) as knowledge:
        assert await _texts(knowledge, "lunch") == found


async def test_what_is_indexed_anew_goes_on_where_it_was_broken_off(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("indexing", "overview", "words"):
        monkeypatch.setattr(f"core.knowledge.sql.{module}.BLOCK", 2)
    texts = [f"Lunch is at {word}." for word in ("one", "two", "three", "four", "five")]
    async with open_knowledge_base(file) as knowledge:
        await _put(knowledge, "a", *texts)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("UPDATE indexed SET terms = 'those of old'")
    measure, done, may_do = indexing._measure, 0, 2

    def measure_or_break(*arguments: Any) -> None:
        nonlocal done
        if done == may_do:
            raise StoreError("broken off")
        done += 1
        measure(*arguments)

    monkeypatch.setattr(indexing, "_measure", measure_or_break)
    with pytest.raises(StoreError, match="broken off"):
        async with open_knowledge_base(file):
            pass
    may_do = 3  # of three blocks: passages have the numbers 1 to 5
    async with open_knowledge_base(file) as knowledge:
        assert sorted(await _texts(knowledge, "lunch")) == sorted(texts)
        assert await _texts(knowledge, "five") == ["Lunch is at five."]
    assert done == 3


class _Failing(WordEncoder):
    async def encode(self, texts: object, *, background: bool = False) -> Vectors:
        raise ModelError("no memory")


async def test_a_failing_encoder_leaves_the_words(file: Path) -> None:
    async with open_knowledge_base(file, _Failing()) as knowledge:
        await _put(knowledge, "a", "Lunch is at noon.")
        with pytest.raises(ModelError, match="no memory"):
            await knowledge.library.embed()
        assert await _texts(knowledge, "lunch") == ["Lunch is at noon."]


async def test_two_processes_see_what_the_other_has_read(file: Path) -> None:
    async with (
        open_knowledge_base(file, WordEncoder()) as reading,
        open_knowledge_base(file, WordEncoder()) as serving,
    ):
        await _put(serving, "a", "Lunch is at noon.")
        assert await _texts(serving, "lunch") == ["Lunch is at noon."]
        await _put(reading, "a", "Lunch is at one.")
        await reading.library.embed()
        (found,) = await serving.search.find(_question("lunch"), None)
    assert (found.passage.text, found.similarity is None) == ("Lunch is at one.", False)


async def test_what_is_forgotten_is_in_the_file_no_more(file: Path) -> None:
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        await _put(knowledge, "a", "The xylophone costs 4711.", "Its sound is zwitscherndlich.")
        await _put(knowledge, "b", "Lunch is at noon.")
        await knowledge.library.embed()
        await knowledge.library.forget("handbook", ["a"])
    with closing(sqlite3.connect(file)) as connection:
        (vectors,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    left = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert vectors == 1
    assert b"noon" in left
    assert [word for word in (b"xylophon", b"4711", b"zwitschernd") if word in left] == []


@settings(max_examples=200)
@given(text=st.text(), names=st.lists(st.text(), max_size=2))
def test_any_text_may_be_asked_and_read(tmp_path: Path, text: str, names: list[str]) -> None:
    async def ask() -> None:
        async with open_knowledge_base(tmp_path / "any.sqlite3") as knowledge:
            await _put(knowledge, "known", "Lunch is at noon.")
            await _put(knowledge, "asked", text)
            await knowledge.search.find(_question(text, *names), None)
            assert "Lunch is at noon." in await _texts(knowledge, f"{text} lunch")
            await knowledge.library.forget("handbook", ["asked"])

    asyncio.run(ask())


@pytest.mark.parametrize(
    "text", ['"', "lunch OR dinner", "NEAR(a b)", "title : x", "a* ^b -c", "'; DROP TABLE passages"]
)
async def test_syntax_is_only_words(file: Path, text: str) -> None:
    async with open_knowledge_base(file) as knowledge:
        await _put(knowledge, "a", "Lunch is at noon.")
        found = await _texts(knowledge, text)
        assert found == (["Lunch is at noon."] if "lunch" in text else [])


_WRITER = """
import asyncio, sys
from pathlib import Path
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql.knowledge import open_knowledge_base
from core.testing import WordEncoder

async def main():
    async with open_knowledge_base(Path(sys.argv[1]), WordEncoder()) as knowledge:
        await knowledge.library.add(Source(name="handbook", location="/"))
        for version in range(10**6):
            document = Document(location=f"{version % 7}", title="t", digest=f"{version}")
            passages = [Passage(text=f"version{version} passage{n}") for n in range(30)]
            await knowledge.library.put("handbook", document, passages)
            await knowledge.library.embed()
            print(version, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [3, 12])
async def test_a_killed_writer_leaves_whole_documents_and_a_whole_index(file: Path, after: int) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(file), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    written = -1
    while written < after:
        async with asyncio.timeout(60):
            written = int(await writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    await writer.wait()
    async with open_knowledge_base(file, WordEncoder()) as knowledge:
        documents = await knowledge.library.documents("handbook")
        versions = {int(document.digest) for document in documents.values()}
        assert written in versions | {version - 7 for version in versions}
        await knowledge.library.embed()
        for version in versions:
            found = await knowledge.search.find(_question(f"version{version}"), None, limit=100)
            right = [each for each in found if each.bm25 is not None]
            assert {each.passage.text for each in right} == {
                f"version{version} passage{number}" for number in range(30)
            }
            assert all(each.similarity is not None for each in right)
    with closing(sqlite3.connect(file)) as connection:
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        (passages,) = connection.execute("SELECT count(*) FROM passages").fetchone()
        (vectors,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    assert (whole, passages, vectors) == ("ok", 30 * len(documents), 30 * len(documents))
