"""Answers from real documents: found, right, quoted or phrased, and left alone where there is no answer.

With the model and the encoder that are on the shelf. The threshold of relevance is calibrated on every other
question and reported on the rest; `--calibrate` stores the one found on all of them.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bots.knowledge import open_knowledge
from bots.run import opened_encoder, opened_engine, opened_reranker
from core import settings
from core.dialogue import evaluation
from core.dialogue.evaluation import Tried
from core.dialogue.knowledge import KnowledgeRoute
from core.knowledge.calibration import Sample, calibrated, rates
from core.knowledge.passages import Source
from core.knowledge.questions import Asked
from core.knowledge.relevance import KEPT, keep, limits
from core.language.pipeline import Pipeline
from tests.benchmarks.kb import corpus


async def main(*, calibrate: bool = False) -> None:
    """Print abstention, held out, and how the questions are answered from end to end."""
    configured = settings.load()
    pipeline = Pipeline()
    with tempfile.TemporaryDirectory() as home:
        apart = configured.model_copy(update={"home": Path(home)})
        async with (
            opened_engine(configured) as engine,
            opened_encoder(configured, engine) as encoder,
            opened_reranker(configured) as reranker,
            open_knowledge(apart, encoder, reranker) as knowledge,
        ):
            await knowledge.library.add(Source(name="docs", location="/docs"))
            for document, passages in corpus.documents():
                await knowledge.library.put("docs", document, passages)
            await knowledge.library.embed()
            name = encoder.reference.partition("@")[0] if encoder else ""
            asked = [
                Asked(question=each.text, document=each.document, expect=next(iter(each.phrases), ""))
                for each in corpus.questions()
            ]
            found = await evaluation.find(pipeline, knowledge.search, asked)
            if calibrate:
                keep(calibrated(_samples(found), limits(name)), name, KEPT)
            Console().print(_abstention(found, name))
            route = KnowledgeRoute(
                library=knowledge.library,
                search=knowledge.search,
                pipeline=pipeline,
                engine=engine,
                thresholds=limits(name),
            )
            started = time.perf_counter()
            tried = await evaluation.answer(route, found)
            seconds = (time.perf_counter() - started) / len(tried)
            Console().print(_answers(tried, f"{engine.card().name}, {name or 'words alone'}", seconds))
    await pipeline.close()


def _samples(found: list[Tried]) -> list[Sample]:
    return [
        Sample(query=each.query, found=each.found[:5], answerable=each.asked.answerable) for each in found
    ]


def _abstention(found: list[Tried], encoder: str) -> Table:
    samples = _samples(found)
    table = Table("half", "threshold", "answerable: answered", "unanswerable: left alone")
    table.title = f"Relevance, calibrated on the other half, {encoder or 'words alone'}"
    for number in (0, 1):
        known = calibrated(samples[1 - number :: 2], limits(encoder))
        achieved = rates(samples[number::2], known)
        table.add_row(
            str(number + 1), f"{known.answer:.2f}", f"{achieved.answered:.1%}", f"{achieved.abstained:.1%}"
        )
    return table


def _answers(tried: list[Tried], title: str, seconds: float) -> Table:
    table = Table("what", "share", title=f"Answers, {title}")
    for name, share in asdict(evaluation.report(tried)).items():
        table.add_row(name.replace("_", " "), f"{share:.1%}" if isinstance(share, float) else str(share))
    table.caption = f"{1000 * seconds:.0f} ms a question"
    return table
