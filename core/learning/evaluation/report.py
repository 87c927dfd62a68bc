"""Evaluations on disk, `FRONTDESK_HOME/evaluations`: one file for programs, one page for people."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core import handed_on
from core.errors import DatasetError
from core.learning.evaluation import plots
from core.learning.evaluation.comparing import Comparison
from core.learning.evaluation.gates import Verdict, sight
from core.learning.lineage import Lineage

FOLDER = "evaluations"
"""Under the home folder."""

_ADAPTER = TypeAdapter(Comparison)


def save(home: Path, comparison: Comparison, verdict: Verdict, lineage: Lineage | None) -> tuple[Path, Path]:
    """Write both files; a later evaluation of the same three takes their place.

    Args:
        home: FRONTDESK_HOME.
        comparison: what was measured.
        verdict: what the gates say of it.
        lineage: the candidate's, where it was trained here.

    Returns:
        The JSON file and the page.
    """
    folder = home / FOLDER / comparison.candidate
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{comparison.dataset}--{comparison.serving}"
    record, page = folder / f"{stem}.json", folder / f"{stem}.html"
    page.write_text(render(comparison, verdict, lineage), encoding="utf-8")
    fresh = folder / f".{stem}.json"
    fresh.write_bytes(_ADAPTER.dump_json(comparison, indent=2) + b"\n")
    fresh.replace(record)
    return record, page


def of(home: Path, candidate: str) -> list[Comparison]:
    """Every evaluation of a candidate, NAME@VERSION, oldest first.

    Raises:
        DatasetError: one is damaged.
    """
    paths = (home / FOLDER / candidate).glob("[!.]*.json")
    return sorted(map(_read, paths), key=lambda each: each.created)


def render(comparison: Comparison, verdict: Verdict, lineage: Lineage | None) -> str:
    """The page: one HTML file that asks nothing of anybody."""
    return handed_on.render(
        "learning/evaluation/report.html",
        {
            "comparison": comparison,
            "verdict": verdict,
            "sight": sight(verdict),
            "lineage": lineage,
            "shares": plots.shares(verdict),
            "changes": plots.changes(verdict),
            "curve": lineage.drawn() if lineage else "",
        },
    )


def _read(path: Path) -> Comparison:
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise DatasetError(f"{path} is damaged: evaluate again") from None
