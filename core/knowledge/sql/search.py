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
from core.knowledge.passages import Document, Found, Passage, Source
from core.knowledge.ports import Encoder
from core.knowledge.sql import brought, words
from core.knowledge.sql.brought import Brought
from core.knowledge.sql.entries import all_sources
from core.knowledge.sql.library import Numbers
from core.knowledge.sql.overview import Overview
from core.knowledge.sql.seals import Seals
from core.knowledge.sql.vectors import cosines, likeness, nearest
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

    def __init__(
        self, database: Transactions, encoder: Encoder | None, numbers: Numbers, seals: Seals
    ) -> None:
        self._database = database
        self._seals = seals
        self._encoder = encoder
        self._numbers = numbers
        self._overview = Overview(numbers.operators, encoder.dimensions if encoder else 0)
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
            return self._found(db, candidate, _visible(conversation, None, db), {})

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
        visible_in: Callable[[Connection], Mapping[int, Source]],
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
                theirs = brought.opened(db, self._seals, sources, self._numbers.brought)
                by_words = words.best(db, asked, self._overview, visible, CANDIDATES, theirs.indexes)
                by_vectors = near.result()
            similar = self._similar(db, vector, {*by_vectors, *(passage for passage, _ in by_words)}, theirs)
            return self._judged(db, _fused(by_words, similar), asked, sources, limit)

    def _near(self, vector: _Vector | None, visible: npt.NDArray[np.bool_]) -> Sequence[int]:
        return [] if vector is None else nearest(self._overview, vector, visible, SKETCHED)

    def _similar(
        self, db: Connection, vector: _Vector | None, candidates: Collection[int], theirs: Brought
    ) -> Mapping[int, float]:
        """How like the vector the candidates are, and everything that people brought there."""
        if vector is None:
            return {}
        apart = likeness(theirs.vectors, vector)
        return {**cosines(db, self._numbers.operators, vector, set(candidates) - apart.keys()), **apart}

    def _judged(
        self,
        db: Connection,
        candidates: Sequence[_Candidate],
        asked: Mapping[str, Sequence[str]],
        sources: Mapping[int, Source],
        limit: int,
    ) -> Sequence[Found]:
        kept: dict[str, Found] = {}
        for candidate in candidates:
            if len(kept) == limit:
                break
            if (found := self._found(db, candidate, sources, asked)) is not None:
                kept.setdefault(" ".join(found.passage.text.split()).casefold(), found)
        return list(kept.values())

    def _found(
        self,
        db: Connection,
        candidate: _Candidate,
        sources: Mapping[int, Source],
        asked: Mapping[str, Sequence[str]],
    ) -> Found | None:
        row: Sequence[Any] | None = db.execute(_PASSAGE, [candidate.passage]).fetchone()
        if row is None or row[0] not in sources:
            return None
        source, language = sources[row[0]], row[1]
        if (left := self._seals.left(source.owner, *row[2:])) is None:
            return None
        location, title, digest, place, headings, text = left
        passage = Passage(place=place, headings=tuple(json.loads(headings)), text=text)
        indexed = words.Indexed(
            id=candidate.passage, language=language, title=title, headings=passage.headings, text=text
        )
        return Found(
            id=candidate.passage,
            passage=passage,
            document=Document(location=location, title=title, digest=digest, language=language),
            source=source.name,
            score=candidate.score,
            bm25=candidate.bm25,
            similarity=candidate.similarity,
            bm25_rank=candidate.bm25_rank,
            similarity_rank=candidate.similarity_rank,
            terms=words.matched(asked, indexed),
            is_brought=bool(source.owner),
        )


_PASSAGE = """
SELECT passages.source, language, documents.location, title, digest, place, headings, text
FROM passages JOIN documents ON documents.id = document WHERE passages.id = ?
"""


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
) -> Mapping[int, Source]:
    """The sources that may be looked in, by number."""
    return {
        number: source
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
