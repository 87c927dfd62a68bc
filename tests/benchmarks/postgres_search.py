"""Our index in the tables of a Postgres beside its own full text and pgvector, in one run.

`python -m tests.benchmarks.postgres_search`: BoolQ's questions, to its passages alone and to these among so
many sentences of other documents (`kb.sketches`) that there are 100,000. The server is one for the tests, and
has a gigabyte for its pages. By words a whole search of ours is timed, in which passages are read; of
Postgres a statement that finds their ids. Words and vectors are searched apart, so the vectors of the others
are those of real sentences (`kb.sketches` keeps them), and not of the same ones.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from bots.run import opened_encoder
from core import settings
from core.knowledge.passages import Document, Passage, Source, in_context
from core.knowledge.ports import Encoder, Search, Vectors
from core.knowledge.postgres import KNOWLEDGE, open_knowledge_base
from core.knowledge.sql.overview import Overview
from core.knowledge.sql.search import SKETCHED
from core.knowledge.sql.vectors import cosines, nearest
from core.language.pipeline import Pipeline
from core.language.query import search_query
from core.store.postgres.connecting import Session, connect
from tests.benchmarks.kb import sketches, source
from tests.postgres import serving

AMONG = 100_000
TOGETHER = 50
"""Passages in a document."""
QUESTIONS, WARMING, LIMIT = 500, 20, 10
SOURCES = (1, 2, 3, 4)
VISIBLE = {"all": SOURCES, "a quarter": (2,)}
ANY_WORD = "replace(plainto_tsquery('english', %s)::text, '&', '|')::tsquery"
FULL_TEXT = {
    "full text, all words, ts_rank_cd": ("websearch_to_tsquery('english', %s)", "ts_rank_cd"),
    "full text, any word, ts_rank_cd": (ANY_WORD, "ts_rank_cd"),
    "full text, any word, ts_rank": (ANY_WORD, "ts_rank"),
}
"""How the query is made of a question, and what ranks, by length as well."""
OURS = "sketches, then int8"
PGVECTOR = {
    "pgvector, exact": "SET enable_indexscan = off",
    "pgvector, HNSW, ef_search 40": "SET enable_indexscan = on; SET hnsw.ef_search = 40",
    "pgvector, HNSW, ef_search 200": "SET enable_indexscan = on; SET hnsw.ef_search = 200",
}
"""By default and with more neighbours kept while it looks; where it may not see some, it looks on."""
Look = Callable[[int], Awaitable[Sequence[int]]]
"""The passages found for a question, by its number, best first."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A library in a Postgres, and what is looked for in it."""

    db: Session
    questions: Sequence[str]
    asked: Vectors
    right: Sequence[int]
    """The passage that each question was asked about."""
    vectors: Vectors
    ids: npt.NDArray[np.int64]
    """Of the passages, as their vectors are ordered."""
    sources: npt.NDArray[np.int64]


class _Kept:
    """An encoder whose vectors were made before."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], vectors: Vectors) -> None:
        self.reference, self.dimensions = encoder.reference, encoder.dimensions
        self._made: dict[str, npt.NDArray[np.float32]] = dict(
            zip((in_context("", (), text) for text in texts), vectors, strict=True)
        )

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        return np.stack([self._made[text] for text in texts])


@click.command()
@click.option("--among", default=AMONG, show_default=True, help="Passages of the larger library.")
def main(among: int) -> None:
    """Measure."""
    asyncio.run(_main(among))


async def _main(among: int) -> None:
    words = Table("passages", "by", "recall@5", "MRR@10", "p50 ms", "p95 ms", "MB")
    near = Table("passages", "visible", "by", "of the nearest", "p50 ms", "p95 ms", "MB", "built s")
    async with opened_encoder(settings.load()) as encoder:
        assert encoder is not None
        texts, vectors = await _passages(encoder, among)
        asked = source.asked()[:QUESTIONS]
        questions = [question for question, _ in asked]
        right = [texts.index(passage) for _, passage in asked]
        for size in (len(source.passages()), among):
            with serving(buffers="1GB") as server:
                url = server.fresh()
                await _fill(url, texts[:size], _Kept(encoder, texts, vectors))
                path = f"{KNOWLEDGE.name},public"
                with closing((db := connect(url, search_path=path, statement_timeout="0")).raw):
                    rows = db.execute("SELECT id, source FROM passages ORDER BY id").fetchall()
                    ids, sources = np.array(rows).T
                    trial = Trial(
                        db=db,
                        questions=questions,
                        asked=await encoder.encode(questions),
                        right=ids[right].tolist(),
                        vectors=vectors[:size],
                        ids=ids,
                        sources=sources,
                    )
                    async with open_knowledge_base(url) as knowledge:
                        await _by_words(trial, knowledge.search, words)
                    await _by_vectors(trial, near)
            Console(width=140).print(words, near)


async def _passages(encoder: Encoder, among: int) -> tuple[Sequence[str], Vectors]:
    """BoolQ's, then sentences that stand in none of them; with vectors, those of the sentences of others."""
    texts = source.passages()
    vectors = [await encoder.encode(texts), await sketches.vectors_of_sentences(encoder)]
    own = {sentence for text in texts for sentence in sketches.sentences_of(text)}
    others = (sentence for sentence in sketches.sentences() if sentence not in own)
    texts += [sentence for sentence in others if sentence.isprintable()]  # Postgres keeps no NUL
    return texts[:among], np.concatenate(vectors)[:among]


async def _fill(url: str, texts: Sequence[str], encoder: Encoder) -> None:
    async with open_knowledge_base(url, encoder) as knowledge:
        for number in SOURCES:
            await knowledge.library.add(Source(name=f"source {number}", location="/"))
        for at, begin in enumerate(range(0, len(texts), TOGETHER)):
            document = Document(location=f"{begin}", title="", digest="")
            passages = [Passage(text=text) for text in texts[begin : begin + TOGETHER]]
            await knowledge.library.put(f"source {SOURCES[at % len(SOURCES)]}", document, passages)
        await knowledge.library.embed()


async def _by_words(trial: Trial, search: Search, table: Table) -> None:
    pipeline = Pipeline()
    queries = [await search_query(pipeline, text, (), "en") for text in trial.questions]
    await pipeline.close()

    async def ours(number: int) -> Sequence[int]:
        return [found.id for found in await search.find(queries[number], None, limit=LIMIT)]

    trial.db.execute(
        "CREATE TABLE fulltext AS SELECT id AS passage, to_tsvector('english', text) AS body FROM passages"
    )
    trial.db.execute("CREATE INDEX fulltext_body ON fulltext USING gin (body)")
    trial.db.execute("ANALYZE")
    ways: dict[str, tuple[Look, str]] = {"BM25 in tables": (ours, "postings")}
    for name, (query, rank) in FULL_TEXT.items():
        ways[name] = (_by_full_text(trial, query, rank), "fulltext")
    for name, (look, kept) in ways.items():
        found, times = await _timed(look, len(queries))
        table.add_row(_size(trial), name, *_rates(trial, found), *times, _megabytes(trial.db, kept))


def _by_full_text(trial: Trial, query: str, rank: str) -> Look:
    statement = f"""SELECT passage FROM fulltext, (SELECT {query}) AS asked (query) WHERE body @@ query
        ORDER BY {rank}(body, query, 1) DESC LIMIT {LIMIT}"""

    async def look(number: int) -> Sequence[int]:
        rows = trial.db.raw.execute(statement.encode(), [trial.questions[number]]).fetchall()
        return [row[0] for row in rows]

    return look


async def _by_vectors(trial: Trial, table: Table) -> None:
    sizes = _make_pgvectors(trial)
    for told, visible in VISIBLE.items():
        right = _nearest(trial, visible)
        for name, look in _ways(trial, visible):
            found, times = await _timed(look, len(trial.questions))
            hits = sum(len({*mine} & {*known}) for mine, known in zip(found, right, strict=True))
            share = f"{hits / (len(right) * LIMIT):.3f}"
            table.add_row(_size(trial), told, name, share, *times, *sizes[name])


def _make_pgvectors(trial: Trial) -> dict[str, tuple[str, str]]:
    """Megabytes and seconds of each way's table and index."""
    db = trial.db
    db.execute("CREATE EXTENSION vector SCHEMA public")
    db.execute("CREATE TABLE pgvectors (passage BIGINT, source BIGINT, body public.vector(384))")
    with db.raw.cursor() as cursor, cursor.copy("COPY pgvectors FROM STDIN") as copy:
        for passage, number, vector in zip(trial.ids, trial.sources, trial.vectors, strict=True):
            copy.write_row((int(passage), int(number), _literal(vector)))
    exact = _megabytes(db, "pgvectors")
    db.execute("SET maintenance_work_mem = '1GB'")
    started = time.perf_counter()
    db.execute("CREATE INDEX ON pgvectors USING hnsw (body vector_cosine_ops)")
    seconds = time.perf_counter() - started
    db.execute("ANALYZE pgvectors")
    db.execute("SET hnsw.iterative_scan = strict_order")
    indexed = (_megabytes(db, "pgvectors"), f"{seconds:.0f}")
    exactly, *by_index = PGVECTOR
    return {OURS: (_megabytes(db, "vectors"), ""), exactly: (exact, ""), **dict.fromkeys(by_index, indexed)}


def _ways(trial: Trial, visible: Sequence[int]) -> Iterator[tuple[str, Look]]:
    yield OURS, _by_sketches(trial, visible)
    for name, set_up in PGVECTOR.items():
        trial.db.raw.execute(set_up.encode())
        yield name, _by_pgvector(trial, visible)


def _by_sketches(trial: Trial, visible: Sequence[int]) -> Look:
    ((encoder,),) = trial.db.execute("SELECT id FROM encoders").fetchall()
    overview = Overview(encoder, trial.vectors.shape[1])
    overview.keep_up(trial.db)

    async def look(number: int) -> Sequence[int]:
        asked = trial.asked[number]
        chosen = nearest(overview, asked, overview.visible(visible), SKETCHED)
        alike = cosines(trial.db, encoder, asked, chosen)
        return sorted(alike, key=lambda passage: -alike[passage])[:LIMIT]

    return look


def _by_pgvector(trial: Trial, visible: Sequence[int]) -> Look:
    only = "" if visible == SOURCES else f"WHERE source IN ({', '.join(map(str, visible))})"
    statement = f"""SELECT passage FROM pgvectors {only}
        ORDER BY body OPERATOR(public.<=>) %s::public.vector LIMIT {LIMIT}"""
    literals = [_literal(vector) for vector in trial.asked]

    async def look(number: int) -> Sequence[int]:
        return [row[0] for row in trial.db.raw.execute(statement.encode(), [literals[number]]).fetchall()]

    return look


def _literal(vector: npt.NDArray[np.float32]) -> str:
    return json.dumps(vector.tolist())


def _nearest(trial: Trial, visible: Sequence[int]) -> list[list[int]]:
    """By float32, exactly."""
    seen = np.isin(trial.sources, visible)
    ids, vectors = trial.ids[seen], trial.vectors[seen]
    return [ids[np.argpartition(-(vectors @ each), LIMIT)[:LIMIT]].tolist() for each in trial.asked]


async def _timed(look: Look, count: int) -> tuple[list[Sequence[int]], Sequence[str]]:
    """What is found for each question, and the median and the 95th percentile of the milliseconds it took."""
    for number in range(WARMING):
        await look(number)
    found, taken = [], []
    for number in range(count):
        started = time.perf_counter()
        found.append(await look(number))
        taken.append(1000 * (time.perf_counter() - started))
    return found, [f"{np.percentile(taken, share):.1f}" for share in (50, 95)]


def _rates(trial: Trial, found: Sequence[Sequence[int]]) -> Sequence[str]:
    """recall@5 and the mean reciprocal rank."""
    ranks = [
        ids.index(right) + 1 if right in ids else 0 for right, ids in zip(trial.right, found, strict=True)
    ]
    among_five = sum(0 < rank <= 5 for rank in ranks) / len(ranks)
    return [f"{among_five:.3f}", f"{sum(1 / rank for rank in ranks if rank) / len(ranks):.3f}"]


def _size(trial: Trial) -> str:
    return f"{len(trial.ids):,}"


def _megabytes(db: Session, table: str) -> str:
    """With its indexes."""
    (size,) = db.execute("SELECT pg_total_relation_size(CAST(? AS regclass))", [table]).fetchone() or (0,)
    return f"{size / 1e6:.0f}"


if __name__ == "__main__":
    main()
