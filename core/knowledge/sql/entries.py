"""Sources, documents and passages as they are kept: entered, read, sealed and taken out again."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql import words
from core.knowledge.sql.indexing import index, indexed
from core.knowledge.sql.overview import touch
from core.knowledge.sql.rows import insert
from core.knowledge.sql.seals import SEALED, Seals
from core.store.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A source by its number, and whose it is."""

    id: int
    owner: str


def all_sources(db: Connection) -> list[tuple[int, Source]]:
    """All sources with their numbers, by name; their locations as they are kept."""
    rows = db.execute(
        "SELECT id, name, location, audience, watched, owner FROM sources ORDER BY name"
    ).fetchall()
    return [
        (
            number,
            Source(
                name=name,
                location=location,
                audience=tuple(json.loads(audience)),
                watched=bool(watched),
                owner=owner,
            ),
        )
        for number, name, location, audience, watched, owner in rows
    ]


def columns(seals: Seals, source: Source) -> list[Any]:
    """Name, location, audience, watched and owner as they are kept."""
    location = seals.text(source.owner, source.location)
    return [source.name, location, json.dumps(source.audience), int(source.watched), source.owner]


def source_of(db: Connection, name: str) -> Entered | None:
    """The source of that name."""
    row = db.execute("SELECT id, owner FROM sources WHERE name = ?", [name]).fetchone()
    return None if row is None else Entered(id=row[0], owner=row[1])


def sources_of(db: Connection, owner: str) -> list[Entered]:
    """All that is an owner's."""
    rows = db.execute("SELECT id FROM sources WHERE owner = ?", [owner]).fetchall()
    return [Entered(id=number, owner=owner) for (number,) in rows]


def documents_of(db: Connection, source: Entered) -> list[int]:
    """All documents of a source."""
    rows = db.execute("SELECT id FROM documents WHERE source = ?", [source.id]).fetchall()
    return [document for (document,) in rows]


def documents_at(db: Connection, seals: Seals, source: Entered, locations: Collection[str]) -> list[int]:
    """The documents of a source that are at these locations."""
    if not source.owner:
        query = "SELECT id FROM documents WHERE source = ? AND location = ?"
        found = [db.execute(query, [source.id, each]).fetchone() for each in locations]
        return [row[0] for row in found if row is not None]
    wanted = {(location,) for location in locations}
    rows = db.execute("SELECT id, location FROM documents WHERE source = ?", [source.id]).fetchall()
    return [document for document, location in rows if seals.left(source.owner, location) in wanted]


def passages_of(db: Connection, seals: Seals, document: int, owner: str) -> list[tuple[str, ...]]:
    """Place, headings and text of each."""
    rows = db.execute(
        "SELECT place, headings, text FROM passages WHERE document = ? ORDER BY id", [document]
    ).fetchall()
    return [tuple(seals.read(owner, each) for each in row) for row in rows]


def enter(
    db: Connection, seals: Seals, source: Entered, document: Document, passages: Sequence[Passage]
) -> None:
    """Enter a document that is new, and index it."""

    def sealed(*texts: str) -> list[str]:
        return [seals.text(source.owner, each) for each in texts]

    ((entered,),) = db.execute(
        """INSERT INTO documents (source, language, location, title, digest) VALUES (?, ?, ?, ?, ?)
        RETURNING id""",
        [source.id, document.language, *sealed(document.location, document.title, document.digest)],
    ).fetchall()
    insert(db, "languages (language)", [[document.language]], "ON CONFLICT (language) DO NOTHING")
    insert(
        db,
        "passages (source, document, length, place, headings, text)",
        [
            (source.id, entered, 0, *sealed(each.place, json.dumps(each.headings), each.text))
            for each in passages
        ],
    )
    index(db, seals, entered, source.owner)


def seal_one(db: Connection, seals: Seals) -> int:
    """Seal a document that is kept in clear, with the location of its source; 0 where there is none."""
    row = db.execute(
        """SELECT documents.id, sources.id, owner, sources.location
        FROM documents JOIN sources ON sources.id = source
        WHERE owner != '' AND substr(title, 1, 1) != ? LIMIT 1""",
        [SEALED],
    ).fetchone()
    if row is None:
        return 0
    document, source, owner, location = row
    place = seals.text(owner, seals.read(owner, location))
    db.execute("UPDATE sources SET location = ? WHERE id = ?", [place, source])
    seal(db, seals, document, owner)
    return 1


def seal(db: Connection, seals: Seals, document: int, owner: str) -> None:
    """Keep a document as its owner's, whatever of it was in clear."""
    for table, columns, key in (
        ("documents", ("location", "title", "digest"), "id"),
        ("passages", ("place", "headings", "text"), "document"),
    ):
        chosen, changed = ", ".join(columns), ", ".join(f"{each} = ?" for each in columns)
        query = f"SELECT id, {chosen} FROM {table} WHERE {key} = ?"  # noqa: S608 - constants
        for number, *kept in db.execute(query, [document]).fetchall():
            sealed = [seals.text(owner, seals.read(owner, each)) for each in kept]
            db.execute(f"UPDATE {table} SET {changed} WHERE id = ?", [*sealed, number])  # noqa: S608 - constants
    within = "passage IN (SELECT id FROM passages WHERE document = ?)"
    for table, key, where in (("vectors", "passage", within), ("indexes", "document", "document = ?")):
        query = f"SELECT {key}, body FROM {table} WHERE {where}"  # noqa: S608 - constants
        for number, body in db.execute(query, [document]).fetchall():
            fresh = seals.body(owner, seals.read_body(owner, body))
            db.execute(f"UPDATE {table} SET body = ? WHERE {key} = ?", [fresh, number])  # noqa: S608 - constants


def titles_of(db: Connection, source: Entered) -> list[str]:
    """Of each document what names the key with which it was sealed."""
    rows = db.execute("SELECT title FROM documents WHERE source = ?", [source.id]).fetchall()
    return [title for (title,) in rows]


def remove(db: Connection, seals: Seals, source: Entered) -> None:
    """Take a source out, with all its documents."""
    forget(db, seals, source, documents_of(db, source))
    db.execute("DELETE FROM sources WHERE id = ?", [source.id])


def forget(db: Connection, seals: Seals, source: Entered, documents: Collection[int]) -> None:
    """Take documents out of every index; that of the words must be told again what it was told."""
    for document in documents:
        passages = db.execute("SELECT id FROM passages WHERE document = ?", [document]).fetchall()
        if not source.owner:
            words.forget(db, indexed(db, seals, "documents.id = ?", [document]))
        db.execute("DELETE FROM indexes WHERE document = ?", [document])
        forget_vectors(db, document)
        db.execute("DELETE FROM passages WHERE document = ?", [document])
        db.execute("DELETE FROM documents WHERE id = ?", [document])
        touch(db, [number for (number,) in passages])


def forget_vectors(db: Connection, document: int) -> None:
    """Take out what its passages are found by besides words; they get it anew."""
    db.execute(
        "DELETE FROM vectors WHERE passage IN (SELECT id FROM passages WHERE document = ?)", [document]
    )
