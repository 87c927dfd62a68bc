"""Sentence encoders: is one thread for each replica, and the size of a piece, what this machine does best?

`python -m tests.benchmarks.engine.encoders [MODEL]`, on a quiet machine; takes half a minute.
"""

import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.table import Table

from core import settings
from core.engine import encoder
from core.engine.calibration.machine import cores
from core.engine.catalogue import DEFAULT_ENCODER
from core.engine.device import cpu_types, load
from core.engine.encoder import Texts, embed, pieces
from core.engine.shelf import Shelf
from tests.benchmarks.engine.llama_loads import WORDS

PIECES = (2048, 4096, 8192)


class Subject:
    """A loaded encoder and the people who ask it."""

    def __init__(self, loaded: Any, texts: Texts, replicas: int) -> None:
        self._loaded = loaded
        self._texts = texts
        self._replicas = replicas

    def query(self, queries: Sequence[str]) -> float:
        """Milliseconds of one at a time, the median."""
        return 1000 * statistics.median(self._seconds([[query]]) for query in queries)

    def rate(self, texts: Sequence[str]) -> float:
        """Texts a second, all at once, the better of two runs."""
        work = [[texts[at] for at in piece] for piece in pieces(texts)]
        return len(texts) / min(self._seconds(work) for _ in range(2))

    def _seconds(self, work: Sequence[Sequence[str]]) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(self._replicas) as pool:
            list(pool.map(lambda piece: embed(self._loaded, self._texts.encode(piece)), work))
        return time.perf_counter() - started


def main() -> None:
    """Measure and print the table."""
    model = Shelf(settings.load().home).find(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_ENCODER)
    texts = Texts(model.folder, model.manifest.facts.context_length)
    chance = random.Random(1)
    queries = [" ".join(chance.choices(WORDS, k=12)) for _ in range(60)]
    passages = [" ".join(chance.choices(WORDS, k=chance.randrange(60, 200))) for _ in range(64)]
    table = Table("computes in", "replicas x threads", "a query, ms", *(f"passages/s, {n}" for n in PIECES))
    first, *others = cpu_types()
    used = (cores() + 1, 1)
    tried = [(first, shape) for shape in (used, (cores(), 1), (1, 1), (1, cores()))]
    for compute_type, (replicas, threads) in [*tried, *((other, used) for other in others)]:
        loaded = load(model, "cpu", replicas=replicas, threads=threads, compute_type=compute_type)
        subject = Subject(loaded, texts, replicas)
        subject.query(queries)
        row = [f"{subject.query(queries):.1f}"]
        for encoder.CHARACTERS in PIECES:
            row.append(f"{subject.rate(passages):.0f}")
        table.add_row(compute_type, f"{replicas} x {threads}", *row)
    Console().print(table)


if __name__ == "__main__":
    main()
