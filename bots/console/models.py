"""Models, what was measured of them, and which of them answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bots.console import charts
from bots.console.visit import Absent, Section, View, Visit, go
from core.engine.manifest import Kind
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import FrontdeskError
from core.learning import lineage, promotion
from core.learning.evaluation import report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import TITLES, Verdict, judge
from core.learning.lineage import Lineage
from core.learning_policy import Gates
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
    evaluations: Sequence[Evaluated]


async def look(visit: Visit) -> View:
    """List the models and who took over from whom."""
    home, gates = visit.core.settings.home, visit.core.policies.learning.gates
    shelf = Shelf(home)
    models = await asyncio.to_thread(_models, visit)
    return View(
        template="models.html",
        values={
            "models": models,
            "gates": gates,
            "active": await asyncio.to_thread(shelf.active),
            "canary": await asyncio.to_thread(shelf.canary),
            "serving": visit.core.engine.card().reference,
            "history": list(reversed(await asyncio.to_thread(promotion.history, home)))[:20],
        },
    )


async def read(visit: Visit) -> View:
    """Show a model: where it comes from, and how it did against those that answered."""
    found = await asyncio.to_thread(_model, visit, visit.request.match_info["reference"])
    serving = await asyncio.to_thread(Shelf(visit.core.settings.home).active)
    oldest_first = [each.comparison for each in reversed(found.evaluations)]
    against = promotion.newest(oldest_first, serving or "")
    gates = visit.core.policies.learning.gates
    reference = found.model.reference
    return View(
        template="model.html",
        values={
            "found": found,
            "titles": TITLES,
            "active": serving,
            "objections": promotion.objections(reference, serving or "", against, gates),
            "curve": _curve(found.lineage),
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


def _models(visit: Visit) -> list[Found]:
    home, gates = visit.core.settings.home, visit.core.policies.learning.gates
    shelved = [each for each in Shelf(home).models() if each.manifest.facts.kind is Kind.CHAT]
    return [_found(visit, model, gates) for model in reversed(shelved)]


def _model(visit: Visit, reference: str) -> Found:
    gates = visit.core.policies.learning.gates
    try:
        return _found(visit, Shelf(visit.core.settings.home).find(reference), gates)
    except FrontdeskError as error:
        raise Absent(str(error)) from None


def _found(visit: Visit, model: ShelvedModel, gates: Gates) -> Found:
    comparisons = report.of(visit.core.settings.home, model.reference)
    return Found(
        model=model,
        lineage=lineage.of(model),
        evaluations=[
            Evaluated(comparison=each, verdict=judge(each, gates)) for each in reversed(comparisons)
        ],
    )


def _curve(found: Lineage | None) -> object:
    return charts.curve([(each.step, each.loss) for each in found.curve], "Loss per step") if found else ""


SECTION = Section(title="Models", path="/models", looks={"": look, "/{reference}": read}, deeds={"": decide})
