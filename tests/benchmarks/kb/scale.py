"""Search as the library grows: how long it takes, and what it needs.

The passages are made of the words of an encyclopedia, each as frequent as it is there, and the questions are
BoolQ's; the vectors are random around common centres, as those of real texts lie together.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.knowledge.passages import Document, Passage, Source
from core.knowledge.ports import Vectors
from core.knowledge.sql.knowledge import open_knowledge_base
from core.language.pipeline import Pipeline
from core.language.query import SearchQuery, search_query
from tests.benchmarks.kb import source

SIZES = (10_000, 100_000, 1_000_000)
WORDS = 80
"""Of a passage, on average."""
TOGETHER = 50
"""Passages of a document."""
CENTRES, DIMENSIONS = 2000, 384
QUESTIONS, WARMING = 500, 50
SOURCES = 4
KEPT = Path(".frontdesk/benchmarks")


class ClusteredEncoder:
    """Any text has a vector near one of many centres; always the same one."""

    reference = "clustered@1"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._centres = np.random.default_rng(0).standard_normal((CENTRES, DIMENSIONS), dtype=np.float32)

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        chance = np.random.default_rng(zlib.crc32(texts[0].encode()))
        near = chance.standard_normal((len(texts), DIMENSIONS), dtype=np.float32)
        vectors: Vectors = self._centres[chance.integers(CENTRES, size=len(texts))] + near
        lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths)


def passages(count: int) -> Iterator[str]:
    """So many, without end marks; the same every time."""
    words, counts = np.unique(" ".join(source.passages()).split(), return_counts=True)
    ends = np.cumsum(counts / counts.sum())
    chance = np.random.default_rng(1)
    while count > 0:
        lengths = chance.integers(WORDS // 2, WORDS * 3 // 2, size=min(count, 10_000))
        picked = words[np.minimum(np.searchsorted(ends, chance.random(lengths.sum())), len(words) - 1)]
        at = 0
        for length in lengths:
            yield " ".join(picked[at : at + length])
            at += length
        count -= len(lengths)


async def build(path: Path, count: int) -> tuple[float, float]:
    """Read so many passages into a new library; seconds for the words and for the vectors."""
    started = time.perf_counter()
    async with open_knowledge_base(path, ClusteredEncoder()) as knowledge:
        for number in range(SOURCES):
            await knowledge.library.add(Source(name=f"source {number}", location="/"))
        made = passages(count)
        for number in track(range(count // TOGETHER), description=f"{count:,} passages"):
            document = Document(location=f"{number}", title=f"Document {number}", digest="")
            await knowledge.library.put(
                f"source {number % SOURCES}", document, [Passage(text=next(made)) for _ in range(TOGETHER)]
            )
        read = time.perf_counter()
        await knowledge.library.embed()
    return read - started, time.perf_counter() - read


async def measure(path: Path) -> dict[str, float]:
    """Ask; in a process of its own, so that its memory is that of searching."""
    queries = await _queries()
    before = _megabytes()
    async with open_knowledge_base(path, ClusteredEncoder()) as knowledge:
        started = time.perf_counter()
        await knowledge.search.find(queries[0], None)
        first = time.perf_counter() - started
        times: dict[str, list[float]] = {}
        for sources in (None, ["source 1"]):
            for query in queries[:WARMING]:
                await knowledge.search.find(query, None, sources=sources)
            taken = times.setdefault("all" if sources is None else "quarter", [])
            for query in queries[WARMING:]:
                started = time.perf_counter()
                await knowledge.search.find(query, None, sources=sources)
                taken.append(1000 * (time.perf_counter() - started))
    report = {"first": first, "memory": _megabytes() - before, "size": path.stat().st_size / 1e6}
    for name, taken in times.items():
        report |= {f"{name} p{share}": float(np.percentile(taken, share)) for share in (50, 95, 99)}
    return report


async def _queries() -> list[SearchQuery]:
    pipeline = Pipeline()
    asked = source.questions()[: QUESTIONS + WARMING]
    queries = [await search_query(pipeline, text, (), "en") for text in asked]
    await pipeline.close()
    return queries


def _megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


def show(title: str, reports: Mapping[int, Mapping[str, float]]) -> None:
    """Print the figures of each size side by side."""
    shown = Table("", *(f"{size:,}" for size in reports), title=title)
    for name in next(iter(reports.values())):
        shown.add_row(name, *(f"{report.get(name, 0):,.1f}" for report in reports.values()))
    Console().print(shown)


def main() -> None:
    """Build what is missing, measure each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(asyncio.run(measure(asked.measure))))
        return
    reports = {}
    for size in asked.sizes:
        path = KEPT / f"knowledge-{size}.sqlite3"
        built = asyncio.run(build(path, size)) if not path.exists() else None
        command = [sys.executable, "-m", "tests.benchmarks.kb.scale", "--measure", str(path)]
        reports[size] = json.loads(subprocess.check_output(command))
        if built:
            reports[size] |= {"words": size / built[0], "vectors": size / built[1]}
    show("Search by number of passages", reports)


if __name__ == "__main__":
    main()
