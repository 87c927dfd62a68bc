"""Models, what was measured of them, and which of them answers."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiohttp import web

from bots.console.visit import Absent, Section, View, Visit, go
from core.engine.manifest import Kind
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import FrontdeskError
from core.learning import leaving, lineage, promotion
from core.learning.evaluation import report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import TITLES, Gated, Verdict, judge, title
from core.learning.lineage import Lineage
from core.privacy.audit import Action, accounted


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A comparison, and what the gates say of it today."""

    comparison: Comparison
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Found:
    """A model with what is known of it."""

    model: ShelvedModel
    lineage: Lineage | None
    left: int
    """Of the people it learnt from, those who may not be learnt from any more."""
    evaluations: Sequence[Evaluated]


@dataclass(frozen=True, kw_only=True)
class Board:
    """Models side by side, that were tried on one dataset against one model."""

    dataset: str
    serving: str
    candidates: Sequence[Evaluated]
    """The newest evaluation of each."""

    @property
    def rows(self) -> Sequence[Sequence[Gated | None]]:
        """By measure, a figure of each candidate; None where it was not measured."""
        names = dict.fromkeys(gated.measure.name for each in self.candidates for gated in each.verdict.gated)
        tables = [{gated.measure.name: gated for gated in each.verdict.gated} for each in self.candidates]
        return [[table.get(name) for table in tables] for name in names]


async def look(visit: Visit) -> View:
    """List the models and who took over from whom."""
    home, gates = visit.core.settings.home, visit.core.policies.learning.gates
    shelf = Shelf(home)
    models = await asyncio.to_thread(_models, visit, await leaving.gone(visit.core.store))
    return View(
        template="models.html",
        values={
            "models": models,
            "boards": _boards(models),
            "titles": TITLES,
            "gates": gates,
            "active": await asyncio.to_thread(shelf.active),
            "canary": await asyncio.to_thread(shelf.canary),
            "serving": visit.core.engine.card().reference,
            "history": list(reversed(await asyncio.to_thread(promotion.history, home)))[:20],
        },
    )


async def read(visit: Visit) -> View:
    """Show a model: where it comes from, and how it did against those that answered."""
    gone = await leaving.gone(visit.core.store)
    found = await asyncio.to_thread(_model, visit, visit.request.match_info["reference"], gone)
    serving = await asyncio.to_thread(Shelf(visit.core.settings.home).active)
    oldest_first = [each.comparison for each in reversed(found.evaluations)]
    against = promotion.newest(oldest_first, serving or "")
    gates = visit.core.policies.learning.gates
    reference = found.model.reference
    return View(
        template="model.html",
        values={
            "found": found,
            "title": title,
            "active": serving,
            "objections": promotion.objections(reference, serving or "", against, gates),
            "curve": found.lineage.drawn() if found.lineage else "",
        },
    )


async def decide(visit: Visit) -> web.Response:
    """Let a model answer that proved better, or go back."""
    home, deed, reference = visit.core.settings.home, visit.text("deed"), visit.text("model")
    shelf = Shelf(home)
    audit = visit.core.store.audit
    if deed == "rollback":
        async with accounted(audit, visit.entry(Action.ROLL_BACK, "models")):
            await asyncio.to_thread(promotion.rollback, home, shelf)
    elif deed in ("promote", "canary"):
        async with accounted(audit, visit.entry(Action.PROMOTE, f"model:{reference}", detail=deed)):
            await asyncio.to_thread(_promote, visit, reference, 0.1 if deed == "canary" else None)
    else:
        raise Absent
    return go("/models")


def _promote(visit: Visit, reference: str, share: float | None) -> None:
    home, gates = visit.core.settings.home, visit.core.policies.learning.gates
    shelf = Shelf(home)
    promotion.promote(home, shelf, shelf.find(reference), gates, despite=False, share=share)


def _models(visit: Visit, gone: Collection[str]) -> list[Found]:
    shelved = Shelf(visit.core.settings.home).models()
    return [
        _found(visit, model, gone) for model in reversed(shelved) if model.manifest.facts.kind is Kind.CHAT
    ]


def _boards(models: Sequence[Found]) -> list[Board]:
    """What can be compared: two candidates at least, the newest first."""
    found: dict[tuple[str, str], dict[str, Evaluated]] = {}
    for model in models:
        for each in model.evaluations:
            tried = found.setdefault((each.comparison.dataset, each.comparison.serving), {})
            tried.setdefault(each.comparison.candidate, each)
    return [
        Board(dataset=dataset, serving=serving, candidates=list(tried.values()))
        for (dataset, serving), tried in found.items()
        if len(tried) > 1
    ]


def _model(visit: Visit, reference: str, gone: Collection[str]) -> Found:
    try:
        return _found(visit, Shelf(visit.core.settings.home).find(reference), gone)
    except FrontdeskError as error:
        raise Absent(str(error)) from None


def _found(visit: Visit, model: ShelvedModel, gone: Collection[str]) -> Found:
    gates = visit.core.policies.learning.gates
    comparisons = report.of(visit.core.settings.home, model.reference)
    record = lineage.of(model)
    return Found(
        model=model,
        lineage=record,
        left=leaving.left(visit.core.settings.home, record, gone),
        evaluations=[
            Evaluated(comparison=each, verdict=judge(each, gates)) for each in reversed(comparisons)
        ],
    )


SECTION = Section(title="Models", path="/models", looks={"": look, "/{reference}": read}, deeds={"": decide})
