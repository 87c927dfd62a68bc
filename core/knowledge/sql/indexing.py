"""Indexing what was entered: its words among those of all documents, or apart where it is somebody's."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from core.errors import Erased
from core.knowledge.sql import words
from core.knowledge.sql.indexes import packed
from core.knowledge.sql.overview import BLOCK, touch
from core.knowledge.sql.rows import insert
from core.knowledge.sql.seals import Seals
from core.knowledge.sql.terms import VERSION
from core.store.connection import Connection, Transactions


async def index_anew(database: Transactions, seals: Seals) -> None:
    """Where the words were indexed by other rules than today's, index them again; 4,000 passages a second.

    A block is a transaction, and a document that is indexed apart is one, so that others write in between;
    what is broken off goes on where it was.
    """
    while not await database.read(_is_indexed):
        await database.write(partial(_index_block, seals=seals))
    for document, owner in await database.read(_unindexed):
        with suppress(Erased):
            await database.write(partial(index_apart, seals=seals, document=document, owner=owner))


def _is_indexed(db: Connection) -> bool:
    found = db.execute("SELECT 1 FROM indexed WHERE terms = ? AND next_block IS NULL", [VERSION])
    return found.fetchone() is not None


def _index_block(db: Connection, seals: Seals) -> None:
    if _is_indexed(db):  # by another process, meanwhile
        return
    block, (last,) = _next_block(db), db.execute("SELECT coalesce(max(id), -1) FROM passages").fetchone()
    if block * BLOCK > last:
        db.execute("DELETE FROM postings WHERE block >= ?", [block])
        db.execute("UPDATE indexed SET next_block = NULL")
        return
    db.execute("DELETE FROM postings WHERE block = ?", [block])
    ids = [block * BLOCK, (block + 1) * BLOCK]
    in_clear = indexed(db, seals, "passages.id >= ? AND passages.id < ? AND owner = ''", ids)
    _measure(db, words.enter(db, in_clear))
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
    db.execute("DELETE FROM indexes")
    db.execute("DELETE FROM indexed")
    db.execute("INSERT INTO indexed (terms, next_block) VALUES (?, 0)", [VERSION])
    return 0


def _unindexed(db: Connection) -> list[tuple[int, str]]:
    """Documents that are to be indexed apart, and whose they are."""
    return db.execute(
        """SELECT documents.id, owner FROM documents JOIN sources ON sources.id = source
        WHERE owner != '' AND documents.id NOT IN (SELECT document FROM indexes)"""
    ).fetchall()


def index_apart(db: Connection, seals: Seals, document: int, owner: str) -> None:
    """Make the index of a document that people brought."""
    passages = indexed(db, seals, "documents.id = ?", [document])
    counted = {each.id: each.counted() for each in passages}
    body = packed({number: words.halves(each) for number, each in counted.items()})
    insert(
        db,
        "indexes (document, body)",
        [[document, seals.body(owner, body)]],
        "ON CONFLICT (document) DO UPDATE SET body = excluded.body",
    )
    _measure(db, {number: round(sum(each.values())) for number, each in counted.items()})


def index(db: Connection, seals: Seals, document: int, owner: str) -> None:
    """Index a document that was entered."""
    if owner:
        index_apart(db, seals, document, owner)
    else:
        _measure(db, words.enter(db, indexed(db, seals, "documents.id = ?", [document])))


def indexed(db: Connection, seals: Seals, where: str, values: Sequence[Any]) -> list[words.Indexed]:
    """Passages as the words' index takes them."""
    rows = db.execute(
        f"""SELECT passages.id, language, owner, title, headings, text
        FROM passages JOIN documents ON documents.id = document JOIN sources ON sources.id = documents.source
        WHERE {where} ORDER BY passages.id""",  # noqa: S608 - our own words
        values,
    ).fetchall()
    read = [
        (number, language, [seals.read(owner, each) for each in kept])
        for number, language, owner, *kept in rows
    ]
    return [
        words.Indexed(id=number, language=language, title=title, headings=json.loads(headings), text=text)
        for number, language, (title, headings, text) in read
    ]


def _measure(db: Connection, lengths: Mapping[int, int]) -> None:
    for number, length in lengths.items():
        db.execute("UPDATE passages SET length = ? WHERE id = ?", [length, number])
    touch(db, list(lengths))
