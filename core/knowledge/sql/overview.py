"""All passages in memory, as far as a search looks at every one: source, length, and a sketch of the vector.

The signs of a vector's numbers are its sketch: the fewer differ, the nearer two vectors are. That takes 48
bytes for 384 numbers; with the rest, a million passages take 60 MB.
"""

import threading
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from core.store.connection import Connection

BLOCK = 4096
"""Passages with neighbouring ids that are indexed together, and read anew when one of them has changed."""


def touch(db: Connection, passages: Collection[int]) -> None:
    """Note that these are new, gone or have another vector; whoever has them in memory reads them anew."""
    (version,) = db.execute("SELECT coalesce(max(version), 0) + 1 FROM blocks").fetchone()
    for block in {passage // BLOCK for passage in passages}:
        db.execute(
            """INSERT INTO blocks (block, version) VALUES (?, ?)
            ON CONFLICT (block) DO UPDATE SET version = excluded.version""",
            [block, version],
        )


class Overview:
    """One row of every array for each id that a passage has or may have; the rows of a block lie together.

    Whoever reads or changes it holds `lock`.
    """

    def __init__(self, encoder: int, dimensions: int) -> None:
        """Know nothing yet.

        Args:
            encoder: number of the encoder whose vectors count.
            dimensions: of its vectors; 0 without an encoder.
        """
        self.lock = threading.Lock()
        self.lengths: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        """In terms."""
        self.mean_length = 1.0
        self.sketched: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        """Whether it has a vector."""
        self.sketches: npt.NDArray[np.uint64] = np.zeros((-(-dimensions // 64), 0), np.uint64)
        """One column a passage, one row for each 64 dimensions."""
        self._encoder = encoder
        self._version = 0
        self._begins: dict[int, int] = {}
        self._blocks: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._sources: npt.NDArray[np.int32] = np.zeros(0, np.int32)

    def keep_up(self, db: Connection) -> None:
        """Read anew what has changed; of a large library, the first time takes seconds."""
        changed = db.execute(
            "SELECT block, version FROM blocks WHERE version > ?", [self._version]
        ).fetchall()
        self._make_room([block for block, _ in changed])
        for block, version in changed:
            self._read(db, block)
            self._version = max(self._version, version)
        if changed:
            self.mean_length = float(self.lengths.sum() / max(1, np.count_nonzero(self._sources)))

    def visible(self, sources: Collection[int]) -> npt.NDArray[np.bool_]:
        """Which rows are passages of these sources."""
        allowed = np.zeros(max([*sources, int(self._sources.max(initial=0))]) + 1, np.bool_)
        allowed[list(sources)] = True
        return allowed[self._sources]

    def begin(self, block: int) -> int:
        """The first row of a block."""
        return self._begins[block]

    def rows(self, passages: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """The rows of passages."""
        blocks, places = np.unique(passages // BLOCK, return_inverse=True)
        begins = np.array([self._begins[int(block)] for block in blocks], np.intp)
        return begins[places] + passages % BLOCK

    def passages(self, rows: npt.NDArray[np.intp]) -> list[int]:
        """The ids of rows."""
        ids = self._blocks[rows // BLOCK] * BLOCK + rows % BLOCK
        return [int(passage) for passage in ids]

    def _make_room(self, blocks: Collection[int]) -> None:
        new = [block for block in blocks if block not in self._begins]
        room = len(self._blocks) - len(self._begins)
        if len(new) > room:
            more = max(len(new) - room, len(self._blocks) // 4)
            self._blocks = np.concatenate([self._blocks, np.zeros(more, np.int64)])
            rows = more * BLOCK
            self._sources = np.concatenate([self._sources, np.zeros(rows, np.int32)])
            self.lengths = np.concatenate([self.lengths, np.zeros(rows, np.float32)])
            self.sketched = np.concatenate([self.sketched, np.zeros(rows, np.bool_)])
            empty = np.zeros((len(self.sketches), rows), np.uint64)
            self.sketches = np.concatenate([self.sketches, empty], axis=1)
        for block in new:
            slot = len(self._begins)
            self._begins[block] = slot * BLOCK
            self._blocks[slot] = block

    def _read(self, db: Connection, block: int) -> None:
        begin, ids = self._begins[block], [block * BLOCK, (block + 1) * BLOCK]
        rows = slice(begin, begin + BLOCK)
        self._sources[rows], self.lengths[rows], self.sketched[rows] = 0, 0, False
        found = db.execute("SELECT id, source, length FROM passages WHERE id >= ? AND id < ?", ids).fetchall()
        if found:
            columns = np.array(found, np.int64)
            places = begin + columns[:, 0] % BLOCK
            self._sources[places] = columns[:, 1]
            self.lengths[places] = columns[:, 2]
        vectors = db.execute(
            "SELECT passage, body FROM vectors WHERE encoder = ? AND passage >= ? AND passage < ?",
            [self._encoder, *ids],
        ).fetchall()
        if vectors:
            places = begin + np.array([passage for passage, _ in vectors]) % BLOCK
            bodies = np.frombuffer(b"".join(body for _, body in vectors), np.int8)
            self.sketches[:, places] = sketches(bodies.reshape(len(vectors), -1))
            self.sketched[places] = True


def sketches(vectors: npt.NDArray[np.float32] | npt.NDArray[np.int8]) -> npt.NDArray[np.uint64]:
    """A column for each vector."""
    packed = np.packbits(vectors > 0, axis=1)
    padded = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))
    return np.ascontiguousarray(padded).view(np.uint64).T
