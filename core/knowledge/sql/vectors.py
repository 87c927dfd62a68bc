"""Finding passages by their vectors: sketches in memory find what may be near, int8 on disk says how near."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.knowledge.ports import Vectors
from core.knowledge.sql.overview import Overview, sketches
from core.store.connection import Connection

_TOGETHER = 65_536
"""Passages looked through at a time, so that they stay in the processor's cache."""
_FAR = 0xFFFF


def quantised(vectors: Vectors) -> npt.NDArray[np.int8]:
    """As int8, each to its own scale: cosines do not depend on it."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (127 / np.where(largest == 0, 1, largest))).astype(np.int8)


def nearest(
    overview: Overview, vector: npt.NDArray[np.float32], visible: npt.NDArray[np.bool_], limit: int
) -> Sequence[int]:
    """About `limit` visible passages whose sketches differ least from the vector's."""
    differing = np.empty(len(visible), np.uint16)
    asked = sketches(vector[None])[:, 0]
    for begin in range(0, len(visible), _TOGETHER):
        rows = slice(begin, begin + _TOGETHER)
        part = differing[rows]
        part.fill(0)
        for row, bits in zip(overview.sketches, asked, strict=True):
            part += np.bitwise_count(row[rows] ^ bits)
    differing[~(visible & overview.sketched)] = _FAR
    counts = np.cumsum(np.bincount(differing, minlength=_FAR + 1)[:_FAR])
    farthest = int(np.searchsorted(counts, min(limit, int(counts[-1]))))
    return overview.passages(np.flatnonzero(differing <= farthest)) if counts[-1] else []


def cosines(
    db: Connection, encoder: int, vector: npt.NDArray[np.float32], passages: Collection[int]
) -> Mapping[int, float]:
    """How like the vector each of `passages` is; those without a vector are left out."""
    if not passages:
        return {}
    rows = db.execute(
        f"""SELECT passage, body FROM vectors WHERE encoder = ?
        AND passage IN ({", ".join(str(passage) for passage in passages)})""",  # noqa: S608 - numbers alone
        [encoder],
    ).fetchall()
    return likeness(rows, vector)


def likeness(rows: Sequence[tuple[int, bytes]], vector: npt.NDArray[np.float32]) -> Mapping[int, float]:
    """How like the vector each of these passages is.

    Args:
        rows: passages with their vectors.
    """
    if not rows:
        return {}
    bodies = np.frombuffer(b"".join(body for _, body in rows), np.int8).reshape(len(rows), -1)
    found = bodies.astype(np.float32)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(vector)
    values = (found @ vector) / np.where(lengths == 0, 1, lengths)
    return {passage: float(value) for (passage, _), value in zip(rows, values, strict=True)}
