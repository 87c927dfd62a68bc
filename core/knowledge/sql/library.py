"""What has been read: sources, documents, passages."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from core.errors import StoreError
from core.knowledge.passages import Document, Passage, Source, in_context
from core.knowledge.ports import Encoder, Vectors
from core.knowledge.sql import entries, words
from core.knowledge.sql.indexing import index_apart, indexed
from core.knowledge.sql.overview import touch
from core.knowledge.sql.rows import insert
from core.knowledge.sql.seals import Seals
from core.knowledge.sql.vectors import quantised
from core.store.connection import Connection, Transactions

EMBEDDED = 256
"""Passages whose vectors are made and committed together."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Under which the vectors of an encoder are kept."""

    operators: int
    brought: int
    """Apart, as sealed ones are no vectors until they are opened."""

    def of(self, owner: str) -> int:
        """The number for what is an owner's."""
        return self.brought if owner else self.operators


NO_ENCODER = Numbers(operators=0, brought=0)


class SqlLibrary:
    """Fills `core.knowledge.ports.Library`."""

    def __init__(self, database: Transactions, encoder: Encoder | None, seals: Seals) -> None:
        self._database = database
        self._encoder = encoder
        self._seals = seals
        self._embedding = asyncio.Lock()

    async def add(self, source: Source) -> None:
        def write(db: Connection) -> None:
            db.execute(
                """INSERT INTO sources (name, location, audience, watched, owner) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE
                SET location = excluded.location, audience = excluded.audience, watched = excluded.watched""",
                entries.columns(self._seals, source),
            )

        await self._database.write(write)

    async def remove(self, name: str) -> bool:
        def write(db: Connection) -> bool:
            source = entries.source_of(db, name)
            if source is None:
                return False
            entries.remove(db, self._seals, source)
            return True

        return await self._database.write(write)

    async def erase(self, owners: Collection[str]) -> int:
        def write(db: Connection) -> tuple[int, Mapping[str, Sequence[str]]]:
            sources = [(owner, source) for owner in owners for source in entries.sources_of(db, owner)]
            kept: dict[str, list[str]] = {owner: [] for owner in owners}
            for owner, source in sources:
                kept[owner] += entries.titles_of(db, source)
                entries.remove(db, self._seals, source)
            return len(sources), kept

        count, kept = await self._database.write(write)
        await asyncio.to_thread(self._seals.destroy, kept)  # and again, if it is broken off here
        return count

    async def adopt(self, name: str, source: Source) -> None:
        def write(db: Connection) -> None:
            before = entries.source_of(db, name)
            if before is None or before.owner:
                return
            documents = entries.documents_of(db, before)
            for each in documents:
                words.forget(db, indexed(db, self._seals, "documents.id = ?", [each]))
            changed = "name = ?, location = ?, audience = ?, watched = ?, owner = ?"
            db.execute(
                f"UPDATE sources SET {changed} WHERE id = ?",  # noqa: S608 - constants
                [*entries.columns(self._seals, source), before.id],
            )
            for each in documents:
                entries.forget_vectors(db, each)
                entries.seal(db, self._seals, each, source.owner)
                index_apart(db, self._seals, each, source.owner)

        await self._database.write(write)

    async def seal_clear(self) -> int:
        return await self._database.write(partial(entries.seal_one, seals=self._seals))

    async def clear_log(self) -> None:
        await self._database.clear_log()

    async def sources(self) -> Sequence[Source]:
        def read(db: Connection) -> Sequence[Source]:
            kept = [source for _, source in entries.all_sources(db)]
            places = [self._seals.left(each.owner, each.location) for each in kept]
            return [
                replace(source, location=place[0] if place else "")
                for source, place in zip(kept, places, strict=True)
            ]

        return await self._database.read(read)

    async def documents(self, source: str) -> Mapping[str, Document]:
        def read(db: Connection) -> Mapping[str, Document]:
            entered = entries.source_of(db, source)
            if entered is None:
                return {}
            rows = db.execute(
                "SELECT language, location, title, digest FROM documents WHERE source = ?", [entered.id]
            ).fetchall()
            read = [(language, self._seals.left(entered.owner, *kept)) for language, *kept in rows]
            found = [
                Document(location=left[0], title=left[1], digest=left[2], language=language)
                for language, left in read
                if left is not None
            ]
            return {each.location: each for each in found}

        return await self._database.read(read)

    async def passages(self, source: str, location: str) -> Sequence[Passage]:
        def read(db: Connection) -> Sequence[Passage]:
            entered = entries.source_of(db, source)
            if entered is None:
                return []
            return [
                Passage(text=text, headings=tuple(json.loads(headings)), place=place)
                for document in entries.documents_at(db, self._seals, entered, [location])
                for place, headings, text in entries.passages_of(db, self._seals, document, entered.owner)
            ]

        return await self._database.read(read)

    async def put(self, source: str, document: Document, passages: Sequence[Passage]) -> None:
        def write(db: Connection) -> None:
            entered = entries.source_of(db, source)
            if entered is None:
                raise StoreError(f"There is no source '{source}': it may have been removed meanwhile.")
            replaced = entries.documents_at(db, self._seals, entered, [document.location])
            entries.forget(db, self._seals, entered, replaced)
            entries.enter(db, self._seals, entered, document, passages)

        await self._database.write(write)

    async def forget(self, source: str, locations: Collection[str]) -> None:
        def write(db: Connection) -> None:
            entered = entries.source_of(db, source)
            if entered is not None:
                gone = entries.documents_at(db, self._seals, entered, locations)
                entries.forget(db, self._seals, entered, gone)

        await self._database.write(write)

    async def embed(self, progress: Callable[[int, int], None] | None = None) -> None:
        if self._encoder is None:
            return
        async with self._embedding:
            numbers = await encoder_numbers(self._database, self._encoder.reference)
            done, last = 0, 0
            total = await self._database.read(partial(_count_lacking, numbers=numbers))
            while rows := await self._database.read(partial(_lacking, numbers=numbers, after=last)):
                last = rows[-1][0]
                read = [(number, owner, self._seals.left(owner, *kept)) for number, owner, *kept in rows]
                left = {number: (owner, *texts) for number, owner, texts in read if texts is not None}
                if left:
                    vectors = await self._encoder.encode(
                        [
                            in_context(title, json.loads(headings), text)
                            for _, title, headings, text in left.values()
                        ],
                        background=True,
                    )
                    await self._keep(numbers, {number: each[0] for number, each in left.items()}, vectors)
                done += len(rows)
                if progress is not None:
                    progress(done, max(done, total))

    async def close(self) -> None:
        await self._database.close()

    async def _keep(self, numbers: Numbers, passages: Mapping[int, str], vectors: Vectors) -> None:
        """Keep the vectors of passages, whose owners are given."""
        bodies = quantised(np.asarray(vectors, np.float32))

        def write(db: Connection) -> None:
            # a passage may have been forgotten while its vector was made
            left = _still_there(db, min(passages), max(passages))
            insert(
                db,
                "vectors (passage, encoder, body)",
                [
                    (passage, numbers.of(owner), self._seals.body(owner, body.tobytes()))
                    for (passage, owner), body in zip(passages.items(), bodies, strict=True)
                    if passage in left
                ],
                "ON CONFLICT (passage) DO UPDATE SET encoder = excluded.encoder, body = excluded.body",
            )
            touch(db, passages)

        await self._database.write(write)


async def encoder_numbers(database: Transactions, reference: str) -> Numbers:
    """Those of an encoder; it gets them where it has none."""

    def number(db: Connection, name: str) -> int:
        db.execute("INSERT INTO encoders (reference) VALUES (?) ON CONFLICT (reference) DO NOTHING", [name])
        (found,) = db.execute("SELECT id FROM encoders WHERE reference = ?", [name]).fetchone()
        return int(found)

    def write(db: Connection) -> Numbers:
        return Numbers(operators=number(db, reference), brought=number(db, f"{reference}, brought"))

    return await database.write(write)


def _still_there(db: Connection, first: int, last: int) -> set[int]:
    """The passages between two ids."""
    rows = db.execute("SELECT id FROM passages WHERE id BETWEEN ? AND ?", [first, last]).fetchall()
    return {passage for (passage,) in rows}


def _count_lacking(db: Connection, numbers: Numbers) -> int:
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    (vectors,) = db.execute(
        "SELECT count(*) FROM vectors WHERE encoder IN (?, ?)", [numbers.operators, numbers.brought]
    ).fetchone()
    return int(passages - vectors)


def _lacking(db: Connection, numbers: Numbers, after: int) -> list[Any]:
    """The next passages without a vector: id, owner, title, headings, text."""
    return db.execute(
        """SELECT passages.id, owner, title, headings, text FROM passages
        JOIN documents ON documents.id = document JOIN sources ON sources.id = documents.source
        LEFT JOIN vectors ON vectors.passage = passages.id
            AND vectors.encoder = CASE WHEN owner = '' THEN ? ELSE ? END
        WHERE passages.id > ? AND vectors.passage IS NULL ORDER BY passages.id LIMIT ?""",
        [numbers.operators, numbers.brought, after, EMBEDDED],
    ).fetchall()
