"""Finding passages by their vectors: bits in memory to find what may be near, int8 on disk to judge it.

The signs of a vector's numbers are a sketch of it: the fewer differ, the nearer two vectors are. They take 48
bytes for 384 numbers, so a million passages can be looked through, all that may be seen and no other.
"""

import threading
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database as Connection

from core.knowledge.ports import Vectors

BLOCK = 4096
"""Passages that are read anew together when one of them has changed."""
_FAR = np.uint16(0xFFFF)
_Int8 = npt.NDArray[np.int8]


def quantised(vectors: Vectors) -> _Int8:
    """As int8, each to its own scale: cosines do not depend on it."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (127 / np.where(largest == 0, 1, largest))).astype(np.int8)


def touch(db: Connection, passages: Collection[int]) -> None:
    """Note that these are new, gone or have another vector; whoever has them in memory reads them anew."""
    (version,) = db.execute("SELECT coalesce(max(version), 0) + 1 FROM blocks").fetchone()
    for block in {passage // BLOCK for passage in passages}:
        db.execute("INSERT OR REPLACE INTO blocks (block, version) VALUES (?, ?)", [block, version])


def cosines(
    db: Connection, encoder: int, vector: npt.NDArray[np.float32], passages: Collection[int]
) -> Mapping[int, float]:
    """How like the vector each of `passages` is; those without a vector are left out."""
    rows = db.execute(
        f"""SELECT passage, body FROM vectors WHERE encoder = ?
        AND passage IN ({", ".join(str(passage) for passage in passages)})""",  # noqa: S608 - numbers alone
        [encoder],
    ).fetchall()
    if not rows:
        return {}
    bodies = np.frombuffer(b"".join(body for _, body in rows), np.int8).reshape(len(rows), -1)
    found = bodies.astype(np.float32)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(vector)
    values = (found @ vector) / np.where(lengths == 0, 1, lengths)
    return {passage: float(value) for (passage, _), value in zip(rows, values, strict=True)}


class Sketches:
    """The sketches of all passages, kept up with the database; for any thread."""

    def __init__(self, encoder: int, dimensions: int) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._version = 0
        self._slots: dict[int, int] = {}
        """Where in the arrays a block is."""
        self._blocks: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        """The block of each slot."""
        self._sources: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        """The source of each passage, 0 where there is none or it has no vector."""
        self._bits: npt.NDArray[np.uint64] = np.zeros((-(-dimensions // 64), 0), np.uint64)
        """One row for each 64 dimensions."""

    def nearest(self, vector: npt.NDArray[np.float32], sources: Collection[int], limit: int) -> Sequence[int]:
        """About `limit` passages of `sources` whose sketches differ least from the vector's."""
        with self._lock:
            if not self._slots or not sources:
                return []
            differing = np.zeros(self._sources.shape, np.uint16)
            for row, bits in zip(self._bits, _sketches(vector[None]), strict=True):
                differing += np.bitwise_count(row ^ bits[0])
            differing[~np.isin(self._sources, list(sources))] = _FAR
            counts = np.cumsum(np.bincount(differing[differing != _FAR]))
            if not len(counts):
                return []
            farthest = int(np.searchsorted(counts, limit))
            found = np.flatnonzero(differing <= farthest)
            passages = self._blocks[found // BLOCK] * BLOCK + found % BLOCK
            return [int(passage) for passage in passages]

    def keep_up(self, db: Connection) -> None:
        """Read anew what has changed; of a large library, the first time takes seconds."""
        with self._lock:
            changed = db.execute(
                "SELECT block, version FROM blocks WHERE version > ?", [self._version]
            ).fetchall()
            self._make_room([block for block, _ in changed])
            for block, version in changed:
                self._read(db, block)
                self._version = max(self._version, version)

    def _make_room(self, blocks: Collection[int]) -> None:
        new = [block for block in blocks if block not in self._slots]
        room = len(self._blocks) - len(self._slots)
        if len(new) > room:
            more = max(len(new) - room, len(self._blocks) // 2)
            self._blocks = np.concatenate([self._blocks, np.zeros(more, np.int64)])
            self._sources = np.concatenate([self._sources, np.zeros(more * BLOCK, np.int32)])
            empty = np.zeros((len(self._bits), more * BLOCK), np.uint64)
            self._bits = np.concatenate([self._bits, empty], axis=1)
        for block in new:
            slot = len(self._slots)
            self._slots[block] = slot
            self._blocks[slot] = block

    def _read(self, db: Connection, block: int) -> None:
        rows = db.execute(
            """SELECT vectors.passage, passages.source, vectors.body
            FROM vectors JOIN passages ON passages.id = vectors.passage
            WHERE vectors.encoder = ? AND vectors.passage >= ? AND vectors.passage < ?""",
            [self._encoder, block * BLOCK, (block + 1) * BLOCK],
        ).fetchall()
        begin = self._slots[block] * BLOCK
        self._sources[begin : begin + BLOCK] = 0
        if rows:
            places = begin + np.array([passage for passage, _, _ in rows]) % BLOCK
            bodies = np.frombuffer(b"".join(body for _, _, body in rows), np.int8).reshape(len(rows), -1)
            self._bits[:, places] = _sketches(bodies)
            self._sources[places] = [source for _, source, _ in rows]


def _sketches(vectors: npt.NDArray[np.float32] | _Int8) -> npt.NDArray[np.uint64]:
    """A column of bits for each vector."""
    packed = np.packbits(vectors > 0, axis=1)
    padded = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))
    return np.ascontiguousarray(padded).view(np.uint64).T
