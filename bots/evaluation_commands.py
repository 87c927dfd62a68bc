"""`frontdesk kb eval` and `frontdesk kb gaps`: how well the documents answer, and what they lack."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from bots.accounting import done_here
from bots.knowledge import open_knowledge, own_limits
from bots.run import opened_encoder, opened_engine, opened_reranker
from bots.store import opened_store
from core import settings
from core.clock import SystemClock
from core.dialogue import evaluation
from core.dialogue.evaluation import Report, Tried
from core.dialogue.knowledge import KnowledgeRoute
from core.errors import ConfigurationError
from core.knowledge import calibration, gaps, proposing, questions
from core.knowledge.calibration import Sample
from core.knowledge.gaps import Topic
from core.knowledge.passages import Passage
from core.knowledge.ports import Library
from core.knowledge.questions import Asked
from core.knowledge.relevance import Limits, keep, limits
from core.language.pipeline import Pipeline
from core.privacy.audit import Action
from core.settings import Settings

QUESTIONS = Path("frontdesk-questions.yaml")


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=QUESTIONS)
@click.option("--make", type=click.IntRange(1, 1000), help="Propose so many questions into FILE, and stop.")
@click.option("--calibrate", is_flag=True, help="Find and keep the threshold for these documents first.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def evaluate(file: Path, make: int | None, calibrate: bool, as_json: bool) -> None:
    """Measure search and answers on questions of your own.

    FILE is a YAML list or JSON lines, frontdesk-questions.yaml by default. Only approved questions count.
    """
    if make:
        known = questions.load(file) if file.exists() else ()
        made = asyncio.run(_made(settings.load(), make, known))
        questions.save(file, [*known, *made])
        click.echo(
            f"{len(made)} proposed in {file}: set `approved: true` where question and answer are good."
        )
        return
    asked = [each for each in questions.load(file) if each.approved]
    if not asked:
        raise ConfigurationError(f"{file} has no approved question: set `approved: true` where one is good.")
    tried, used = asyncio.run(_evaluated(settings.load(), asked, calibrate=calibrate, quiet=as_json))
    report = evaluation.report(tried)
    if as_json:
        click.echo(json.dumps({**asdict(report), "thresholds": vars(used)}, indent=2))
    else:
        _show(report, used, tried)


async def _made(configured: Settings, number: int, known: Sequence[Asked]) -> list[Asked]:
    """Proposals that are not among the known questions."""
    pipeline = Pipeline()
    try:
        async with open_knowledge(configured) as knowledge:
            passages = await _passages(knowledge.library)
            proposals = await proposing.propose(pipeline, passages, number + len(known))
    finally:
        await pipeline.close()
    asked = {each.question.casefold() for each in known}
    return [each for each in proposals if each.question.casefold() not in asked][:number]


async def _passages(library: Library) -> dict[str, Sequence[Passage]]:
    return {
        location: await library.passages(source.name, location)
        for source in await library.sources()
        if not source.owner  # the proposals lie in a file, in clear
        for location in await library.documents(source.name)
    }


async def _evaluated(
    configured: Settings, asked: Sequence[Asked], *, calibrate: bool, quiet: bool
) -> tuple[list[Tried], Limits]:
    pipeline = Pipeline()
    try:
        async with (
            opened_engine(configured) as engine,
            opened_encoder(configured, engine) as encoder,
            opened_reranker(configured) as reranker,
            open_knowledge(configured, encoder, reranker) as knowledge,
        ):
            name, own = encoder.reference.partition("@")[0] if encoder else "", own_limits(configured)
            found = await evaluation.find(pipeline, knowledge.search, asked)
            if calibrate:
                keep(calibration.calibrated(_samples(found), limits(name)), name, own)
            used = limits(name, own)
            route = KnowledgeRoute(
                library=knowledge.library,
                search=knowledge.search,
                pipeline=pipeline,
                engine=engine,
                thresholds=used,
            )
            tried = []
            for each in track(found, "Answering", console=Console(quiet=quiet), transient=True):
                tried += await evaluation.answer(route, [each])
            return tried, used
    finally:
        await pipeline.close()


def _samples(found: Sequence[Tried]) -> list[Sample]:
    return [Sample(query=each.query, found=each.found, answerable=each.asked.answerable) for each in found]


def _show(report: Report, used: Limits, tried: Sequence[Tried]) -> None:
    table = Table("What", "Share", title="Answers from your documents", title_justify="left")
    for name, share in (
        ("Right passage found first", report.recall_at_1),
        ("Right passage among five (recall@5)", report.recall),
        ("Mean reciprocal rank", report.mrr),
        ("Questions with an answer: answered", report.answered),
        ("… of these with the expected words", report.correct),
        ("… of these citing the right document", report.right_document),
        ("… answered with neither", report.wrong),
        ("Questions without an answer: left alone", report.abstained),
        ("Answers phrased and checked", report.grounded),
        ("Answers quoted", report.quoted),
    ):
        table.add_row(name, f"{share:.0%}" if name != "Mean reciprocal rank" else f"{share:.2f}")
    table.caption = (
        f"{report.answerable} questions with an answer, {report.unanswerable} without; "
        f"answered from relevance {used.answer:.2f}"
    )
    console = Console()
    console.print(table)
    for each in tried:
        if each.asked.answerable and not each.says_it:
            console.print(f"[dim]{_fault(each)}:[/] {escape(each.asked.question)}")


def _fault(tried: Tried) -> str:
    if not tried.answered:
        return "no answer"
    return "other words" if tried.cites_it else "wrong"


@click.command("gaps")
@click.option("--days", type=click.IntRange(1, 90), default=90, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def show_gaps(days: int, as_json: bool) -> None:
    """Show what people ask and the documents do not say.

    By topic, with counts and examples; without names, numbers and addresses.
    """
    topics = asyncio.run(_topics(settings.load(), days))
    if as_json:
        click.echo(json.dumps([_described(topic) for topic in topics], indent=2))
    elif topics:
        Console().print(_table(topics))
    else:
        click.echo("No question went without an answer.")


async def _topics(configured: Settings, days: int) -> list[Topic]:
    clock = SystemClock()
    async with opened_store(configured, clock) as store:
        await store.audit.record(done_here(Action.READ, "gaps"))
        return gaps.topics(await store.gaps.since(clock.now() - timedelta(days=days)))


def _described(topic: Topic) -> dict[str, object]:
    return {
        "topic": topic.name,
        "count": topic.count,
        "reasons": dict(topic.reasons),
        "examples": topic.examples,
        "last_asked": topic.last_asked.isoformat(timespec="seconds"),
    }


def _table(topics: Sequence[Topic]) -> Table:
    table = Table("Topic", "Questions", "Why", "Examples", "Last", title="What the documents lack")
    table.title_justify = "left"
    for topic in topics:
        why = ", ".join(f"{reason} {count}" for reason, count in topic.reasons)
        last = f"{topic.last_asked:%Y-%m-%d}"
        table.add_row(escape(topic.name), str(topic.count), why, escape("\n".join(topic.examples)), last)
    return table
