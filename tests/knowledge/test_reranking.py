"""Passages that are read again beside the question, and what happens where that cannot be done."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from core.errors import ModelError
from core.knowledge import reranking
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.ports import Scores
from core.knowledge.reranking import Reranked
from core.language.query import SearchQuery
from core.testing import MemoryKnowledge, WordReranker

ANSWER = "The garage closes at night, at ten."


class _Preferring(WordReranker):
    """Takes one passage for the answer, and waits as long as it is told to."""

    def __init__(self, seconds: float = 0.001) -> None:
        super().__init__()
        self.seconds = seconds
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.at_once = self.most_at_once = 0

    async def scores(self, question: str, passages: Sequence[str]) -> Scores:
        self.read.extend(passages)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go_on.wait()
        finally:
            self.at_once -= 1
        return np.array([10.0 if ANSWER in each else -10.0 for each in passages], np.float32)


class _Failing(WordReranker):
    async def scores(self, question: str, passages: Sequence[str]) -> Scores:
        raise ModelError("It broke.")


@pytest.fixture
async def knowledge() -> AsyncIterator[MemoryKnowledge]:
    """Twenty passages that have more of the question's words than the one that answers it, and that one."""
    made = MemoryKnowledge()
    await made.add(Source(name="handbook", location="/"))
    others = [Passage(text=f"When does the garage number {number} of ours close?") for number in range(20)]
    await made.put(
        "handbook", Document(location="a.md", title="House", digest=""), [*others, Passage(text=ANSWER)]
    )
    yield made


QUERY = SearchQuery(text="when does the garage close", terms=(), names=(), reasons=())


async def _texts(search: Reranked | MemoryKnowledge, limit: int = 5) -> list[str]:
    return [each.passage.text for each in await search.find(QUERY, None, limit=limit)]


async def test_what_answers_comes_first_though_the_search_found_it_late(knowledge: MemoryKnowledge) -> None:
    assert ANSWER not in await _texts(knowledge)
    found = await Reranked(knowledge, _Preferring()).find(QUERY, None, limit=5)
    assert found[0].passage.text == ANSWER
    assert (found[0].answers, found[1].answers) == (10.0, -10.0)
    assert len(found) == 5


async def test_a_slow_machine_reads_fewer_passages_and_the_others_stay_behind(
    knowledge: MemoryKnowledge,
) -> None:
    reranker = _Preferring(seconds=1.0)
    texts = await _texts(Reranked(knowledge, reranker), limit=21)
    assert len(reranker.read) == reranking.SHALLOWEST
    assert texts[-1] == ANSWER
    assert len(set(texts)) == 21


async def test_titles_and_headings_are_read_with_a_passage(knowledge: MemoryKnowledge) -> None:
    reranker = _Preferring()
    await _texts(Reranked(knowledge, reranker))
    assert all(each.startswith("House\n") for each in reranker.read)


async def test_without_the_reranker_the_order_of_the_search_stays(
    knowledge: MemoryKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await _texts(Reranked(knowledge, _Failing())) == await _texts(knowledge)
    monkeypatch.setattr(reranking, "PATIENCE", 0.01)
    slow = _Preferring()
    slow.go_on.clear()
    assert await _texts(Reranked(knowledge, slow)) == await _texts(knowledge)


async def test_one_question_is_read_for_at_a_time(knowledge: MemoryKnowledge) -> None:
    reranker = _Preferring()
    search = Reranked(knowledge, reranker)
    reranker.go_on.clear()
    asked = [asyncio.create_task(_texts(search)) for _ in range(3)]
    while not reranker.at_once:
        await asyncio.sleep(0)
    reranker.go_on.set()
    assert all(texts[0] == ANSWER for texts in await asyncio.gather(*asked))
    assert reranker.most_at_once == 1
