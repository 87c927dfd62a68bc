"""Finding passages by their words: postings in SQLite, ranked by BM25 in memory.

A posting says in which passages of a block a term stands, and how often. FTS5 keeps the same, but ranks row
by row: at a million passages that took half a second where this takes milliseconds, as measured in
docs/benchmarks/knowledge.md.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.knowledge.sql.indexes import Index
from core.knowledge.sql.overview import BLOCK, Overview
from core.knowledge.sql.rows import insert
from core.knowledge.sql.terms import content_words, terms, variants
from core.language.query import SearchQuery
from core.store.connection import Connection

TITLE, HEADINGS, TEXT = 2.0, 1.5, 1.0
"""What a word counts for where it stands."""
K1, B = 1.2, 0.75
"""Of BM25 (Robertson and Zaragoza, 2009): how soon repetition stops counting, and how much length does."""
_HALVES, _MOST = 2, 255
"""Counts are kept as whole numbers of halves, up to what a byte holds."""
_POSTING = np.dtype([("at", "<u2"), ("count", "u1")])
_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """A passage as it is, or was, indexed."""

    id: int
    language: str
    title: str
    headings: Sequence[str]
    text: str

    def counted(self) -> Mapping[str, float]:
        """Its terms, and what they count for."""
        counted: dict[str, float] = defaultdict(float)
        parts = ((self.title, TITLE), ("\n".join(self.headings), HEADINGS), (self.text, TEXT))
        for text, weight in parts:
            for term, times in Counter(terms(text, self.language)).items():
                counted[term] += weight * times
        return counted


def halves(counted: Mapping[str, float]) -> Mapping[str, int]:
    """Counts as they are kept."""
    return {term: min(_MOST, round(count * _HALVES)) for term, count in counted.items()}


def enter(db: Connection, passages: Iterable[Indexed]) -> Mapping[int, int]:
    """Index new passages; the length of each, in terms."""
    bodies: dict[tuple[int, str], bytearray] = defaultdict(bytearray)
    lengths: dict[int, int] = {}
    for passage in passages:
        block, at = divmod(passage.id, BLOCK)
        counted = passage.counted()
        lengths[passage.id] = round(sum(counted.values()))
        for term, count in halves(counted).items():
            body = bodies[block, term]
            body += at.to_bytes(2, "little") + count.to_bytes(1)
    insert(
        db,
        "postings (block, term, body)",
        [(block, term, bytes(body)) for (block, term), body in sorted(bodies.items())],
        """ON CONFLICT (block, term)
        DO UPDATE SET body = CAST(postings.body || excluded.body AS BLOB)""",
    )
    return lengths


def forget(db: Connection, passages: Iterable[Indexed]) -> None:
    """Take them out of the index."""
    gone: dict[tuple[int, str], list[int]] = defaultdict(list)
    for passage in passages:
        block, at = divmod(passage.id, BLOCK)
        for term in passage.counted():
            gone[block, term].append(at)
    for (block, term), places in gone.items():
        key = [block, term]
        row = db.execute("SELECT body FROM postings WHERE block = ? AND term = ?", key).fetchone()
        if row is None:
            continue
        postings = np.frombuffer(row[0], _POSTING)
        kept = postings[~np.isin(postings["at"], places)].tobytes()
        if kept:
            db.execute("UPDATE postings SET body = ? WHERE block = ? AND term = ?", [kept, *key])
        else:
            db.execute("DELETE FROM postings WHERE block = ? AND term = ?", key)


def looked_for(query: SearchQuery, languages: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The words of a query with the terms that stand for each; no term stands for two words."""
    found: dict[str, Sequence[str]] = {}
    taken: set[str] = set()
    for text in (query.text, *query.terms, *query.names):
        for word in content_words(text):
            new = [term for term in variants(word, languages) if term not in taken]
            if new:
                found[word] = new
                taken.update(new)
    return found


def matched(asked: Mapping[str, Sequence[str]], passage: Indexed) -> tuple[str, ...]:
    """The words of a query that stand in a passage."""
    there = passage.counted()
    return tuple(word for word, chosen in asked.items() if any(term in there for term in chosen))


def best(
    db: Connection,
    asked: Mapping[str, Sequence[str]],
    overview: Overview,
    visible: npt.NDArray[np.bool_],
    limit: int,
    indexes: Sequence[Index] = (),
) -> list[tuple[int, float]]:
    """Visible passages by BM25, best first; how frequent a word is counts among visible ones alone.

    Args:
        indexes: of documents that are indexed apart, besides.
    """
    scores = np.zeros(len(visible), np.float32)
    among = int(visible.sum())
    lengths = overview.lengths
    apart = [(index, overview.rows(index.passages)) for index in indexes]
    for chosen in asked.values():
        for term in chosen:
            found = [_postings(db, term, overview), *(_postings_of(term, *each) for each in apart)]
            places = np.concatenate([places for places, _ in found])
            counts = np.concatenate([counts for _, counts in found])
            frequency = int(np.count_nonzero(visible[places]))
            if frequency:
                rarity = np.float32(np.log1p((among - frequency + 0.5) / (frequency + 0.5)))
                dampened = counts + K1 * (1 - B + B * lengths[places] / overview.mean_length)
                scores[places] += rarity * (K1 + 1) * counts / dampened
    scores[~visible] = 0
    scored = np.flatnonzero(scores)
    if len(scored) > limit:
        scored = scored[np.argpartition(-scores[scored], limit - 1)[:limit]]
    ids = overview.passages(scored)
    ranked = sorted(zip(ids, scores[scored], strict=True), key=lambda each: (-each[1], each[0]))
    return [(passage, float(score)) for passage, score in ranked]


def _postings(db: Connection, term: str, overview: Overview) -> tuple[npt.NDArray[np.intp], _Floats]:
    """The rows in which a term stands, and what it counts for in each."""
    found = db.execute(
        """SELECT postings.block, body FROM blocks CROSS JOIN postings
        WHERE postings.block = blocks.block AND term = ?""",
        [term],
    ).fetchall()
    begins = np.array([overview.begin(block) for block, _ in found], np.intp)
    postings = np.frombuffer(b"".join(body for _, body in found), _POSTING)
    sizes = [len(body) // _POSTING.itemsize for _, body in found]
    counts: _Floats = postings["count"].astype(np.float32) / np.float32(_HALVES)
    return np.repeat(begins, sizes) + postings["at"], counts


def _postings_of(term: str, index: Index, rows: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], _Floats]:
    """The same of a document that is indexed apart, whose passages have these rows."""
    which = index.terms.get(term, slice(0))
    counts: _Floats = index.counts[which].astype(np.float32) / np.float32(_HALVES)
    return rows[index.at[which]], counts
