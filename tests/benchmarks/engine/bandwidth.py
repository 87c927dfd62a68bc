"""How fast memory is read by one core and by all: what bounds a model whose weights pass by for every token.

`python -m tests.benchmarks.engine.bandwidth`, on a quiet machine; as STREAM's copy, in its best of ten runs
(https://www.cs.virginia.edu/stream/).
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.engine.calibration.machine import cores

BYTES = 256_000_000
RUNS = 10


def main() -> None:
    """Measure and print."""
    for threads in dict.fromkeys((1, cores())):
        sources = [np.ones(BYTES // 8) for _ in range(threads)]
        targets = [np.zeros(BYTES // 8) for _ in range(threads)]
        best = 0.0
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(RUNS):
                started = time.perf_counter()
                list(pool.map(np.copyto, targets, sources))
                best = max(best, 2 * threads * BYTES / (time.perf_counter() - started))
        print(f"{threads} threads: {best / 1e9:.1f} GB/s read and written")


if __name__ == "__main__":
    main()
