"""What every library and its search have to keep, whatever they stand on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreError
from core.knowledge import postgres
from core.knowledge.passages import Document, Found, Passage, Source
from core.knowledge.reranking import Reranked
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.language.query import SearchQuery
from core.message import Conversation
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from core.testing import MemoryKnowledge, WordEncoder, WordReranker
from tests.samples import conversation

HANDBOOK = Source(name="handbook", location="/srv/handbook")
SALARIES = Source(name="salaries", location="/srv/salaries", audience=("terminal:t:board",))
BOARD, HALL = conversation("board"), conversation("hall")


@pytest.fixture(
    params=[
        "memory",
        "sqlite, words alone",
        "sqlite, with vectors",
        "sqlite, read again",
        "postgres, words alone",
        "postgres, with vectors",
        "sqlite, brought, with vectors",
        "postgres, brought, with vectors",
    ]
)
async def knowledge(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Knowledge]:
    url = request.getfixturevalue("postgres_url") if "postgres" in request.param else ""
    async with _opened(request.param, tmp_path / "knowledge.sqlite3", url) as knowledge:
        owner = "documents:here" if "brought" in request.param else ""
        await knowledge.library.add(replace(HANDBOOK, owner=owner))
        yield knowledge


@asynccontextmanager
async def _opened(kind: str, path: Path, url: str) -> AsyncIterator[Knowledge]:
    if kind == "memory":
        memory = MemoryKnowledge()
        yield Knowledge(library=memory, search=memory)
    else:
        encoder = WordEncoder() if "vectors" in kind else None
        with closing(Keys(SqliteVault(path.with_name(FILE)), "s" * 40)) as keys:
            sealer = KeyedSealer(keys)
            base = (
                postgres.open_knowledge_base(url, encoder, sealer)
                if url
                else open_knowledge_base(path, encoder, sealer)
            )
            async with base as opened:
                again = Reranked(opened.search, WordReranker())
                yield replace(opened, search=again) if "again" in kind else opened


def document(location: str, title: str = "", digest: str = "d1") -> Document:
    return Document(location=location, title=title or location, digest=digest, language="en")


async def put(knowledge: Knowledge, location: str, *texts: str, source: Source = HANDBOOK) -> None:
    await knowledge.library.put(source.name, document(location), [Passage(text=text) for text in texts])
    await knowledge.library.embed()


def question(text: str) -> SearchQuery:
    return SearchQuery(text=text, terms=(), names=(), reasons=())


async def texts(
    knowledge: Knowledge, asked: str, where: Conversation | None = None, limit: int = 5
) -> list[str]:
    found = await knowledge.search.find(question(asked), where, limit=limit)
    return [each.passage.text for each in found]


async def _ask(knowledge: Knowledge, asked: str, where: Conversation | None = None) -> Found:
    return (await knowledge.search.find(question(asked), where))[0]


async def test_a_passage_is_found_with_its_document_and_place(knowledge: Knowledge) -> None:
    holidays = document("holidays.md", title="Holidays")
    passage = Passage(text="Everybody has 30 days.", headings=("Holidays", "How many"), place="lines 3-4")
    await knowledge.library.put("handbook", holidays, [passage])
    await knowledge.library.embed()
    found = await _ask(knowledge, "how many days has everybody")
    assert (found.passage, found.document, found.source) == (passage, holidays, "handbook")
    assert await knowledge.search.passage(found.id, HALL) is not None


async def test_the_passage_that_answers_comes_first(knowledge: Knowledge) -> None:
    await put(
        knowledge,
        "a.md",
        "The canteen opens at noon.",
        "Invoices are paid within thirty days.",
        "The garage closes at night.",
    )
    assert (await texts(knowledge, "When are invoices paid?"))[0] == "Invoices are paid within thirty days."


async def test_a_title_and_headings_are_found_too(knowledge: Knowledge) -> None:
    passage = Passage(text="Thirty days a year.", headings=("Vacation",))
    await knowledge.library.put("handbook", document("a.md", title="Absence"), [passage])
    await put(knowledge, "b.md", "Twenty rooms.")
    assert (await texts(knowledge, "vacation"))[0] == "Thirty days a year."
    assert (await texts(knowledge, "absence"))[0] == "Thirty days a year."


async def test_no_more_are_found_than_asked_for(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", *(f"Room {number} is open." for number in range(20)))
    assert len(await texts(knowledge, "open room", limit=3)) == 3


async def test_nothing_is_found_in_an_empty_library(knowledge: Knowledge) -> None:
    assert await texts(knowledge, "anything") == []


async def test_a_changed_document_is_found_by_what_it_says_now(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "The password is stored in a vault.", "An old second passage.")
    await put(knowledge, "a.md", "The password is kept on paper.")
    assert await texts(knowledge, "password passage vault") == ["The password is kept on paper."]


async def test_a_forgotten_document_is_not_found(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Lunch is at noon.")
    await put(knowledge, "b.md", "Dinner is at seven.")
    found = await _ask(knowledge, "lunch noon")
    await knowledge.library.forget("handbook", ["a.md", "never there"])
    assert "Lunch is at noon." not in await texts(knowledge, "lunch at noon")
    assert await knowledge.search.passage(found.id, None) is None
    assert list(await knowledge.library.documents("handbook")) == ["b.md"]


async def test_a_passage_keeps_its_id_until_its_document_changes(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Lunch is at noon.")
    before = await _ask(knowledge, "lunch")
    await put(knowledge, "b.md", "Dinner is at seven.")
    assert (await _ask(knowledge, "lunch")).id == before.id
    await put(knowledge, "a.md", "Lunch is at one.")
    assert await knowledge.search.passage(before.id, None) is None


async def test_sources_are_kept_as_they_were_last_entered(knowledge: Knowledge) -> None:
    await knowledge.library.add(SALARIES)
    changed = Source(name="handbook", location="/new", audience=("slack:*",), watched=True)
    await knowledge.library.add(changed)
    kept = await knowledge.library.sources()  # whose it is stays as it was
    assert [replace(each, owner="") for each in kept] == [changed, SALARIES]


async def test_documents_are_listed_by_their_location(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "One.")
    await put(knowledge, "b.md", "Two.", "Three.")
    assert await knowledge.library.documents("handbook") == {
        "a.md": document("a.md"),
        "b.md": document("b.md"),
    }
    assert await knowledge.library.documents("no such source") == {}


async def test_a_removed_source_takes_everything_with_it(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Lunch is at noon.")
    assert await knowledge.library.remove("handbook")
    assert await texts(knowledge, "lunch") == []
    assert not await knowledge.library.remove("handbook")


async def test_a_document_without_a_source_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(StoreError, match="no source 'nowhere'"):
        await knowledge.library.put("nowhere", document("a.md"), [Passage(text="One.")])


async def test_equal_texts_are_found_once(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Lunch is at noon.")
    await put(knowledge, "b.md", "Lunch is at noon.")
    assert await texts(knowledge, "when is lunch") == ["Lunch is at noon."]


async def test_what_a_conversation_may_not_see_is_not_found_in_it(knowledge: Knowledge) -> None:
    await knowledge.library.add(SALARIES)
    await put(knowledge, "a.md", "The salary of the chairwoman is secret.", source=SALARIES)
    await put(knowledge, "b.md", "A salary is paid monthly.")
    hidden = await _ask(knowledge, "salary of the chairwoman", BOARD)
    assert hidden.source == "salaries"
    assert await texts(knowledge, "salary of the chairwoman", HALL) == ["A salary is paid monthly."]
    assert await knowledge.search.passage(hidden.id, HALL) is None
    assert await knowledge.search.passage(hidden.id, BOARD) is not None
    assert await knowledge.search.passage(hidden.id, None) is not None


async def test_hidden_passages_do_not_take_the_places_of_visible_ones(knowledge: Knowledge) -> None:
    await knowledge.library.add(SALARIES)
    await put(knowledge, "a.md", *(f"Salary table number {n}." for n in range(1000)), source=SALARIES)
    visible = [f"Salary remark {n} in a longer sentence with other words." for n in range(5)]
    await put(knowledge, "b.md", *visible)
    assert sorted(await texts(knowledge, "salary table", HALL)) == visible


async def test_an_equal_text_is_found_where_it_may_be_seen(knowledge: Knowledge) -> None:
    await knowledge.library.add(SALARIES)
    await put(knowledge, "a.md", "Lunch is at noon.", source=SALARIES)
    await put(knowledge, "b.md", "Lunch is at noon.")
    assert (await _ask(knowledge, "lunch", HALL)).source == "handbook"


async def test_a_changed_audience_counts_at_once(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Lunch is at noon.")
    await knowledge.library.add(Source(name="handbook", location="/srv", audience=()))
    assert await texts(knowledge, "lunch", HALL) == []
    assert await texts(knowledge, "lunch", None) == ["Lunch is at noon."]


async def test_only_the_sources_asked_for_are_looked_in(knowledge: Knowledge) -> None:
    await knowledge.library.add(Source(name="menu", location="/srv/menu"))
    await put(knowledge, "a.md", "Lunch is at noon.")
    await put(knowledge, "b.md", "Lunch is soup.", source=Source(name="menu", location=""))
    found = await knowledge.search.find(question("lunch"), HALL, sources=["menu", "no such source"])
    assert [each.source for each in found] == ["menu"]


async def test_readers_see_the_old_document_or_the_new_one(knowledge: Knowledge) -> None:
    await put(knowledge, "a.md", "Version 0 of lunch.")

    async def change() -> None:
        for number in range(1, 30):
            await put(knowledge, "a.md", f"Version {number} of lunch.")

    async def look() -> None:
        for _ in range(30):
            assert len(await texts(knowledge, "lunch")) == 1

    await asyncio.gather(change(), look())
    assert await texts(knowledge, "lunch") == ["Version 29 of lunch."]
