"""Other indexes of vectors. Runs in an environment of its own.

    python index_rivals.py build|look NAME FOLDER

FOLDER holds `vectors.npy` and `asked.npy`; `build` makes the file `index` there, `look` writes `report.json`:
what each question finds, the seconds that it takes, and the memory in megabytes.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import sqlite_vec
from usearch.index import Index

WARMING, NEAREST, CANDIDATES, TOGETHER = 20, 10, 500, 10_000
Look = Callable[[Any], list[int]]


def main(what: str, name: str, folder: Path) -> None:
    """Build, or measure."""
    if what == "build":
        (folder / "index").unlink(missing_ok=True)
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        (_build_usearch if "usearch" in name else _build_sqlite)(folder / "index", vectors)
        return
    asked = np.load(folder / "asked.npy")
    before = _megabytes()
    look = (
        _in_usearch(folder / "index") if "usearch" in name else _in_sqlite(folder / "index", "bits" in name)
    )
    found, seconds = [], []
    for each in asked:
        started = time.perf_counter()
        found.append(look(each))
        seconds.append(time.perf_counter() - started)
    report = {"found": found[WARMING:], "seconds": seconds[WARMING:], "memory": _megabytes() - before}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def _opened(path: Path) -> Any:
    db = apsw.Connection(str(path))
    db.enable_load_extension(True)
    db.load_extension(sqlite_vec.loadable_path())
    return db


def _build_sqlite(path: Path, vectors: Any) -> None:
    """Both: the bits, and the int8 that the nearest by bits are judged by."""
    db = _opened(path)
    size = vectors.shape[1]
    db.execute(
        f"CREATE VIRTUAL TABLE v USING vec0(id INTEGER PRIMARY KEY, bits bit[{size}],"
        f" body int8[{size}] distance_metric=cosine)"
    )
    for begin in range(0, len(vectors), TOGETHER):
        part = np.asarray(vectors[begin : begin + TOGETHER])
        bits = np.packbits(part > 0, axis=1, bitorder="little")
        rows = zip(range(begin, begin + len(part)), bits, _int8(part), strict=True)
        with db:
            db.executemany(
                "INSERT INTO v (id, bits, body) VALUES (?, vec_bit(?), vec_int8(?))",
                ((at, each.tobytes(), body.tobytes()) for at, each, body in rows),
            )


def _in_sqlite(path: Path, by_bits: bool) -> Look:
    db = _opened(path)
    near = "SELECT id, distance FROM v WHERE body MATCH vec_int8(?) AND k = ?"
    rough = """SELECT id, vec_distance_cosine(body, vec_int8(?)) AS far FROM v
    WHERE bits MATCH vec_bit(?) AND k = ? ORDER BY far LIMIT ?"""

    def look(asked: Any) -> list[int]:
        body = _int8(asked[None])[0].tobytes()
        if not by_bits:
            return [row[0] for row in db.execute(near, (body, NEAREST))]
        bits = np.packbits(asked > 0, bitorder="little").tobytes()
        return [row[0] for row in db.execute(rough, (body, bits, CANDIDATES, NEAREST))]

    return look


def _int8(vectors: Any) -> Any:
    """Each to its own scale, as cosines do not depend on it."""
    return np.rint(vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))).astype(np.int8)


def _build_usearch(path: Path, vectors: Any) -> None:
    index = Index(ndim=vectors.shape[1], metric="cos", dtype="i8")
    for begin in range(0, len(vectors), TOGETHER):
        part = np.asarray(vectors[begin : begin + TOGETHER])
        index.add(np.arange(begin, begin + len(part)), part)
    index.save(str(path))


def _in_usearch(path: Path) -> Look:
    index = Index.restore(str(path))
    return lambda asked: [int(key) for key in index.search(asked, NEAREST).keys]


def _megabytes() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
