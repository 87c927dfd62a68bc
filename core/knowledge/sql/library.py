"""What has been read: sources, documents, passages."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from core.errors import StoreError
from core.knowledge.passages import Document, Passage, Source, in_context
from core.knowledge.ports import Encoder, Vectors
from core.knowledge.sql import words
from core.knowledge.sql.overview import BLOCK, touch
from core.knowledge.sql.rows import insert
from core.knowledge.sql.terms import VERSION
from core.knowledge.sql.vectors import quantised
from core.store.connection import Connection, Transactions

EMBEDDED = 256
"""Passages whose vectors are made and committed together."""


class SqlLibrary:
    """Fills `core.knowledge.ports.Library`."""

    def __init__(self, database: Transactions, encoder: Encoder | None) -> None:
        self._database = database
        self._encoder = encoder
        self._embedding = asyncio.Lock()

    async def add(self, source: Source) -> None:
        def write(db: Connection) -> None:
            db.execute(
                """INSERT INTO sources (name, location, audience, watched) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE
                SET location = excluded.location, audience = excluded.audience, watched = excluded.watched""",
                [source.name, source.location, json.dumps(source.audience), int(source.watched)],
            )

        await self._database.write(write)

    async def remove(self, name: str) -> bool:
        def write(db: Connection) -> bool:
            source = _source_id(db, name)
            if source is None:
                return False
            rows = db.execute("SELECT id FROM documents WHERE source = ?", [source]).fetchall()
            _forget(db, [document for (document,) in rows])
            db.execute("DELETE FROM sources WHERE id = ?", [source])
            return True

        return await self._database.write(write)

    async def clear_log(self) -> None:
        await self._database.clear_log()

    async def sources(self) -> Sequence[Source]:
        def read(db: Connection) -> Sequence[Source]:
            return [source for _, source in all_sources(db)]

        return await self._database.read(read)

    async def documents(self, source: str) -> Mapping[str, Document]:
        def read(db: Connection) -> Mapping[str, Document]:
            rows = db.execute(
                """SELECT location, title, digest, language FROM documents
                WHERE source = (SELECT id FROM sources WHERE name = ?)""",
                [source],
            ).fetchall()
            return {row[0]: document_from(row) for row in rows}

        return await self._database.read(read)

    async def passages(self, source: str, location: str) -> Sequence[Passage]:
        def read(db: Connection) -> Sequence[Passage]:
            rows = db.execute(
                """SELECT passages.text, headings, place FROM passages
                JOIN documents ON documents.id = document JOIN sources ON sources.id = documents.source
                WHERE sources.name = ? AND documents.location = ? ORDER BY passages.id""",
                [source, location],
            ).fetchall()
            return [Passage(text=row[0], headings=tuple(json.loads(row[1])), place=row[2]) for row in rows]

        return await self._database.read(read)

    async def put(self, source: str, document: Document, passages: Sequence[Passage]) -> None:
        def write(db: Connection) -> None:
            owner = _source_id(db, source)
            if owner is None:
                raise StoreError(f"There is no source '{source}': it may have been removed meanwhile.")
            _forget(db, _document_ids(db, owner, [document.location]))
            _enter(db, owner, document, passages)

        await self._database.write(write)

    async def forget(self, source: str, locations: Collection[str]) -> None:
        def write(db: Connection) -> None:
            owner = _source_id(db, source)
            if owner is not None:
                _forget(db, _document_ids(db, owner, locations))

        await self._database.write(write)

    async def embed(self, progress: Callable[[int, int], None] | None = None) -> None:
        if self._encoder is None:
            return
        async with self._embedding:
            encoder = await encoder_id(self._database, self._encoder.reference)
            done, last = 0, 0
            total = await self._database.read(partial(_count_lacking, encoder=encoder))
            while rows := await self._database.read(partial(_lacking, encoder=encoder, after=last)):
                last = rows[-1][0]
                vectors = await self._encoder.encode(
                    [in_context(title, json.loads(headings), text) for _, title, headings, text in rows],
                    background=True,
                )
                await self._keep(encoder, [row[0] for row in rows], vectors)
                done += len(rows)
                if progress is not None:
                    progress(done, max(done, total))

    async def close(self) -> None:
        await self._database.close()

    async def _keep(self, encoder: int, passages: Sequence[int], vectors: Vectors) -> None:
        bodies = quantised(np.asarray(vectors, np.float32))

        def write(db: Connection) -> None:
            # a passage may have been forgotten while its vector was made
            left = _still_there(db, min(passages), max(passages))
            insert(
                db,
                "vectors (passage, encoder, body)",
                [
                    (passage, encoder, body.tobytes())
                    for passage, body in zip(passages, bodies, strict=True)
                    if passage in left
                ],
                "ON CONFLICT (passage) DO UPDATE SET encoder = excluded.encoder, body = excluded.body",
            )
            touch(db, passages)

        await self._database.write(write)


async def index_anew(database: Transactions) -> None:
    """Where the words were indexed by other rules than today's, index them again; 4,000 passages a second.

    A block is a transaction, so that others write in between; what is broken off goes on where it was.
    """
    while not await database.read(_is_indexed):
        await database.write(_index_block)


def _is_indexed(db: Connection) -> bool:
    found = db.execute("SELECT 1 FROM indexed WHERE terms = ? AND next_block IS NULL", [VERSION])
    return found.fetchone() is not None


def _index_block(db: Connection) -> None:
    if _is_indexed(db):  # by another process, meanwhile
        return
    block, (last,) = _next_block(db), db.execute("SELECT coalesce(max(id), -1) FROM passages").fetchone()
    if block * BLOCK > last:
        db.execute("DELETE FROM postings WHERE block >= ?", [block])
        db.execute("UPDATE indexed SET next_block = NULL")
        return
    db.execute("DELETE FROM postings WHERE block = ?", [block])
    ids = [block * BLOCK, (block + 1) * BLOCK]
    _index(db, _indexed(db, "passages.id >= ? AND passages.id < ?", ids))
    db.execute("UPDATE indexed SET next_block = ?", [block + 1])


def _next_block(db: Connection) -> int:
    """The one that is to be indexed next; the first one, where others were indexed by other rules."""
    row = db.execute("SELECT next_block FROM indexed WHERE terms = ?", [VERSION]).fetchone()
    if row is not None:
        return int(row[0])
    db.execute(
        """INSERT INTO languages (language) SELECT DISTINCT language FROM documents WHERE true
        ON CONFLICT (language) DO NOTHING"""
    )
    db.execute("DELETE FROM indexed")
    db.execute("INSERT INTO indexed (terms, next_block) VALUES (?, 0)", [VERSION])
    return 0


async def encoder_id(database: Transactions, reference: str) -> int:
    """The number under which the vectors of an encoder are kept."""

    def write(db: Connection) -> int:
        db.execute(
            "INSERT INTO encoders (reference) VALUES (?) ON CONFLICT (reference) DO NOTHING", [reference]
        )
        (number,) = db.execute("SELECT id FROM encoders WHERE reference = ?", [reference]).fetchone()
        return int(number)

    return await database.write(write)


def all_sources(db: Connection) -> list[tuple[int, Source]]:
    """All sources with their numbers, by name."""
    rows = db.execute("SELECT id, name, location, audience, watched FROM sources ORDER BY name").fetchall()
    return [
        (
            number,
            Source(name=name, location=location, audience=tuple(json.loads(audience)), watched=bool(watched)),
        )
        for number, name, location, audience, watched in rows
    ]


def document_from(row: Sequence[Any]) -> Document:
    """From columns location, title, digest, language."""
    return Document(location=row[0], title=row[1], digest=row[2], language=row[3])


def _source_id(db: Connection, name: str) -> int | None:
    row = db.execute("SELECT id FROM sources WHERE name = ?", [name]).fetchone()
    return None if row is None else int(row[0])


def _document_ids(db: Connection, source: int, locations: Collection[str]) -> list[int]:
    wanted = set(locations)
    rows = db.execute("SELECT id, location FROM documents WHERE source = ?", [source]).fetchall()
    return [document for document, location in rows if location in wanted]


def _still_there(db: Connection, first: int, last: int) -> set[int]:
    """The passages between two ids."""
    rows = db.execute("SELECT id FROM passages WHERE id BETWEEN ? AND ?", [first, last]).fetchall()
    return {passage for (passage,) in rows}


def _enter(db: Connection, source: int, document: Document, passages: Sequence[Passage]) -> None:
    ((entered,),) = db.execute(
        """INSERT INTO documents (source, location, title, digest, language) VALUES (?, ?, ?, ?, ?)
        RETURNING id""",
        [source, document.location, document.title, document.digest, document.language],
    ).fetchall()
    insert(db, "languages (language)", [[document.language]], "ON CONFLICT (language) DO NOTHING")
    insert(
        db,
        "passages (source, document, length, place, headings, text)",
        [(source, entered, 0, each.place, json.dumps(each.headings), each.text) for each in passages],
    )
    _index(db, _indexed(db, "documents.id = ?", [entered]))


def _indexed(db: Connection, where: str, values: Sequence[Any]) -> list[words.Indexed]:
    """Passages as the words' index takes them."""
    rows = db.execute(
        f"""SELECT passages.id, language, title, headings, text
        FROM passages JOIN documents ON documents.id = document WHERE {where}""",  # noqa: S608 - our own words
        values,
    ).fetchall()
    return [
        words.Indexed(
            id=number,
            language=language,
            title=title,
            headings=json.loads(headings),
            text=text,
        )
        for number, language, title, headings, text in rows
    ]


def _index(db: Connection, passages: Sequence[words.Indexed]) -> None:
    lengths = words.enter(db, passages)
    for number, length in lengths.items():
        db.execute("UPDATE passages SET length = ? WHERE id = ?", [length, number])
    touch(db, list(lengths))


def _forget(db: Connection, documents: Collection[int]) -> None:
    """Out of every index; that of the words must be told again what it was told."""
    for document in documents:
        passages = _indexed(db, "documents.id = ?", [document])
        words.forget(db, passages)
        db.execute(
            "DELETE FROM vectors WHERE passage IN (SELECT id FROM passages WHERE document = ?)", [document]
        )
        db.execute("DELETE FROM passages WHERE document = ?", [document])
        db.execute("DELETE FROM documents WHERE id = ?", [document])
        touch(db, [each.id for each in passages])


def _count_lacking(db: Connection, encoder: int) -> int:
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    (vectors,) = db.execute("SELECT count(*) FROM vectors WHERE encoder = ?", [encoder]).fetchone()
    return int(passages - vectors)


def _lacking(db: Connection, encoder: int, after: int) -> list[Any]:
    """The next passages without a vector: id, title, headings, text."""
    return db.execute(
        """SELECT passages.id, title, headings, text FROM passages
        JOIN documents ON documents.id = document
        LEFT JOIN vectors ON vectors.passage = passages.id AND vectors.encoder = ?
        WHERE passages.id > ? AND vectors.passage IS NULL ORDER BY passages.id LIMIT ?""",
        [encoder, after, EMBEDDED],
    ).fetchall()
