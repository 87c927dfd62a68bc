"""Hybrid search: what the words find and what the vectors find, made one list."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import ModelError
from core.knowledge.passages import Found, Passage
from core.knowledge.ports import Encoder
from core.knowledge.sql import words
from core.knowledge.sql.library import all_sources, document_from
from core.knowledge.sql.overview import Overview
from core.knowledge.sql.vectors import cosines, nearest
from core.language.query import SearchQuery
from core.message import Conversation
from core.store.connection import Connection, Transactions

CANDIDATES = 100
"""Passages of each kind that are fused."""
SKETCHED = 500
"""Passages with the most alike sketches, of which cosines choose the candidates."""
VECTOR_SECONDS = 5.0
"""For the vector of a question; passages are found by their words alone then."""
WORDS = 0.15
"""What the best BM25 of a search adds to a cosine of -1 to 1, and others in proportion: a convex combination,
which loses less than ranks do (Bruch, Gai and Ingber, 2022). Chosen on BoolQ and on the documents of
packages (`make bench-kb`): both together find at least as much as the better of the two there, and reciprocal
ranks did not."""

log = logging.getLogger(__name__)
_Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    passage: int
    score: float
    bm25: float | None
    similarity: float | None
    bm25_rank: int | None
    similarity_rank: int | None


class SqlSearch:
    """Fills `core.knowledge.ports.Search`."""

    def __init__(self, database: Transactions, encoder: Encoder | None, encoder_id: int) -> None:
        self._database = database
        self._encoder = encoder
        self._encoder_id = encoder_id
        self._overview = Overview(encoder_id, encoder.dimensions if encoder else 0)
        self._beside = ThreadPoolExecutor(thread_name_prefix="sketches")

    def close(self) -> None:
        """Let go of the threads."""
        self._beside.shutdown()

    async def find(
        self,
        query: SearchQuery,
        conversation: Conversation | None,
        *,
        sources: Sequence[str] | None = None,
        limit: int = 5,
    ) -> Sequence[Found]:
        vector = await self._vector(query.text)
        return await self._database.read(
            lambda db: self._look(db, query, vector, partial(_visible, conversation, sources), limit)
        )

    async def passage(self, passage_id: int, conversation: Conversation | None) -> Found | None:
        def read(db: Connection) -> Found | None:
            candidate = _Candidate(
                passage=passage_id,
                score=0.0,
                bm25=None,
                similarity=None,
                bm25_rank=None,
                similarity_rank=None,
            )
            return _found(db, candidate, _visible(conversation, None, db), {})

        return await self._database.read(read)

    async def _vector(self, text: str) -> _Vector | None:
        if self._encoder is None or not text:
            return None
        try:
            async with asyncio.timeout(VECTOR_SECONDS):
                (vector,) = await self._encoder.encode([text])
        except (ModelError, TimeoutError):
            log.exception("the encoder failed: searching by words alone")
            return None
        return np.asarray(vector, np.float32)

    def _look(
        self,
        db: Connection,
        query: SearchQuery,
        vector: _Vector | None,
        visible_in: Callable[[Connection], Mapping[int, str]],
        limit: int,
    ) -> Sequence[Found]:
        # the moment begins inside the lock, so that the overview is never ahead of it
        with ExitStack() as moment:
            with self._overview.lock:
                moment.enter_context(_snapshot(db))
                self._overview.keep_up(db)
                sources = visible_in(db)
                visible = self._overview.visible(sources)
                asked = words.looked_for(query, _languages(db))
                near = self._beside.submit(self._near, vector, visible)
                by_words = words.best(db, asked, self._overview, visible, CANDIDATES)
                by_vectors = near.result()
            return self._judged(db, by_words, by_vectors, vector, asked, sources, limit)

    def _near(self, vector: _Vector | None, visible: npt.NDArray[np.bool_]) -> Sequence[int]:
        return [] if vector is None else nearest(self._overview, vector, visible, SKETCHED)

    def _judged(
        self,
        db: Connection,
        by_words: Sequence[tuple[int, float]],
        near: Sequence[int],
        vector: _Vector | None,
        asked: Mapping[str, Sequence[str]],
        sources: Mapping[int, str],
        limit: int,
    ) -> Sequence[Found]:
        similar: Mapping[int, float] = {}
        if vector is not None:
            similar = cosines(db, self._encoder_id, vector, {*near, *(passage for passage, _ in by_words)})
        kept: dict[str, Found] = {}
        for candidate in _fused(by_words, similar):
            if len(kept) == limit:
                break
            if (found := _found(db, candidate, sources, asked)) is not None:
                kept.setdefault(" ".join(found.passage.text.split()).casefold(), found)
        return list(kept.values())


@contextmanager
def _snapshot(db: Connection) -> Iterator[None]:
    """Whatever is read in the block is of one moment."""
    db.execute("BEGIN").close()
    try:
        yield
    finally:
        db.execute("ROLLBACK").close()


def _languages(db: Connection) -> Collection[str]:
    return [language for (language,) in db.execute("SELECT language FROM languages").fetchall()]


def _visible(
    conversation: Conversation | None, names: Sequence[str] | None, db: Connection
) -> Mapping[int, str]:
    """The sources that may be looked in, by number."""
    return {
        number: source.name
        for number, source in all_sources(db)
        if (names is None or source.name in names) and (conversation is None or source.open_to(conversation))
    }


def _fused(by_words: Sequence[tuple[int, float]], similar: Mapping[int, float]) -> Sequence[_Candidate]:
    """By the cosine and the share of the best BM25, best first.

    What has no vector yet counts as about as alike as the others that the words found.
    """
    bm25 = dict(by_words)
    best = max(bm25.values(), default=0.0) or 1.0
    known = [similar[passage] for passage in bm25 if passage in similar]
    usual = sum(known) / len(known) if known else 0.0
    word_ranks = {passage: rank for rank, (passage, _) in enumerate(by_words, 1)}
    nearest = sorted(similar, key=lambda passage: -similar[passage])[:CANDIDATES]
    near_ranks = {passage: rank for rank, passage in enumerate(nearest, 1)}
    candidates = [
        _Candidate(
            passage=passage,
            score=similar.get(passage, usual) + WORDS * bm25.get(passage, 0.0) / best,
            bm25=bm25.get(passage),
            similarity=similar.get(passage),
            bm25_rank=word_ranks.get(passage),
            similarity_rank=near_ranks.get(passage),
        )
        for passage in {**word_ranks, **near_ranks}
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.passage))


_PASSAGE = """
SELECT documents.location, title, digest, language, passages.source, place, headings, text
FROM passages JOIN documents ON documents.id = document WHERE passages.id = ?
"""


def _found(
    db: Connection, candidate: _Candidate, sources: Mapping[int, str], asked: Mapping[str, Sequence[str]]
) -> Found | None:
    row: Sequence[Any] | None = db.execute(_PASSAGE, [candidate.passage]).fetchone()
    if row is None or row[4] not in sources:
        return None
    document = document_from(row)
    passage = Passage(place=row[5], headings=tuple(json.loads(row[6])), text=row[7])
    indexed = words.Indexed(
        id=candidate.passage,
        language=document.language,
        title=document.title,
        headings=passage.headings,
        text=passage.text,
    )
    return Found(
        id=candidate.passage,
        passage=passage,
        document=document,
        source=sources[row[4]],
        score=candidate.score,
        bm25=candidate.bm25,
        similarity=candidate.similarity,
        bm25_rank=candidate.bm25_rank,
        similarity_rank=candidate.similarity_rank,
        terms=words.matched(asked, indexed),
    )
