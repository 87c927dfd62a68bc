"""Finding passages of documents that people brought: what is sealed is opened for a search, and let go again.

The words of such a document are in an index of its own, and no list of postings names them. So nothing can be
read off the database, while a search finds them as it does others: by the same terms, counts and weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import Erased
from core.knowledge.passages import Source
from core.knowledge.sql.indexes import Index, unpacked
from core.knowledge.sql.seals import Seals
from core.store.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What passages that people brought are found by."""

    indexes: Sequence[Index]
    vectors: Sequence[tuple[int, bytes]]
    """Of passages, as those that are in clear are kept."""


def opened(db: Connection, seals: Seals, sources: Mapping[int, Source], encoder: int) -> Brought:
    """Open what people brought.

    Args:
        sources: by number; the operator's among them are passed over, and so is what is erased.
        encoder: whose vectors are wanted; 0 for none.

    Raises:
        StoreError: the keys are out of reach.
    """
    indexes: list[Index] = []
    vectors: list[tuple[int, bytes]] = []
    for number, source in sources.items():
        for document, body in _indexes(db, number) if source.owner else ():
            try:
                index = unpacked(seals.read_body(source.owner, body))
                theirs = [
                    (passage, seals.read_body(source.owner, sealed))
                    for passage, sealed in _vectors(db, document, encoder)
                ]
            except Erased:
                continue
            indexes.append(index)
            vectors += theirs
    return Brought(indexes=indexes, vectors=vectors)


def _indexes(db: Connection, source: int) -> Sequence[tuple[int, bytes]]:
    return db.execute(
        """SELECT document, body FROM indexes JOIN documents ON documents.id = document
        WHERE source = ? ORDER BY document""",
        [source],
    ).fetchall()


def _vectors(db: Connection, document: int, encoder: int) -> Sequence[tuple[int, bytes]]:
    return db.execute(
        """SELECT passage, body FROM vectors JOIN passages ON passages.id = passage
        WHERE document = ? AND encoder = ?""",
        [document, encoder],
    ).fetchall()
