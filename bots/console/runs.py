"""Trainings, while they run and afterwards."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bots.console.visit import Absent, Section, View, Visit
from core import charts
from core.learning.lineage import LINEAGE, LOSS, Lineage, Point
from core.learning.training.plan import CURVE, JOB, ROWS, RUNS, Job, read_job

_LINEAGE = TypeAdapter(Lineage)


@dataclass(frozen=True, kw_only=True)
class Training:
    """A folder under `runs`, as far as it got."""

    name: str
    job: Job
    examples: int
    curve: Sequence[Point]
    touched_at: datetime
    """When the last step was done."""
    lineage: Lineage | None
    """Of the model that came out; None while there is none."""

    @property
    def steps(self) -> int:
        """In all."""
        parameters = self.job.parameters
        return parameters.epochs * -(-self.examples // parameters.batch)


async def look(visit: Visit) -> View:
    """List the trainings, the newest first."""
    return View(
        template="runs.html", values={"runs": await asyncio.to_thread(_trainings, visit.core.settings.home)}
    )


async def read(visit: Visit) -> View:
    """Show a training with its loss so far; the page loads itself anew until there is a model."""
    name = visit.request.match_info["name"]
    every = await asyncio.to_thread(_trainings, visit.core.settings.home)
    found = next((each for each in every if each.name == name), None)
    if found is None:
        raise Absent("There is no such training.")
    points = [(each.step, each.loss) for each in found.curve]
    return View(template="run.html", values={"run": found, "curve": charts.curve(points, LOSS)})


def _trainings(home: Path) -> list[Training]:
    found = [each for folder in (home / RUNS).glob(f"*/{JOB}") if (each := _training(folder.parent))]
    return sorted(found, key=lambda each: each.touched_at, reverse=True)


def _training(folder: Path) -> Training | None:
    """None where somebody is just writing it, or its files are damaged."""
    curve = folder / CURVE
    newest = curve if curve.is_file() else folder / JOB
    try:
        lines = curve.read_text(encoding="utf-8").splitlines() if curve.is_file() else []
        return Training(
            name=folder.name,
            job=read_job(folder),
            examples=(folder / ROWS).read_bytes().count(b"\n"),
            curve=[Point(**json.loads(line)) for line in lines],
            touched_at=datetime.fromtimestamp(newest.stat().st_mtime, UTC),
            lineage=_lineage(folder / LINEAGE),
        )
    except (OSError, ValueError, TypeError, ValidationError):
        return None


def _lineage(path: Path) -> Lineage | None:
    return _LINEAGE.validate_json(path.read_bytes()) if path.is_file() else None


SECTION = Section(title="Training", path="/training", looks={"": look, "/{name}": read}, deeds={})
