"""What the language pipeline costs: to start, per sentence, per short text, and in memory."""

import resource
import time

from rich.console import Console
from rich.table import Table

from core.language.pipeline import Pipeline
from tests.benchmarks.kb import source

LONG, SHORT = 200, 1000


async def main() -> None:
    """Print the table."""
    shown = Table("language pipeline", "")
    before = _megabytes()
    pipeline = Pipeline()
    shown.add_row("first answer, cold", f"{await _seconds(pipeline, ['Hello there.']):.1f} s")
    texts = source.passages()
    long, questions = texts[:LONG], [text.split(". ")[0][:120] for text in texts[LONG : LONG + SHORT]]
    found = await pipeline.analyse(long[:1], "en")
    seconds = await _seconds(pipeline, long)
    found = await pipeline.analyse(long, "en")
    sentences = sum(len(each.sentences) for each in found)
    shown.add_row("a sentence of a passage", f"{1000 * seconds / sentences:.1f} ms")
    shown.add_row("passages", f"{len(long) / seconds:.0f} a second")
    shown.add_row("short texts, together", f"{SHORT / await _seconds(pipeline, questions):.0f} a second")
    each = sorted([await _seconds(pipeline, [text]) for text in questions[:200]])
    shown.add_row("one short text, median", f"{1000 * each[100]:.1f} ms")
    shown.add_row("memory, all of it", f"{_megabytes() - before:.0f} MB more")
    await pipeline.close()
    Console().print(shown)


async def _seconds(pipeline: Pipeline, texts: list[str]) -> float:
    started = time.perf_counter()
    await pipeline.analyse(texts, "en")
    return time.perf_counter() - started


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
