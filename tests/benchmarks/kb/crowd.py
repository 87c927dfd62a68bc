"""Many people ask the documents at once: `python -m tests.benchmarks.kb.crowd` tells what takes how long.

Everybody asks one question, with as many exchanges before it as a question may lean on: questions and
passages of an encyclopedia, that differ from person to person.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from rich.console import Console
from rich.table import Table

from bots.knowledge import open_knowledge
from bots.run import opened_encoder, opened_engine
from core import settings
from core.delivery.responder import Answer
from core.dialogue.knowledge import KnowledgeRoute, Question
from core.knowledge.passages import Source
from core.knowledge.relevance import limits
from core.language.pipeline import Pipeline
from core.language.query import LOOKED_BACK, Exchange
from core.policy import Policy
from tests.benchmarks.kb import corpus, source

CROWDS = (1, 16, 64)
STEPS = ("understanding", "searching", "quoting")


async def main() -> None:
    """Print the table."""
    configured = settings.load()
    table = Table("at once", "answered", *(f"{step}: median, longest" for step in STEPS))
    with tempfile.TemporaryDirectory() as home:
        apart = configured.model_copy(update={"home": Path(home)})
        async with (
            opened_engine(configured) as engine,
            opened_encoder(configured, engine) as encoder,
            open_knowledge(apart, encoder) as knowledge,
        ):
            await knowledge.library.add(Source(name="docs", location="/docs"))
            for document, passages in corpus.documents():
                await knowledge.library.put("docs", document, passages)
            await knowledge.library.embed()
            for crowd in CROWDS:
                pipeline = Pipeline()
                route = KnowledgeRoute(
                    library=knowledge.library,
                    search=knowledge.search,
                    pipeline=pipeline,
                    engine=engine,
                    thresholds=limits(encoder.reference.partition("@")[0] if encoder else ""),
                )
                await _ask(route, _questions(1))  # loads the language model
                answers = await _ask(route, _questions(crowd + 1)[1:])
                await pipeline.close()
                table.add_row(str(crowd), str(len(answers)), *(_times(answers, step) for step in STEPS))
    Console().print(table)


async def _ask(route: KnowledgeRoute, questions: Sequence[Question]) -> list[Answer]:
    """The answers of those who got one before their time was out."""
    policy = Policy(answers="cited")
    asked = [route.answer(question, policy, lambda _: None) for question in questions]
    return [each for each in await asyncio.gather(*asked, return_exceptions=True) if isinstance(each, Answer)]


def _questions(crowd: int) -> list[Question]:
    texts = [each.text for each in corpus.questions() if each.document]
    said = source.asked()
    return [
        Question(
            text=texts[number % len(texts)],
            conversation=None,
            before=[
                Exchange(question=question, answer=passage)
                for question, passage in said[LOOKED_BACK * number : LOOKED_BACK * (number + 1)]
            ],
        )
        for number in range(crowd)
    ]


def _times(answers: Sequence[Answer], step: str) -> str:
    seconds = [cast("Mapping[str, float]", each.evidence["seconds"]) for each in answers]
    taken = [each[step] for each in seconds if step in each]
    return f"{np.median(taken):.2f}, {max(taken):.2f} s" if taken else "none"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
