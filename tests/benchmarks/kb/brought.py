"""Search among documents that people brought, which are sealed, beside the same ones as the operator's own.

Texts, vectors and questions are those of `tests.benchmarks.kb.scale`.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql.knowledge import Knowledge, open_knowledge_base
from core.language.query import SearchQuery
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.privacy.vaults import FILE, SqliteVault
from tests.benchmarks.kb import source
from tests.benchmarks.kb.scale import ClusteredEncoder, passages, show

SIZES = (100, 1_000, 10_000, 50_000)
"""Passages of a document."""
QUESTIONS = 30


async def measure(size: int) -> dict[str, float]:
    """Bring a document of so many passages, and ask; seconds and milliseconds."""
    texts = list(passages(size))
    document = Document(location="a", title="Document", digest="", language="en")
    report: dict[str, float] = {}
    with TemporaryDirectory() as home, closing(Keys(SqliteVault(Path(home) / FILE), "s" * 40)) as keys:
        for kind, owner in (("in clear", ""), ("sealed", "documents:a:b:c")):
            path = Path(home) / f"{kind}.sqlite3"
            async with open_knowledge_base(path, ClusteredEncoder(), KeyedSealer(keys)) as knowledge:
                await knowledge.library.add(Source(name="a", location="", owner=owner))
                started = time.perf_counter()
                await knowledge.library.put("a", document, [Passage(text=each) for each in texts])
                report[f"{kind}, entered s"] = time.perf_counter() - started
                await knowledge.library.embed()
                taken = await _asked(knowledge)
            report |= {f"{kind}, p{share} ms": float(np.percentile(taken, share)) for share in (50, 95)}
    return report


async def _asked(knowledge: Knowledge) -> Sequence[float]:
    """Milliseconds for each question, once everything is warm."""
    taken = []
    for text in source.questions()[: QUESTIONS + 1]:
        started = time.perf_counter()
        await knowledge.search.find(SearchQuery(text=text, terms=(), names=(), reasons=()), None)
        taken.append(1000 * (time.perf_counter() - started))
    return taken[1:]


def main() -> None:
    """Measure each size, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().sizes
    reports = {size: asyncio.run(measure(size)) for size in sizes}
    show("Search by passages of a document", reports)


if __name__ == "__main__":
    main()
