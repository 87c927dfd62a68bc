"""Datasets: what there is, what is known of each, and building a new one."""

import asyncio
import re
import tempfile
from pathlib import Path

from aiohttp import web

from bots.console.visit import Absent, Section, View, Visit, go
from core.errors import DatasetError
from core.learning import assembling, building, examples, exporting
from core.learning.assembling import Recipe
from core.learning.examples import Dataset
from core.privacy.audit import Action

_FILE = re.compile(r"[\w][\w .-]{0,80}\.(jsonl|csv)")
_PERCENT = re.compile(r"[0-9]{1,2}")
PARTS = {"train": Dataset.train, "held-out": Dataset.held_out}


async def look(visit: Visit) -> View:
    """List the datasets, and offer to build one."""
    core = visit.core
    return View(
        template="datasets.html",
        values={
            "datasets": await assembling.listed(core.settings.home, core.store),
            "queue": await core.store.lessons.queue(),
            "held_out": round(building.HELD_OUT * 100),
        },
    )


async def build(visit: Visit) -> web.Response:
    """Build a dataset from the form, and show its card."""
    percent = visit.text("held_out")
    if not _PERCENT.fullmatch(percent) or int(percent) > 90:
        raise DatasetError("The share that is held out must be a number from 0 to 90.")
    with tempfile.TemporaryDirectory(prefix="frontdesk-dataset-") as folder:
        recipe = Recipe(
            name=visit.text("name").strip(),
            system=visit.core.policies.assistant.system_prompt,
            sources=await asyncio.to_thread(_brought, visit, Path(folder)),
            licences=[visit.text("licence").strip()] if visit.text("licence").strip() else [],
            held_out=int(percent) / 100,
            with_feedback=visit.text("feedback") == "yes",
        )
        core = visit.core
        made = await assembling.build(recipe, core.settings.home, core.store, core.pipeline, core.clock.now())
    await visit.note(Action.CHANGE, f"dataset:{made.reference}", detail="built")
    return go(f"/datasets/{made.reference}")


def _brought(visit: Visit, folder: Path) -> list[Path]:
    """The file that came along, if one did."""
    file = visit.form.get("file")
    if not isinstance(file, web.FileField) or not file.filename:
        return []
    name = Path(file.filename).name
    if not _FILE.fullmatch(name):
        raise DatasetError("Bring a file whose name is plain and ends with .jsonl or .csv.")
    path = folder / name
    path.write_bytes(file.file.read())
    return [path]


async def card(visit: Visit) -> View:
    """Show what is known of a dataset, with a few examples as they stand in it."""
    found = await _found(visit)
    listed = await assembling.listed(visit.core.settings.home, visit.core.store)
    await visit.note(Action.READ, f"dataset:{found.reference}")
    (line,) = [each for each in listed if each.reference == found.reference]
    learnt = await asyncio.to_thread(found.train)
    return View(
        template="dataset.html",
        values={"line": line, "card": found.card, "examples": learnt[:5], "forms": sorted(exporting.FORMS)},
    )


async def export(visit: Visit) -> web.Response:
    """A part of a dataset, as other tools read it."""
    found, form, part = await _found(visit), visit.asked("form"), visit.asked("part")
    if form not in exporting.FORMS or part not in PARTS:
        raise Absent
    await visit.note(Action.EXPORT, f"dataset:{found.reference}", detail=f"{part}, {form}")
    every = await asyncio.to_thread(PARTS[part], found)
    text = await asyncio.to_thread(exporting.FORMS[form], every)
    ending = "csv" if form == "csv" else "jsonl"
    return web.Response(
        body=text.encode(),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{found.reference}-{part}-{form}.{ending}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _found(visit: Visit) -> Dataset:
    reference = visit.request.match_info["reference"]
    try:
        return await asyncio.to_thread(examples.find, visit.core.settings.home, reference)
    except DatasetError as error:
        raise Absent(str(error)) from None


SECTION = Section(
    title="Datasets",
    path="/datasets",
    looks={"": look, "/{reference}": card, "/{reference}/export": export},
    deeds={"": build},
)
