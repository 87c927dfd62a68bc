"""How often the right passage is found: by words, by vectors, by both, and where a reranker reads again.

Two collections: BoolQ's passages, each question looking for the one it was asked about, and the documents
inside the installed packages, with two kinds of questions (`corpus`).
"""

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from bots.run import opened_encoder, opened_reranker
from core import settings
from core.knowledge import reranking
from core.knowledge.passages import Document, Passage, Source, in_context
from core.knowledge.ports import Encoder, Reranker, Vectors
from core.knowledge.reranking import Reranked
from core.knowledge.sql.knowledge import open_knowledge_base
from core.language.pipeline import Pipeline
from core.language.query import SearchQuery, search_query
from tests.benchmarks.kb import corpus, source

LIMIT = 10
DEPTH = 20
"""Passages that are read again, whatever this machine could."""
BOOLQ_QUESTIONS = 1000
Right = Callable[[Passage], bool]


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Documents, and what is looked for in them."""

    name: str
    documents: Sequence[tuple[Document, Sequence[Passage]]]
    asked: Sequence[tuple[str, Right]]
    """Questions, and what tells the passages that answer them."""

    @property
    def passages(self) -> list[Passage]:
        return [passage for _, passages in self.documents for passage in passages]


def boolq() -> Collection:
    """One passage to a document."""
    texts = source.passages()
    return Collection(
        name="BoolQ",
        documents=[
            (Document(location=str(number), title="", digest=""), [Passage(text=text)])
            for number, text in enumerate(texts)
        ],
        asked=[(question, _is(text)) for question, text in source.asked()[:BOOLQ_QUESTIONS]],
    )


def packages(kind: str) -> Collection:
    """The documents of installed packages, and the questions of a kind."""
    return Collection(
        name=f"packages, {kind}",
        documents=list(corpus.documents()),
        asked=[(each.text, each.answered_by) for each in corpus.questions() if each.kind == kind],
    )


class _Remembering:
    """An encoder that makes each vector once, however often the same passages are put into a library."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._made: dict[str, npt.NDArray[np.float32]] = {}
        self.reference = encoder.reference
        self.dimensions = encoder.dimensions

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._made]
        if new:
            self._made |= zip(new, await self._encoder.encode(new, background=background), strict=True)
        return np.stack([self._made[text] for text in texts])


async def main() -> None:
    """Print recall and mean reciprocal rank."""
    reranking.PATIENCE = math.inf  # what is found is measured, and not how long it takes
    configured = settings.load()
    pipeline = Pipeline()
    table = Table("collection", "documents", "passages", "questions", "by", "recall@1", "@5", "MRR@10")
    async with opened_encoder(configured, None) as opened, opened_reranker(configured) as reranker:
        encoder = _Remembering(opened) if opened else None
        for collection in (boolq(), packages("reworded"), packages("natural")):
            queries = [await search_query(pipeline, text, (), "en") for text, _ in collection.asked]
            ways = {"words": await _found(collection, queries, None)}
            if encoder:
                ways["vectors"] = await _nearest(collection, queries, encoder)
                ways["both"] = await _found(collection, queries, encoder)
            if encoder and reranker:
                ways["both, read again"] = await _found(collection, queries, encoder, reranker)
            for way, found in ways.items():
                sizes = (len(collection.documents), len(collection.passages), len(queries))
                table.add_row(collection.name, *map(str, sizes), way, *_rates(collection, found))
    await pipeline.close()
    Console().print(table)


async def _found(
    collection: Collection,
    queries: Sequence[SearchQuery],
    encoder: Encoder | None,
    reranker: Reranker | None = None,
) -> list[list[Passage]]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_knowledge_base(Path(folder) / "knowledge.sqlite3", encoder) as knowledge:
            await knowledge.library.add(Source(name="all", location="/"))
            for document, passages in collection.documents:
                await knowledge.library.put("all", document, passages)
            await knowledge.library.embed()
            search = Reranked(knowledge.search, reranker, DEPTH) if reranker else knowledge.search
            found = [await search.find(query, None, limit=LIMIT) for query in queries]
    return [[each.passage for each in hits] for hits in found]


async def _nearest(
    collection: Collection, queries: Sequence[SearchQuery], encoder: Encoder
) -> list[list[Passage]]:
    """By the cosine alone."""
    passages = collection.passages
    kept = await encoder.encode(
        [
            in_context(document.title, each.headings, each.text)
            for document, cut in collection.documents
            for each in cut
        ]
    )
    asked = await encoder.encode([query.text for query in queries])
    order = np.argsort(-(asked @ kept.T), axis=1)[:, :LIMIT]
    return [[passages[number] for number in row] for row in order]


def _rates(collection: Collection, found: Sequence[Sequence[Passage]]) -> list[str]:
    ranks = [
        next((rank for rank, passage in enumerate(hits, 1) if right(passage)), 0)
        for (_, right), hits in zip(collection.asked, found, strict=True)
    ]
    reciprocal = sum(1 / rank for rank in ranks if rank) / len(ranks)
    shares = [sum(0 < rank <= most for rank in ranks) / len(ranks) for most in (1, 5)]
    return [*(f"{share:.3f}" for share in shares), f"{reciprocal:.3f}"]


def _is(text: str) -> Right:
    return lambda passage: passage.text == text
