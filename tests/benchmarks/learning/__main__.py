"""`make learn-demo`: conversations become a dataset, a model, a canary, and the one that answers.

Everything runs as an operator would have it: `frontdesk run` between the emulated platforms, the commands of
`frontdesk learn` beside it, in a home of its own. Three candidates end in three ways: one is taken back as
people do not like it, one takes over, one that learnt from shuffled answers is refused. Needs the extra
`train`.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bots.store import opened_store
from core import settings
from core.clock import SystemClock
from core.engine import registry
from core.engine.calibration import machine
from core.engine.shelf import Shelf
from core.learning import canary, examples, promotion, reviewing
from core.learning.examples import Dataset
from core.store.records import Judgement
from tests.benchmarks.learning import crowd, shop
from tests.benchmarks.learning.crowd import Crowd, Platforms, Taste
from tests.benchmarks.trial import frontdesk, furnish, processor_minutes, told

STYLE, OTHERWISE, SHUFFLED = "house-style", "worded-otherwise", "shuffled"
SHARE = "50"
"""Per cent of the conversations that a canary answers."""
TRIED = 24
"""Customers on whom it is tried."""
QUICK = {
    "--epochs": 1,
    "--batch": 4,
    "--learning-rate": 0.001,
    "--beta": 0,  # the style is learnt from right answers alone, in half the time
    "--threads": machine.cores(),  # nobody is served meanwhile
}
"""How the candidates learn: the whole is to take half an hour."""
PATIENCE = 600.0
"""Seconds within which a canary that does worse is taken back."""

console = Console()


def main() -> None:
    """Play it all, and say what came out."""
    started = time.monotonic()
    asyncio.run(play(settings.load().home.absolute() / "learn-demo"))
    minutes, worked = (time.monotonic() - started) / 60, processor_minutes()
    console.print(f"{minutes:.0f} minutes, with {worked:.0f} minutes of processor time.")


async def play(home: Path) -> None:
    """From the first question to the last refusal."""
    base = furnish(home, shop.POLICY)
    async with crowd.platforms() as platforms:
        await talk(home, platforms)
        await teach(home, platforms, base)


async def teach(home: Path, platforms: Platforms, base: str) -> None:
    """Learn from what was said, and see what becomes of it."""
    console.rule("2. A dataset of what reviewers corrected")
    await review(home)
    style = _learn(home, "dataset", "build", STYLE)
    otherwise = keep_apart(home)
    console.print(f"{style['dataset']}: {style['examples']}, of {len(style['people'])} people who agreed")
    console.rule("3. Learn, and prove it")
    good = train(home, style["dataset"])["model"]
    for tried in (style["dataset"], otherwise.reference):
        show(prove(home, good, tried, base), good, base, tried)
    await try_out(home, good, platforms)
    console.rule("6. What learnt from shuffled answers is refused")
    refuse(home, examples.find(home, style["dataset"]), otherwise, good)


async def talk(home: Path, platforms: Platforms) -> None:
    """Customers ask, and judge what the default model answers."""
    console.rule("1. People talk in Slack and in Telegram")
    questions = [shop.question(each) for each in shop.learnt()]
    async with crowd.opened(home, platforms) as people:
        liked = await people.ask(questions, shop.likes_the_style)
    console.print(f"{len(liked)} customers asked, {sum(liked)} liked the answer.")


async def review(home: Path) -> None:
    """A reviewer writes what each answer should have been."""
    right = {shop.question(each): each.answer for each in shop.learnt()}
    configured, now = settings.load().model_copy(update={"home": home}), SystemClock().now()
    async with opened_store(configured) as store:
        for lesson in await store.lessons.waiting(len(right)):
            await reviewing.judge(
                store.lessons,
                [lesson.turn_id],
                Judgement.CORRECT,
                reviewer="Rita",
                at=now,
                correction=right[lesson.question],
            )


def keep_apart(home: Path) -> Dataset:
    """Questions in other words, on which candidates are tried besides; nothing learns from them."""
    card = {"licence": "Apache-2.0", "format": shop.FORMAT}
    return examples.add(home, OTHERWISE, train=[], held_out=shop.worded_otherwise(), card=card)


def train(home: Path, dataset: str) -> Any:
    """Learn from a dataset, and give what came of it."""
    return _learn(home, "train", dataset, *(str(word) for option in QUICK.items() for word in option))


def prove(home: Path, candidate: str, dataset: str, against: str) -> Any:
    """Evaluate, and give the figures."""
    return _learn(home, "evaluate", candidate, dataset, "--against", against)


async def try_out(home: Path, candidate: str, platforms: Platforms) -> None:
    """The candidate among customers who do not like it, then among those who do."""
    questions = [shop.question(each) for each in shop.worded_otherwise()]
    async with crowd.opened(home, platforms) as people:
        console.rule("4. Tried on people who do not like it, it is taken back")
        await _canary(home, people, candidate, questions[:TRIED], shop.dislikes_the_style)
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(Shelf(home).canary):
                await asyncio.sleep(1)
        taken_back = promotion.history(home)[-1]
        console.print(f"{taken_back.model} answers everybody: {' '.join(taken_back.reasons)}")
        console.rule("5. Tried on people who like it, it takes over")
        await _canary(home, people, candidate, questions[TRIED : 2 * TRIED], shop.likes_the_style)
        await asyncio.sleep(canary.SETTLED.total_seconds() + canary.LOOK_SECONDS)
        console.print("\n".join(frontdesk(home, "learn", "status").stdout.splitlines()[1:3]))
        if await asyncio.to_thread(Shelf(home).canary) is None:
            sys.exit("A canary that people liked was taken back.")
        taken = _learn(home, "promote", candidate)
        console.print(f"{taken['model']} answers; {taken['before']} did before.")


async def _canary(home: Path, people: Crowd, candidate: str, questions: Sequence[str], taste: Taste) -> None:
    began = await asyncio.to_thread(_learn, home, "promote", candidate, "--canary", SHARE)
    await asyncio.sleep(registry.LOOK_SECONDS)  # the service looks at the shelf as often
    liked = await people.ask(questions, taste)
    console.print(
        f"{began['model']} answers {SHARE} % of the conversations. "
        f"{len(liked)} customers asked, {sum(liked)} liked the answer."
    )


def refuse(home: Path, style: Dataset, otherwise: Dataset, serving: str) -> None:
    """A candidate that learnt from the same answers, shuffled, must not pass."""
    bad = examples.add(
        home, SHUFFLED, train=shop.shuffled(style.train()), held_out=style.held_out(), card=style.card
    )
    model = train(home, bad.reference)["model"]
    judged = prove(home, model, otherwise.reference, serving)
    show(judged, model, serving, otherwise.reference)
    refused = frontdesk(home, "learn", "promote", model)
    if judged["passed"] or refused.returncode == 0:
        sys.exit("A model was let through that learnt from shuffled answers.")
    console.print(refused.stderr.strip())


def show(judged: Any, candidate: str, serving: str, dataset: str) -> None:
    """The figures as a table."""
    table = Table("Measure", "Serving", "Candidate", "Change", "95 % interval", "Gate")
    table.title, table.title_justify = f"{candidate} against {serving} on {dataset}", "left"
    for each in judged["measures"]:
        change = each["change"]
        table.add_row(
            each["name"],
            *(f"{value:.2f}" for value in (each["serving"], each["candidate"], change["value"])),
            f"{change['low']:.2f} to {change['high']:.2f}",
            "passed" if each["passed"] else "failed",
        )
    console.print(table)


def _learn(home: Path, *arguments: str) -> Any:
    return told(home, "learn", *arguments)


if __name__ == "__main__":
    main()
