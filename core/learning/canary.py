"""A candidate that answers a share of the conversations, watched, and taken back when it does worse."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from core.engine.shelf import Canary, Shelf
from core.errors import FrontdeskError
from core.learning import promotion
from core.learning.sequential import Evidence, Outcome, weigh
from core.ports import Clock
from core.privacy.audit import ASSISTANT, Action, Audit, AuditEntry, accounted
from core.store.ports import History
from core.store.records import Answered

ENOUGH = 20.0
"""Evidence at which a canary is taken back: one that is no worse gets there once in twenty times."""
LOOK_SECONDS = 30.0
SETTLED = timedelta(minutes=2)
"""How long people get to judge an answer before it counts as good."""

_log = logging.getLogger(__name__)


async def watch(home: Path, shelf: Shelf, history: History, audit: Audit, clock: Clock) -> None:
    """Take every canary back that does worse than the model beside it, until cancelled."""
    while True:
        await clock.sleep(LOOK_SECONDS)
        try:
            await look(home, shelf, history, audit, clock)
        except (FrontdeskError, OSError) as error:
            _log.warning("the canary could not be looked at: %s", error)


async def look(home: Path, shelf: Shelf, history: History, audit: Audit, clock: Clock) -> Evidence | None:
    """Weigh what the canary did so far, and take it back where that is enough; None where there is none."""
    canary = await asyncio.to_thread(shelf.canary)
    evidence = await weighed(home, canary, history, clock) if canary else None
    if canary is None or evidence is None or evidence.against < ENOUGH:
        return evidence
    reason = told(evidence)
    entry = AuditEntry(
        actor=ASSISTANT, action=Action.ROLL_BACK, subject=f"model:{canary.reference}", detail=reason
    )
    async with accounted(audit, entry):
        await asyncio.to_thread(promotion.take_back, home, shelf, (reason,))
    _log.warning("%s was taken back: %s", canary.reference, reason)
    return evidence


async def weighed(home: Path, canary: Canary, history: History, clock: Clock) -> Evidence | None:
    """What its answers say so far; None where it is not written down when it began."""
    began = next((each for each in reversed(promotion.history(home)) if each.action == "canary"), None)
    if began is None or began.model != canary.reference:
        return None
    answered = await history.answered_by((began.before, canary.reference), since=began.at)
    settled = clock.now() - SETTLED
    return weigh(_outcomes([each for each in answered if each.at <= settled], canary.reference), canary.share)


def told(evidence: Evidence) -> str:
    """The evidence as a sentence."""
    serving, canary = evidence.serving, evidence.canary
    return (
        f"{canary.good} of its {canary.all} answers were good, and {serving.good} of {serving.all} of the "
        f"model beside it; evidence against it {evidence.against:.1f}, and {ENOUGH:.0f} is enough."
    )


def _outcomes(answered: Sequence[Answered], canary: str) -> list[Outcome]:
    return [Outcome(of_canary=each.model == canary, good=each.good) for each in answered]
