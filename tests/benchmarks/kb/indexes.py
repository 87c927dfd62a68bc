"""Our index of vectors beside sqlite-vec and usearch, in one run.

    python -m tests.benchmarks.kb.indexes --rivals PYTHON

PYTHON is an interpreter that has sqlite-vec, apsw and usearch (`make bench-vectors`). The vectors are those
of real sentences (`sketches`); where more are wanted than there are, each comes several times, moved at
random: these are not real. Every contender keeps its index in a file and looks for the ten nearest of each
question in a process of its own; what it finds is held against an exact search.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from sqlite_utils import Database

from bots.run import opened_encoder
from core import settings
from core.knowledge.ports import Vectors
from core.knowledge.sql.overview import Overview, sketches
from core.knowledge.sql.search import SKETCHED
from core.knowledge.sql.vectors import cosines, nearest, quantised
from tests.benchmarks.kb import source
from tests.benchmarks.kb.sketches import vectors_of_sentences

SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS, WARMING, NEAREST = 220, 20, 10
MOVED = 0.02
"""Standard deviation of what is added to each of the 384 numbers: a cosine of some 0.93 to where it was."""
OURS = "Frontdesk"
RIVALS = ("sqlite-vec, int8", "sqlite-vec, bits and int8", "usearch, int8")


@click.command()
@click.option("--rivals", required=True, help="An interpreter that has sqlite-vec, apsw and usearch.")
@click.option("--sizes", type=int, multiple=True, default=SIZES, show_default=True, help="Vectors.")
@click.option("--ours", type=Path, hidden=True)
def main(rivals: str, sizes: tuple[int, ...], ours: Path | None) -> None:
    """Measure."""
    if ours is not None:
        _measure(ours)
        return
    real, asked = asyncio.run(_real())
    table = Table("vectors", "by", "found", "median ms", "p95 ms", "memory MB", "file MB", "built in s")
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=source.KEPT) as scratch:
            folder = Path(scratch)
            vectors = _many(real, size)
            np.save(folder / "vectors.npy", vectors)
            np.save(folder / "asked.npy", asked)
            right = _exact(vectors, asked[WARMING:])
            del vectors
            for name in (OURS, *RIVALS):
                table.add_row(f"{size:,}", name, *_run(name, rivals, folder, right))
    Console().print(table)


def _run(name: str, rivals: str, folder: Path, right: npt.NDArray[np.intp]) -> list[str]:
    if name == OURS:
        built = _build(folder)
        command = [sys.executable, "-m", "tests.benchmarks.kb.indexes", "--rivals", "", "--ours", str(folder)]
        subprocess.run(command, check=True)
    else:
        script = Path(__file__).with_name("index_rivals.py")
        started = time.perf_counter()
        subprocess.run([rivals, script, "build", name, folder], check=True)
        built = time.perf_counter() - started
        subprocess.run([rivals, script, "look", name, folder], check=True)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    hits = [
        len(set(found) & set(known)) for found, known in zip(report["found"], right.tolist(), strict=True)
    ]
    taken = [1000 * np.percentile(report["seconds"], part) for part in (50, 95)]
    return [
        f"{sum(hits) / right.size:.3f}",
        *(f"{each:.1f}" for each in taken),
        f"{report['memory']:.0f}",
        f"{(folder / 'index').stat().st_size / 1e6:.0f}",
        f"{built:.0f}",
    ]


async def _real() -> tuple[Vectors, Vectors]:
    async with opened_encoder(settings.load()) as encoder:
        assert encoder is not None
        return await vectors_of_sentences(encoder), await encoder.encode(source.questions()[:QUESTIONS])


def _many(real: Vectors, size: int) -> Vectors:
    chance = np.random.default_rng(2)
    parts = [real[:size]]
    while sum(map(len, parts)) < size:
        moved = real[: size - sum(map(len, parts))]
        noise = chance.standard_normal(moved.shape, dtype=np.float32)
        moved = moved + np.float32(MOVED) * noise
        parts.append(moved / np.linalg.norm(moved, axis=1, keepdims=True))
    return np.concatenate(parts)


def _exact(vectors: Vectors, asked: Vectors) -> npt.NDArray[np.intp]:
    rows = [np.argpartition(-(vectors @ each), NEAREST)[:NEAREST] for each in asked]
    return np.stack(rows)


def _build(folder: Path) -> float:
    """The table of vectors as the library keeps it."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    (folder / "index").unlink(missing_ok=True)
    started = time.perf_counter()
    db = sqlite3.connect(folder / "index")
    db.execute(
        "CREATE TABLE vectors (passage INTEGER PRIMARY KEY, encoder INTEGER NOT NULL, body BLOB NOT NULL)"
    )
    for begin in range(0, len(vectors), 10_000):
        bodies = quantised(vectors[begin : begin + 10_000])
        db.executemany(
            "INSERT INTO vectors VALUES (?, 1, ?)",
            ((begin + at, body.tobytes()) for at, body in enumerate(bodies)),
        )
        db.commit()
    db.close()
    return time.perf_counter() - started


class _Rows(Overview):
    """All vectors, each its own passage."""

    def __init__(self, db: Database, count: int, dimensions: int) -> None:
        super().__init__(1, dimensions)
        self.sketches = np.zeros((len(self.sketches), count), np.uint64)
        for begin in range(0, count, 10_000):
            read = db.execute(
                "SELECT body FROM vectors WHERE passage >= ? AND passage < ?", [begin, begin + 10_000]
            ).fetchall()
            bodies = np.frombuffer(b"".join(body for (body,) in read), np.int8)
            self.sketches[:, begin : begin + len(read)] = sketches(bodies.reshape(len(read), -1))
        self.sketched = np.ones(count, np.bool_)

    def passages(self, rows: npt.NDArray[np.intp]) -> list[int]:
        return [int(row) for row in rows]


def _measure(folder: Path) -> None:
    asked = np.load(folder / "asked.npy")
    before = _megabytes()
    db = Database(folder / "index")
    (count,) = db.execute("SELECT count(*) FROM vectors").fetchone()
    rows, visible = _Rows(db, count, asked.shape[1]), np.ones(count, np.bool_)
    found, seconds = [], []
    for each in asked:
        started = time.perf_counter()
        alike = cosines(db, 1, each, nearest(rows, each, visible, SKETCHED))
        found.append(sorted(alike, key=lambda passage: -alike[passage])[:NEAREST])
        seconds.append(time.perf_counter() - started)
    report = {"found": found[WARMING:], "seconds": seconds[WARMING:], "memory": _megabytes() - before}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def _megabytes() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
