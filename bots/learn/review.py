"""`frontdesk learn review`: people look at answers before a model learns from them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots.accounting import done_here, login
from bots.learn.shared import as_json
from bots.store import opened_store
from core import settings
from core.clock import SystemClock
from core.errors import FrontdeskError
from core.language.pipeline import Pipeline
from core.learning import reviewing
from core.learning.reviewing import Shown
from core.privacy.audit import Action
from core.store.ports import Store
from core.store.records import Judgement

_BY = click.option("--by", default=login, show_default="your login", help="Who reviews.")
_ANSWERS = click.argument("answers", metavar="ANSWER...", nargs=-1, required=True)


@click.group()
def review() -> None:
    """Judge the answers that people judged.

    Only answers of people who agreed are shown, without names and addresses.
    """


@review.command("list")
@click.option("--all", "show_all", is_flag=True, help="Those that were reviewed, too.")
@as_json
def show(show_all: bool, as_json: bool) -> None:
    """Show the answers that wait for a review.

    Those that somebody found bad come first.
    """
    rows, withheld = asyncio.run(_rows(show_all))
    if as_json:
        click.echo(json.dumps({"answers": rows, "withheld": withheld}, indent=2, ensure_ascii=False))
        return
    if rows:
        Console().print(_table(rows))
    else:
        click.echo("No answer waits for a review.")
    if withheld:
        click.echo(f"{withheld} more are not shown: somebody whose words are in them did not agree.")


@review.command()
@_ANSWERS
@_BY
def keep(answers: Sequence[str], by: str) -> None:
    """Let the model learn to answer so."""
    asyncio.run(_judge(answers, Judgement.KEEP, by))
    click.echo(f"{len(answers)} kept.")


@review.command()
@click.argument("answer")
@click.argument("text", required=False)
@_BY
def correct(answer: str, text: str | None, by: str) -> None:
    """Say what the answer should have been.

    The right answer is TEXT, or what is piped in.
    """
    correction = (text or sys.stdin.read()).strip()
    if not correction:
        raise FrontdeskError("There is no correction: give the right answer as TEXT, or pipe it in.")
    asyncio.run(_judge([answer], Judgement.CORRECT, by, correction))
    click.echo("Corrected.")


@review.command()
@_ANSWERS
@_BY
def discard(answers: Sequence[str], by: str) -> None:
    """Learn nothing from these answers."""
    asyncio.run(_judge(answers, Judgement.DISCARD, by))
    click.echo(f"{len(answers)} discarded.")


async def _rows(show_all: bool) -> tuple[list[dict[str, object]], int]:
    pipeline = Pipeline()
    async with _store() as store:
        lessons = [each for each in await store.lessons.judged() if show_all or each.review is None]
        withheld = await store.lessons.withheld()
        await store.audit.record(done_here(Action.READ, "answers", detail=f"{len(lessons)} to be reviewed"))
    try:
        rows = [_row(each) for each in await reviewing.shown(lessons, pipeline)]
    finally:
        await pipeline.close()
    return sorted(rows, key=lambda row: row["bad"] == 0), withheld


def _row(answer: Shown) -> dict[str, object]:
    lesson = answer.lesson
    return {
        "answer": lesson.turn_id,
        "at": lesson.answered_at.isoformat(timespec="seconds"),
        "question": answer.question,
        "said": answer.answer,
        "good": answer.good,
        "bad": answer.bad,
        "reasons": answer.reasons,
        "stopped": lesson.stopped,
        "signals": list(lesson.signals),
        "model": lesson.model,
        "review": str(lesson.review.judgement) if lesson.review else None,
        "reviewer": lesson.review.reviewer if lesson.review else None,
    }


def _table(rows: Sequence[dict[str, object]]) -> Table:
    table = Table("Answer", "Asked", "Said", "Judged", "Review", show_lines=True)
    for row in rows:
        reasons = row["reasons"]
        why = f" ({', '.join(reasons)})" if isinstance(reasons, list) and reasons else ""
        signals = row["signals"]
        did = [*(signals if isinstance(signals, list) else []), *(["stopped"] if row["stopped"] else [])]
        judged = ", ".join([f"+{row['good']} -{row['bad']}{why}", *did])
        reviewed = f"{row['review']} by {row['reviewer']}" if row["review"] else ""
        texts = (str(row[name]) for name in ("answer", "question", "said"))
        table.add_row(*map(escape, [*texts, judged, reviewed]))
    return table


async def _judge(answers: Sequence[str], judgement: Judgement, by: str, correction: str = "") -> None:
    now = SystemClock().now()
    async with _store() as store:
        await reviewing.judge(store.lessons, answers, judgement, reviewer=by, at=now, correction=correction)


@asynccontextmanager
async def _store() -> AsyncIterator[Store]:
    async with opened_store(settings.load()) as store:
        yield store
