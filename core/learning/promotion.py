"""Which model answers: a candidate takes over when its evaluation passed, and there is a way back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from core.engine.shelf import PREVIOUS, Canary, Shelf, ShelvedModel, damaged_files
from core.errors import ModelError, NotProved
from core.learning.evaluation import report
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import judge
from core.learning_policy import Gates

HISTORY = "promotions.jsonl"
"""Under the home folder."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A model took over from another, or a share of its conversations."""

    action: Literal["promote", "canary", "rollback"]
    model: str
    """NAME@VERSION."""
    before: str
    """The model that answered until then; empty where there was none."""
    evaluations: tuple[str, ...] = ()
    """Datasets on which it was compared with the one before."""
    despite: tuple[str, ...] = ()
    """What spoke against it, where it took over all the same."""
    reasons: tuple[str, ...] = ()
    """Why a canary was taken back by itself."""
    at: datetime


_PROMOTION = TypeAdapter(Promotion)


def promote(
    home: Path,
    shelf: Shelf,
    candidate: ShelvedModel,
    gates: Gates,
    *,
    despite: bool,
    share: float | None = None,
) -> Promotion:
    """Let a candidate answer people; a running service takes it up within seconds.

    Args:
        home: FRONTDESK_HOME.
        shelf: of that home.
        candidate: the model.
        gates: as they are now: older evaluations are judged by them anew.
        despite: promote it whatever the gates say.
        share: of the conversations that it is to answer at first, between 0 and 1; None for all.

    Raises:
        DatasetError: an evaluation is damaged.
        ModelError: the candidate is damaged, or answers already.
        NotProved: it was not compared with the model that answers now, or did not pass; says why.
    """
    serving = shelf.active() or ""
    if candidate.reference == serving:
        raise ModelError(f"{serving} answers already")
    if damaged := damaged_files(candidate):
        raise ModelError(f"{candidate.reference} is damaged ({', '.join(damaged)}): train it again")
    against = newest(report.of(home, candidate.reference), serving)
    reasons = objections(candidate.reference, serving, against, gates)
    if reasons and not despite:
        raise NotProved("\n".join([f"{candidate.reference} has not proved that it is better.", *reasons]))
    if share is None:
        shelf.use(candidate)
    shelf.try_out(None if share is None else Canary(reference=candidate.reference, share=share))
    return _kept(
        home,
        Promotion(
            action="promote" if share is None else "canary",
            model=candidate.reference,
            before=serving,
            evaluations=tuple(each.dataset for each in against),
            despite=tuple(reasons),
            at=datetime.now(UTC),
        ),
    )


def rollback(home: Path, shelf: Shelf) -> Promotion:
    """Take the canary back, or, without one, let the model answer that answered before.

    Raises:
        ModelError: there was none, or it is not on the shelf any more.
    """
    if shelf.canary():
        return take_back(home, shelf, ())
    before = shelf.active() or ""
    if shelf.get(PREVIOUS) is None:
        raise ModelError("There is no model to go back to: none has taken over from another yet")
    shelf.use(shelf.find(PREVIOUS))
    return _kept(
        home,
        Promotion(action="rollback", model=shelf.active() or "", before=before, at=datetime.now(UTC)),
    )


def take_back(home: Path, shelf: Shelf, reasons: tuple[str, ...]) -> Promotion:
    """End the canary: the active model answers all conversations again."""
    canary = shelf.canary()
    shelf.try_out(None)
    return _kept(
        home,
        Promotion(
            action="rollback",
            model=shelf.active() or "",
            before=canary.reference if canary else "",
            reasons=reasons,
            at=datetime.now(UTC),
        ),
    )


def history(home: Path) -> list[Promotion]:
    """Who took over from whom, oldest first."""
    path = home / HISTORY
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [_PROMOTION.validate_json(line) for line in lines]


def newest(comparisons: Iterable[Comparison], serving: str) -> list[Comparison]:
    """Of a candidate's comparisons, oldest first: the newest with this model on each dataset."""
    found = {each.dataset: each for each in comparisons if each.serving == serving}
    return list(found.values())


def objections(candidate: str, serving: str, against: list[Comparison], gates: Gates) -> list[str]:
    """What speaks against a candidate, each a sentence; nothing where it may answer."""
    if not against:
        how = f"run `frontdesk learn evaluate {candidate} DATASET`"
        return [f"It was not compared with {serving}, which answers now: {how}"]
    verdicts = [(each.dataset, judge(each, gates)) for each in against]
    return [f"On {dataset}: {reason}" for dataset, verdict in verdicts for reason in verdict.reasons]


def _kept(home: Path, promotion: Promotion) -> Promotion:
    with (home / HISTORY).open("ab") as file:
        file.write(_PROMOTION.dump_json(promotion) + b"\n")
    return promotion
