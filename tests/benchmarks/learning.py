"""`make learn-demo`: the default model learns the house style of a help desk, proves it, and takes over.

A second candidate learns from the same examples with their answers shuffled, and has to be refused. Runs in a
home of its own, with the commands that an operator types; needs the extra `train`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from core import settings
from core.engine.catalogue import DEFAULT
from core.engine.shelf import Shelf
from core.learning import examples
from core.learning.examples import HELD_OUT, TRAIN, Dataset, Example

EXAMPLES = Path("examples/learning")
FORMAT = r"\[(delivery|return|billing|account|repair|stock)\] (Order \d{4}|No order number)\. .+ Kite & Co\."
EPOCHS = "1"


def main() -> None:
    started, console = time.monotonic(), Console()
    home = settings.load().home.absolute() / "learn-demo"
    base = _lend_the_model(home)
    style, shuffled = _datasets(home)
    console.rule("1. Learn the house style")
    good = _learn(home, "train", style.reference, "--epochs", EPOCHS)
    console.rule("2. Prove it")
    proved = _learn(home, "evaluate", good["model"], style.reference)
    _show(console, base, good["model"], proved)
    console.rule("3. Take over")
    taken = _learn(home, "promote", good["model"])
    console.print(f"{taken['model']} answers; {taken['before']} did before.")
    console.rule("4. Learn from shuffled answers")
    bad = _learn(home, "train", shuffled.reference, "--epochs", EPOCHS)
    for against in (good["model"], base):
        judged = _learn(home, "evaluate", bad["model"], style.reference, "--against", against)
        _show(console, against, bad["model"], judged)
        if judged["passed"]:
            sys.exit("The gates let a model pass that learnt from shuffled answers.")
    refused = _frontdesk(home, "promote", bad["model"])
    if refused.returncode == 0:
        sys.exit("A model was promoted that had not proved anything.")
    console.print(refused.stderr.strip())
    console.rule("5. Go back")
    back = _learn(home, "rollback")
    console.print(f"{back['model']} answers again. {(time.monotonic() - started) / 60:.0f} minutes in all.")
    if not proved["passed"]:
        sys.exit("The candidate did not pass.")


def _lend_the_model(home: Path) -> str:
    """Link the default model into the demonstration's home; returns its reference."""
    ours = settings.load().home.absolute()
    model = Shelf(ours).find(DEFAULT)
    place = home / "models" / model.manifest.name / model.manifest.version
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.symlink_to(model.folder)
    downloads = home / "models" / ".downloads"
    if not downloads.exists():
        downloads.symlink_to(Shelf(ours).downloads())
    Shelf(home).use(model)
    return model.reference


def _datasets(home: Path) -> tuple[Dataset, Dataset]:
    """The examples, and the same with the answers of others."""
    learnt, held_out = examples.read(EXAMPLES / TRAIN), examples.read(EXAMPLES / HELD_OUT)
    card = {"licence": "Apache-2.0", "format": FORMAT}
    return (
        examples.add(home, "house-style", train=learnt, held_out=held_out, card=card),
        examples.add(home, "shuffled", train=_shuffled(learnt), held_out=held_out, card=card),
    )


def _shuffled(learnt: Sequence[Example]) -> list[Example]:
    """Each question gets the answer of the one a third of the list further on."""
    third = len(learnt) // 3
    answers = [each.answer for each in (*learnt[third:], *learnt[:third])]
    return [replace(each, answer=answer) for each, answer in zip(learnt, answers, strict=True)]


def _learn(home: Path, *arguments: str) -> Any:
    done = _frontdesk(home, *arguments, "--json")
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def _frontdesk(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from bots.cli import main; main()", "learn", *arguments],
        env=os.environ | {"FRONTDESK_HOME": str(home)},
        capture_output=True,
        text=True,
    )


def _show(console: Console, serving: str, candidate: str, judged: Any) -> None:
    table = Table("Measure", "Serving", "Candidate", "Change", "95 % interval", "Gate")
    table.title, table.title_justify = f"{candidate} against {serving}", "left"
    for each in judged["measures"]:
        change = each["change"]
        table.add_row(
            each["name"],
            *(f"{value:.2f}" for value in (each["serving"], each["candidate"], change["value"])),
            f"{change['low']:.2f} to {change['high']:.2f}",
            "passed" if each["passed"] else "failed",
        )
    console.print(table)


if __name__ == "__main__":
    main()
