"""Hybrid search: what the words find and what the vectors find, made one list."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database as Connection

from core.errors import ModelError
from core.knowledge.passages import Found, Passage
from core.knowledge.ports import Encoder
from core.knowledge.sqlite import words
from core.knowledge.sqlite.library import all_sources, document_from
from core.knowledge.sqlite.vectors import Sketches, cosines
from core.language.query import SearchQuery
from core.message import Conversation
from core.store.database import Database

CANDIDATES = 100
"""Passages of each kind that are fused."""
SKETCHED = 500
"""Passages with the most alike sketches, of which cosines choose the candidates."""
STEADY = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009): how little the first places stand out."""
TRIES = 3
"""How often a search is made when documents change under it."""

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


class SqliteSearch:
    """Fills `core.knowledge.ports.Search`."""

    def __init__(self, database: Database, encoder: Encoder | None, encoder_id: int) -> None:
        self._database = database
        self._encoder = encoder
        self._encoder_id = encoder_id
        self._sketches = Sketches(encoder_id, encoder.dimensions) if encoder else None
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
        looked_for = words.phrases(query)
        for _ in range(TRIES):
            found, whole = await self._database.read(
                lambda db: self._look(db, vector, looked_for, partial(_visible, conversation, sources), limit)
            )
            if whole:
                break
        return found

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
            return _found(db, candidate, _visible(conversation, None, db), ())

        return await self._database.read(read)

    async def _vector(self, text: str) -> _Vector | None:
        if self._encoder is None or not text:
            return None
        try:
            (vector,) = await self._encoder.encode([text])
        except ModelError:
            log.exception("the encoder failed: searching by words alone")
            return None
        return np.asarray(vector, np.float32)

    def _look(
        self,
        db: Connection,
        vector: _Vector | None,
        looked_for: Sequence[str],
        visible_in: Callable[[Connection], Mapping[int, str]],
        limit: int,
    ) -> tuple[Sequence[Found], bool]:
        """The best, and whether nothing of what the vectors found was gone again."""
        with _snapshot(db):
            visible = visible_in(db)
            near: Future[Sequence[int]] | None = None
            if self._sketches is not None and vector is not None:
                self._sketches.keep_up(db)
                near = self._beside.submit(self._sketches.nearest, vector, visible, SKETCHED)
            by_words = words.best(db, looked_for, visible, CANDIDATES)
            return self._judged(
                db, by_words, near.result() if near else [], vector, looked_for, visible, limit
            )

    def _judged(
        self,
        db: Connection,
        by_words: Sequence[tuple[int, float]],
        near: Sequence[int],
        vector: _Vector | None,
        looked_for: Sequence[str],
        visible: Mapping[int, str],
        limit: int,
    ) -> tuple[Sequence[Found], bool]:
        similar: Mapping[int, float] = {}
        if vector is not None:
            similar = cosines(db, self._encoder_id, vector, {*near, *(passage for passage, _ in by_words)})
        kept: dict[str, Found] = {}
        for candidate in _fused(by_words, similar):
            if len(kept) == limit:
                break
            found = _found(db, candidate, visible, looked_for)
            if found is not None:
                kept.setdefault(" ".join(found.passage.text.split()).casefold(), found)
        return list(kept.values()), all(passage in similar for passage in near)


@contextmanager
def _snapshot(db: Connection) -> Iterator[None]:
    """Whatever is read in the block is of one moment."""
    db.execute("BEGIN").close()
    try:
        yield
    finally:
        db.execute("ROLLBACK").close()


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
    """By the sum of the reciprocals of both ranks, best first."""
    bm25 = dict(by_words)
    word_ranks = {passage: rank for rank, (passage, _) in enumerate(by_words, 1)}
    nearest = sorted(similar, key=lambda passage: -similar[passage])[:CANDIDATES]
    near_ranks = {passage: rank for rank, passage in enumerate(nearest, 1)}
    candidates = [
        _Candidate(
            passage=passage,
            score=sum(
                1 / (STEADY + ranks[passage]) for ranks in (word_ranks, near_ranks) if passage in ranks
            ),
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
    db: Connection, candidate: _Candidate, visible: Mapping[int, str], looked_for: Sequence[str]
) -> Found | None:
    row: Sequence[Any] | None = db.execute(_PASSAGE, [candidate.passage]).fetchone()
    if row is None or row[4] not in visible:
        return None
    return Found(
        id=candidate.passage,
        passage=Passage(place=row[5], headings=tuple(json.loads(row[6])), text=row[7]),
        document=document_from(row),
        source=visible[row[4]],
        score=candidate.score,
        bm25=candidate.bm25,
        similarity=candidate.similarity,
        bm25_rank=candidate.bm25_rank,
        similarity_rank=candidate.similarity_rank,
        terms=words.matched(db, looked_for, candidate.passage),
    )
